// Diagnoses of files that do not fit, with the way out.

import SedgeArchitecture
import SedgeTensor
import Testing

/// A change to a list of tensors, and words of the resulting message.
struct Misfit: CustomTestStringConvertible, Sendable {
  var testDescription: String
  var words: [String]
  var change: @Sendable (inout [TensorInfo]) -> Void

  init(_ name: String, _ words: [String], _ change: @escaping @Sendable (inout [TensorInfo]) -> Void) {
    (testDescription, self.words, self.change) = (name, words, change)
  }
}

extension [TensorInfo] {
  /// Replaces the tensors whose names have an ending.
  fileprivate mutating func split(_ ending: String, into others: [(ending: String, shape: ([Int]) -> [Int])])
  {
    self = flatMap { info -> [TensorInfo] in
      guard info.name.hasSuffix(ending) else { return [info] }
      return others.compactMap { other in
        TensorInfo(
          name: info.name.dropLast(ending.count) + other.ending, elementType: .float32,
          shape: other.shape(info.shape))
      }
    }
  }

  fileprivate mutating func keep(_ holds: (String) -> Bool) { removeAll { !holds($0.name) } }

  fileprivate mutating func rename(_ old: String, _ new: String) {
    self = compactMap {
      TensorInfo(name: $0.name.replacing(old, with: new), elementType: $0.elementType, shape: $0.shape)
    }
  }

  fileprivate mutating func add(_ names: [String], _ shape: [Int] = [8, 8]) {
    self += names.compactMap { TensorInfo(name: $0, elementType: .float32, shape: shape) }
  }
}

extension Misfit {
  /// Names of FC-CLIP's segmentation head, which MAFT+ and Mask-Adapter have too.
  fileprivate static let maskFormer = [
    "sem_seg_head.pixel_decoder.input_proj.0.0.weight", "sem_seg_head.predictor.query_feat.weight",
    "sem_seg_head.predictor._mask_pooling_proj.1.weight",
    "sem_seg_head.predictor.class_embed.layers.0.weight",
  ]
  /// Names of the head that Mask-Adapter adds.
  fileprivate static let maskAdapter = [
    "mask_adapter.fuse.weight", "mask_adapter.cnext1.dwconv.weight", "mask_adapter.norm.weight",
    "mask_adapter.final.weight", "mask_adapter.mask_downscaling.0.weight",
  ]
}

private let same: @Sendable ([Int]) -> [Int] = { $0 }
private let column: @Sendable ([Int]) -> [Int] = { [$0.first ?? 1, 1] }
private let layer = "transformer.decoder1.cnext.pwconv1"

extension Misfit {
  /// Weights that are stored as several tensors, or not as floats.
  static let forms = [
    Misfit("pruned", ["pruned", "torch.nn.utils.prune.remove"]) {
      $0.split("\(layer).weight", into: [("\(layer).weight_orig", same), ("\(layer).weight_mask", same)])
    },
    Misfit("all pruned", ["pruned", "torch.nn.utils.prune.remove"]) {
      $0.split(".weight", into: [(".weight_orig", same), (".weight_mask", same)])
    },
    Misfit("weight norm", ["weight norm", "remove_weight_norm"]) {
      $0.split("\(layer).weight", into: [("\(layer).weight_g", column), ("\(layer).weight_v", same)])
    },
    Misfit("weight norm as a parametrization", ["parametrized", "remove_parametrizations"]) {
      $0.split(
        "\(layer).weight",
        into: (0...1).map { ("\(layer).parametrizations.weight.original\($0)", same) })
    },
    Misfit("spectral norm", ["spectral norm", "remove_spectral_norm"]) {
      $0.split("\(layer).weight", into: [("\(layer).weight_orig", same), ("\(layer).weight_u", column)])
    },
    Misfit("LoRA", ["merge_and_unload()"]) {
      $0.split(
        "\(layer).weight",
        into: [
          ("\(layer).base_layer.weight", same), ("\(layer).lora_A.default.weight", column),
          ("\(layer).lora_B.default.weight", column),
        ])
    },
    Misfit("LoRA beside whole weights", ["adapter", "merge_and_unload()"]) {
      $0.add(["\(layer).lora_A", "\(layer).lora_B"])
    },
    Misfit("an adapter alone", ["adapter", "merge_and_unload()"]) {
      $0 = []
      $0.add(["base_model.model.\(layer).lora_A.weight", "base_model.model.\(layer).lora_B.weight"])
    },
    Misfit("dynamically quantized", ["quantized by PyTorch", "float model"]) {
      $0.split(
        "\(layer).weight", into: [("\(layer).scale", { _ in [] }), ("\(layer).zero_point", { _ in [] })])
    },
    Misfit("bitsandbytes", ["bitsandbytes", "dequantize()"]) {
      $0.split(
        "\(layer).weight",
        into: [
          ("\(layer).weight", { [$0[0] * $0[1] / 2, 1] }), ("\(layer).weight.absmax", column),
          ("\(layer).weight.quant_state.bitsandbytes__nf4", column),
        ])
    },
    Misfit("bitsandbytes, 8 bits", ["bitsandbytes"]) {
      $0.split("\(layer).weight", into: [("\(layer).weight_int8", same), ("\(layer).SCB", column)])
    },
    Misfit("GPTQ", ["GPTQ or AWQ", "float model"]) {
      $0.split(
        "\(layer).weight",
        into: [("\(layer).qweight", column), ("\(layer).qzeros", column), ("\(layer).scales", column)])
    },
    Misfit("int8 ONNX", ["graph is quantized", "float model"]) {
      $0.split(
        "\(layer).weight",
        into: [
          ("\(layer).weight_quantized", same), ("\(layer).weight_scale", column),
          ("\(layer).weight_zero_point", column),
        ])
    },
    Misfit("ConvNeXt V2", ["ConvNeXt V2"]) {
      $0.split(".gamma", into: [(".mlp.grn.weight", same), (".mlp.grn.bias", same)])
    },
    Misfit("no layer scale", ["layer scale (gamma)", "ls_init_value=None", "gamma of ones"]) {
      $0.removeAll { $0.name.contains("visual") && $0.name.hasSuffix("gamma") }
    },
    Misfit("reversed dimensions", ["reverse", "MATLAB", "transpose"]) {
      $0 = $0.compactMap {
        TensorInfo(name: $0.name, elementType: .float32, shape: $0.shape.reversed())
      }
    },
    Misfit("sharded flat parameters", ["FSDP", "full state dict"]) {
      $0 = []
      $0.add(["_fsdp_wrapped_module._flat_param"], [1000])
    },
  ]

