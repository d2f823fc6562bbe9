// Paths of parameters, by the names that SED's program gives them.

import SedgeArchitecture
import Testing

@Suite("Paths of parameters")
struct ModelPathTests {
  @Test(
    "A tensor belongs to the part that its name starts with",
    arguments: [
      ("clip_model.visual.trunk.stem.0.weight", .image), ("clip_model.visual.head.proj.weight", .image),
      ("clip_model.token_embedding.weight", .text), ("clip_model.text_projection", .text),
      ("clip_model.transformer.resblocks.0.ln_1.bias", .text), ("clip_model.visual_scale", .text),
      ("transformer.conv1.weight", .decoder), ("transformer.head.bias", .decoder),
      ("transformer.head0.weight", .rejection), ("transformer.head2.bias", .rejection),
      ("transformer.head3.weight", .decoder), ("transformer.unknown", .decoder),
      ("clip_model.logit_scale", nil), ("clip_model", nil), ("visual.trunk.stem.0.weight", nil), ("", nil),
    ] as [(String, ModelPart?)])
  func part(name: String, expected: ModelPart?) {
    #expect(ModelPart(ofTensor: name) == expected)
  }

  @Test("Layers and blocks have the names of SED's program")
  func names() {
    let block = ModelPath.text.blocks[3]
    #expect(block.queryKeyValue.name == "clip_model.transformer.resblocks.3.attn.in_proj")
    #expect(block.queryKeyValue.weight.name == "clip_model.transformer.resblocks.3.attn.in_proj_weight")
    #expect(block.queryKeyValue.bias.name == "clip_model.transformer.resblocks.3.attn.in_proj_bias")
    #expect(ModelPath.text.projection.weight.name == "clip_model.text_projection")
    #expect(ModelPath.text.projection.bias.name == "clip_model.text_projection.bias")
    #expect(
      ModelPath.image.stages[2].blocks[5].fc1.weight.name
        == "clip_model.visual.trunk.stages.2.blocks.5.mlp.fc1.weight")
    let layer = ModelPath.decoder.layers[0]
    #expect(layer.spatialBlock.fc1.weight.name == "transformer.decoder1.cnext.pwconv1.weight")
    #expect(layer.fusion[1].norm.shift.name == "transformer.decoder1.conv.double_conv.4.bias")
  }

  @Test("Each layer of a model has its own weight, and the bias that the checkpoint has")
  func layers() {
    let tensors = Dictionary(
      uniqueKeysWithValues: Architecture.sedLarge.checkpointTensors.map { ($0.name, $0.role) })
    let layers = Architecture.sedLarge.layers
    #expect(Set(layers).count == layers.count)
    let matrices: Set<TensorRole> = [
      .linear, .convolution, .depthwiseConvolution, .transposedConvolution,
    ]
    #expect(layers.count == tensors.values.count { matrices.contains($0) })
    #expect(layers.allSatisfy { tensors[$0.weight.name].map(matrices.contains) == true })
    #expect(layers.count { tensors[$0.bias.name] == .bias } == tensors.values.count { $0 == .bias })
  }
}
