// Names of the same tensors in files of different programs.

import SedgeArchitecture
import Testing

@Suite("Source naming")
struct SourceNamingTests {
  @Test(
    "gives every holder's name SED's own",
    arguments: [
      ("sem_seg_head.predictor.clip_model.ln_final.weight", "clip_model.ln_final.weight"),
      ("module.sem_seg_head.predictor.transformer.decoder1.up.bias", "transformer.decoder1.up.bias"),
      ("visual.trunk.stem.0.weight", "clip_model.visual.trunk.stem.0.weight"),
      ("module.visual.trunk.stem.0.weight", "clip_model.visual.trunk.stem.0.weight"),
      ("text.transformer.resblocks.0.ln_1.bias", "clip_model.transformer.resblocks.0.ln_1.bias"),
      ("transformer.resblocks.0.ln_1.bias", "clip_model.transformer.resblocks.0.ln_1.bias"),
      ("stages.0.blocks.0.gamma", "clip_model.visual.trunk.stages.0.blocks.0.gamma"),
      (
        "vision_model.encoder.stages.0.layers.1.dwconv.bias",
        "clip_model.visual.trunk.stages.0.blocks.1.conv_dw.bias"
      ),
      (
        "encoder.stages.1.layers.0.layer_scale_parameter", "clip_model.visual.trunk.stages.1.blocks.0.gamma"
      ),
      ("model.stages.0.blocks.0.gamma", "clip_model.visual.trunk.stages.0.blocks.0.gamma"),
    ])
  func canonical(name: String, expected: String) {
    #expect(SourceNaming(of: [name])?.canonicalName(name) == expected)
  }

  @Test(
    "leads back from SED's own names to a holder's",
    arguments: [
      SourceNaming.sed(prefix: "sem_seg_head.predictor."), SourceNaming(.openCLIP, prefix: "module."),
      SourceNaming(.openCLIP, textPrefix: "text."), SourceNaming(.timm, prefix: "model."),
      SourceNaming(.transformers, prefix: "convnext."),
    ])
  func roundTrip(naming: SourceNaming) {
    let trunk = naming.scheme == .timm || naming.scheme == .transformers
    let names = Architecture.nano.checkpointTensors.map(\.name).filter {
      $0.hasPrefix(trunk ? "clip_model.visual.trunk." : naming.scheme == .sed ? "" : "clip_model.")
    }
    let theirs = names.map(naming.fileName)
    #expect(Set(theirs).count == names.count)
    #expect(theirs.map(naming.canonicalName) == names)
    #expect(SourceNaming(of: theirs) == naming)
  }

  @Test("is recognized by names that only one scheme has")
  func schemes() {
    let openCLIP = SourceNaming(of: [
      "logit_scale", "visual.trunk.stages.0.blocks.0.gamma", "text.ln_final.weight",
    ])
    #expect(openCLIP?.scheme == .openCLIP && openCLIP?.prefix == "")
    #expect(openCLIP?.canonicalName("logit_scale") == "clip_model.logit_scale")
    #expect(openCLIP?.canonicalName("text.ln_final.weight") == "clip_model.ln_final.weight")
    let timm = SourceNaming(of: ["head.fc.weight", "stages.0.blocks.0.gamma"])
    #expect(timm?.canonicalName("head.fc.weight") == nil)
    #expect(SourceNaming(of: ["layer1.0.conv1.weight"]) == nil)
  }
}
