// Names with parts of wrappers, several models in one file, and unrelated tensors.

import SedgeArchitecture
import SedgeTensor
import Testing

@Suite("Choice of a model")
struct ModelChoiceTests {
  private let options = ArchitectureOptions(textHeads: 2)

  private func nano(_ renaming: (String) -> String = { $0 }) throws -> [TensorInfo] {
    try directory("sed_nano", prefix: "").compactMap {
      TensorInfo(name: renaming($0.name), elementType: .float32, shape: $0.shape)
    }
  }

  private func info(_ name: String, _ shape: [Int], _ type: ElementType = .float32) -> [TensorInfo] {
    TensorInfo(name: name, elementType: type, shape: shape).map { [$0] } ?? []
  }

  @Test(
    "The parts that wrappers add to names are ignored, wherever they are",
    arguments: [
      ("clip_model.visual.", "clip_model.visual._orig_mod."), ("clip_model.", "clip_model._orig_mod."),
      ("transformer.decoder1.", "transformer.decoder1._checkpoint_wrapped_module."),
      (
        "clip_model.visual.trunk.stages.",
        "_fsdp_wrapped_module.clip_model.visual.trunk._fsdp_wrapped_module.stages."
      ),
      ("clip_model.transformer.", "clip_model.transformer.module."),
      ("transformer.", "_module.transformer.module._orig_mod."),
    ])
  func wrappers(old: String, new: String) throws {
    let tensors = try nano { $0.hasPrefix(old) ? new + $0.dropFirst(old.count) : $0 }
    let recognition = Recognition(tensors, options: options)
    #expect(recognition.problems == [])
    #expect(recognition.architecture == .nano)
    // The file's own names lead to its tensors.
    let names = Set(tensors.map(\.name))
    #expect(
      Architecture.nano.checkpointTensors.allSatisfy { names.contains(recognition.naming.fileName($0.name)) })
  }

  @Test("PEFT's prefix is ignored like those of wrappers")
  func adapters() throws {
    let recognition = Recognition(try nano { "base_model.model.\($0)" }, options: options)
    #expect(recognition.fits && recognition.naming.prefix == "base_model.model.")
  }

  @Test("A file with a name both with and without wrappers is refused")
  func twins() throws {
    let tensors = try nano() + info("clip_model.module.ln_final.bias", [32])
    let recognition = Recognition(tensors, options: options)
    #expect(
      recognition.problems == [
        ContractProblem(
          tensor: "clip_model.ln_final.bias",
          kind: .impossible("is there twice, as clip_model.module.ln_final.bias too"),
          cause: "the names differ only in parts that wrappers of modules add; keep one")
      ])
  }

  @Test(
    "Two complete models are refused with the prefixes that choose one",
    arguments: [
      ("net.", "net_ema.", "net", "net_ema"),
      ("params.module.", "params_ema.module.", "params", "params_ema"),
      ("model.sem_seg_head.predictor.", "model_ema.sem_seg_head.predictor.", "model", "model_ema"),
      ("", "ema.", "", "ema"), ("net.", "net.ema.", "net", "net.ema"),
    ])
  func twoModels(first: String, second: String, choice: String, otherChoice: String) throws {
    let tensors = try nano { first + $0 } + nano { second + $0 }
    let refused = Recognition(tensors, options: options)
    #expect(!refused.fits && refused.architecture == nil)
    #expect(refused.problems.map(\.remedy) == [.choosePrefix([choice]), .choosePrefix([otherChoice])])
    #expect(refused.diagnosis == "holds 2 whole models")
    #expect(refused.remedy == .choosePrefix([choice, otherChoice]))
    for (chosen, prefix, other) in [(choice, first, second), (otherChoice, second, first)] {
      let recognition = Recognition(tensors, options: ArchitectureOptions(textHeads: 2, prefix: chosen))
      #expect(recognition.problems == [])
      #expect(recognition.naming.prefix == prefix)
      let count = Architecture.nano.checkpointTensors.count
      #expect(recognition.unrelatedNames.count == count)
      #expect(recognition.unrelatedNames.allSatisfy { $0.hasPrefix(other) })
      #expect(
        recognition.notes.first?.hasPrefix("passed over \(count) tensors, of other models or none") == true)
    }
  }

  @Test("A prefix of no name is refused")
  func noSuchPrefix() throws {
    let recognition = Recognition(try nano(), options: ArchitectureOptions(textHeads: 2, prefix: "ema"))
    #expect(recognition.diagnosis == "holds nothing under the prefix ema")
    #expect(recognition.remedy == .listNames)
    #expect(!recognition.fits)
  }

  @Test("In a file with a complete model a part of another is unexpected and no more")
  func momentumEncoder() throws {
    let tensors =
      try nano { "teacher.\($0)" }.filter { $0.name.contains("visual.trunk.") } + nano { "student.\($0)" }
    let recognition = Recognition(tensors, options: options)
    #expect(recognition.architecture == .nano)
    #expect(recognition.naming.prefix == "student.")
    #expect(recognition.problems.count == tensors.count { $0.name.hasPrefix("teacher.") })
    #expect(recognition.problems.allSatisfy { $0.isUnexpected })
  }

  @Test("SED is preferred to a complete CLIP, and of two CLIPs neither is chosen silently")
  func clipBeside() throws {
    let teacher = try nano { $0.replacing("clip_model.", with: "teacher_encoder.") }
      .filter { $0.name.hasPrefix("teacher_encoder.") }
    let sed = Recognition(try nano() + teacher, options: options)
    #expect(sed.architecture == .nano && sed.problems.count + sed.unrelatedNames.count == teacher.count)
    let clip = Recognition(
      try nano() + teacher, options: ArchitectureOptions(textHeads: 2, parts: [.image, .text]))
    #expect(clip.problems.map(\.remedy) == [.choosePrefix([""]), .choosePrefix(["teacher_encoder"])])
  }

  @Test(
    "Dimensions of 1 are ignored where the order of the elements is the same",
    arguments: [
      ("mlp.fc1.weight", [64, 16, 1, 1], true), ("mlp.fc1.weight", [1, 64, 16], true),
      ("mlp.fc1.weight", [16, 64], false), ("gamma", [16, 1], true), ("gamma", [1, 16], true),
      ("gamma", [16, 1, 1], true), ("gamma", [4, 4], false), ("conv_dw.weight", [16, 7, 7], true),
      ("conv_dw.weight", [7, 7, 16], false), ("conv_dw.weight", [1, 16, 7, 7], true),
    ] as [(String, [Int], Bool)])
  func unitDimensions(name: String, shape: [Int], fits: Bool) throws {
    var tensors = try directory("sed_nano")
    tensors.put("clip_model.visual.trunk.stages.0.blocks.0.\(name)", shape)
    #expect(Recognition(tensors, options: options).fits == fits)
  }

  @Test("A model whose vectors are all columns or rows fits", arguments: [true, false])
  func columns(isColumn: Bool) throws {
    let tensors = try directory("sed_nano").compactMap { info in
      TensorInfo(
        name: info.name, elementType: .float32,
        shape: info.shape.count == 1 ? (isColumn ? info.shape + [1] : [1] + info.shape) : info.shape)
    }
    let recognition = Recognition(tensors, options: options)
    #expect(recognition.fits && recognition.architecture == .nano)
  }

  @Test(
    "Unrelated buffers, numbers and integers are passed over with a note",
    arguments: [
      ("clip_model.attn_mask", [77, 77], .float32, true), ("clip_model.input_resolution", [], .int64, true),
      ("clip_model.context_length", [], .float32, true), ("clip_model.vocab_size", [], .int64, true),
      ("clip_model.logit_bias", [1], .float32, true),
      ("clip_model.transformer.embeddings.position_ids", [1, 77], .int64, true),
      ("transformer.decoder1.bn.num_batches_tracked", [], .int64, true),
      ("val_miou.confmat", [5, 5], .int64, true),
      ("n_averaged", [], .float32, true), ("transformer.scale", [1], .float32, false),
      ("criterion.empty_weight", [171], .float32, false),
      ("clip_model.visual.trunk.head.fc.weight", [10, 64], .float32, true),
    ] as [(String, [Int], ElementType, Bool)])
  func beside(name: String, shape: [Int], type: ElementType, isPassedOver: Bool) throws {
    let recognition = Recognition(try nano() + info(name, shape, type), options: options)
    #expect(recognition.fits == isPassedOver)
    #expect(recognition.unrelatedNames == (isPassedOver ? [name] : []))
    #expect(recognition.notes.count == (isPassedOver ? 1 : 0))
    #expect(recognition.problems.map(\.tensor) == (isPassedOver ? [] : [name]))
    let error = ContractError(path: "f", model: "SED", problems: recognition.problems)
    #expect(error.description.contains("ignore unexpected tensors") == !isPassedOver)
  }
}