  /// Files of other models.
  static let models = [
    Misfit("CLIP with a ResNet", ["CLIP with a ResNet"]) {
      $0.keep { $0.hasPrefix("clip_model.") && !$0.contains("visual.") }
      $0.rename("clip_model.", "")
      $0.add(["visual.conv1.weight", "visual.layer1.0.conv1.weight", "visual.attnpool.k_proj.weight"])
    },
    Misfit("CLIP with timm's vision transformer", ["another image encoder than ConvNeXt"]) {
      $0.keep { $0.hasPrefix("clip_model.") && !$0.contains("visual.") }
      $0.rename("clip_model.", "")
      $0.add(["visual.trunk.patch_embed.proj.weight", "visual.trunk.blocks.0.norm1.weight"])
    },
    Misfit("FC-CLIP", ["FC-CLIP", "take CLIP alone and ignore unexpected tensors"]) {
      $0.keep { $0.hasPrefix("clip_model.") }
      $0.rename("clip_model.", "backbone.clip_model.")
      $0.add(["void_embedding.weight", "sem_seg_head.predictor.query_feat.weight"])
    },
    Misfit("FC-CLIP without CLIP", ["FC-CLIP", "not in the file", "OpenCLIP"]) {
      $0 = []
      $0.add(["void_embedding.weight", "sem_seg_head.predictor.query_feat.weight"])
    },
    Misfit("FC-CLIP with half a CLIP", ["FC-CLIP", "text encoder is not in the file"]) {
      $0.keep { $0.hasPrefix("clip_model.visual.") }
      $0.rename("clip_model.", "backbone.clip_model.")
      $0.add(["void_embedding.weight", "sem_seg_head.predictor.query_feat.weight"])
    },
    Misfit("FC-CLIP with a ResNet", ["FC-CLIP", "another image encoder"]) {
      $0 = []
      $0.add([
        "void_embedding.weight", "sem_seg_head.predictor.query_feat.weight",
        "backbone.clip_model.visual.layer1.0.conv1.weight",
      ])
    },
    Misfit(
      "MAFT+", ["MAFT+", "trained CLIP under backbone", "take CLIP alone, with the prefix backbone"]
    ) {
      $0.keep { $0.hasPrefix("clip_model.") }
      var original = $0
      original.rename("clip_model.", "backbone_t.clip_model.")
      $0.rename("clip_model.", "backbone.clip_model.")
      $0 += original
      $0.add(["cdt.cross_atten.MLP.weight", "void_embedding.weight"] + Self.maskFormer)
    },
    Misfit("MAFT+ without the original CLIP", ["MAFT+", "take CLIP alone and ignore unexpected tensors"]) {
      $0.keep { $0.hasPrefix("clip_model.") }
      $0.rename("clip_model.", "backbone.clip_model.")
      $0.add(["cdt.cross_atten.MLP.weight", "void_embedding.weight"] + Self.maskFormer)
    },
    Misfit("MAFT+ without CLIP", ["MAFT+", "no whole CLIP under backbone.clip_model."]) {
      $0 = []
      $0.add(["cdt.cross_atten.MLP.weight", "void_embedding.weight"] + Self.maskFormer)
    },
    Misfit("Mask-Adapter", ["Mask-Adapter", "take CLIP alone and ignore unexpected tensors"]) {
      $0.keep { $0.hasPrefix("clip_model.") }
      $0.rename("clip_model.", "backbone.clip_model.")
      $0.add(["void_embedding.weight"] + Self.maskFormer + Self.maskAdapter)
    },
    Misfit("Mask-Adapter on MAFT+", ["Mask-Adapter", "take CLIP alone and ignore unexpected tensors"]) {
      $0.keep { $0.hasPrefix("clip_model.") }
      $0.rename("clip_model.", "backbone.clip_model.")
      $0.add(["void_embedding.weight", "cdt.cross_atten.norm.bias"] + Self.maskFormer + Self.maskAdapter)
    },
    Misfit("Mask-Adapter alone", ["Mask-Adapter", "its CLIP is not in the file"]) {
      $0 = []
      $0.add(Self.maskAdapter)
    },
    Misfit(
      "PixelCLIP", ["holds 2 whole models; choose the prefix sem_seg_head.predictor or teacher_encoder"]
    ) {
      $0.keep { $0.hasPrefix("clip_model.") }
      var teacher = $0
      teacher.rename("clip_model.", "teacher_encoder.")
      $0.rename("clip_model.", "sem_seg_head.predictor.clip_model.")
      $0 += teacher
      $0.add(["sem_seg_head.predictor.prompt_tokens"])
    },
    Misfit("the first CAT-Seg", ["first version of CAT-Seg", "CVPR 2024"]) {
      $0.keep { $0.hasPrefix("clip_model.") && !$0.contains("visual.") }
      $0.rename("clip_model.", "sem_seg_head.predictor.clip_model.")
      $0.add([
        "sem_seg_head.predictor.clip_model.visual.conv1.weight", "backbone.layers.0.blocks.0.norm1.weight",
        "sem_seg_head.predictor.transformer.layers.0.swin_block.block_1.norm1.weight",
      ])
    },
    Misfit("SAN", ["SAN", "does not run"]) {
      $0 = []
      $0.add([
        "side_adapter_network.query_embed", "clip_visual_extractor.conv1.weight", "ov_classifier.bg_embed",
      ])
    },
    Misfit("OVSeg", ["OVSeg", "does not run"]) {
      $0 = []
      $0.add(["clip_adapter.clip_model.visual.conv1.weight", "sem_seg_head.predictor.query_embed.weight"])
    },
    Misfit("the text encoder alone", ["text encoder alone"]) {
      $0.keep { $0.hasPrefix("clip_model.") && !$0.contains("visual.") }
      $0.rename("clip_model.", "")
    },
    Misfit("the projection alone", ["only the projection"]) {
      $0.keep { $0.contains("visual.head.") }
      $0.rename("clip_model.", "")
    },
  ]
}

@Suite("Diagnosis")
struct DiagnosisTests {
  private func words(of misfit: Misfit) throws -> String {
    var tensors = try directory("sed_nano", prefix: "")
    misfit.change(&tensors)
    let recognition = Recognition(tensors, options: ArchitectureOptions(textHeads: 2))
    #expect(!recognition.fits)
    return ContractError(
      path: "f", model: recognition.modelName, problems: recognition.problems,
      diagnosis: recognition.diagnosis, remedy: recognition.remedy
    ).description
  }

  @Test(
    "Weights in several tensors or not stored as floats are diagnosed, with the way out",
    arguments: Misfit.forms)
  func forms(_ misfit: Misfit) throws {
    let text = try words(of: misfit)
    let heading = text.prefix { !$0.isNewline }
    for word in misfit.words { #expect(heading.contains(word), "\(text.prefix(600))") }
  }

  @Test("Other models are diagnosed, with the way out", arguments: Misfit.models)
  func models(_ misfit: Misfit) throws {
    let text = try words(of: misfit)
    for word in misfit.words { #expect(text.contains(word), "\(text.prefix(600))") }
  }

  @Test(
    "The CLIP of another model comes out as the remedy says",
    arguments: Misfit.models.filter { $0.words.contains { $0.contains("take CLIP alone") } })
  func takesCLIP(_ misfit: Misfit) throws {
    var tensors = try directory("sed_nano", prefix: "")
    misfit.change(&tensors)
    let remedy = Recognition(tensors, options: ArchitectureOptions(textHeads: 2)).remedy
    guard case .takeCLIPAlone(let prefix) = try #require(remedy) else {
      Issue.record("\(String(describing: remedy))")
      return
    }
    let options = ArchitectureOptions(textHeads: 2, parts: [.image, .text], prefix: prefix)
    let recognition = Recognition(tensors, options: options)
    var expected = Architecture.nano
    expected.segmenter = nil
    #expect(recognition.architecture == expected)
    // With a prefix, nothing else needs to be ignored.
    #expect(recognition.problems.allSatisfy { prefix == nil && $0.isUnexpected })
    #expect(recognition.naming.fileName("clip_model.ln_final.bias") == "backbone.clip_model.ln_final.bias")
  }

  @Test("Tensors that cannot be read are the diagnosis of missing ones")
  func unread() throws {
    let skipped = try directory("sed_nano", prefix: "").map {
      SkippedObject(name: $0.name, reason: "it is a meta tensor, without values", isTensor: true)
    }
    let recognition = Recognition([], skipped: skipped)
    #expect(
      recognition.diagnosis
        == "none of its \(skipped.count) tensors can be read: \(skipped[0].name), it is a meta tensor, without values"
    )
  }
}
