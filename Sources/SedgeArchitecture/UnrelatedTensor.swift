// Tensors of a file that are no part of its model, and no problem.

import SedgeTensor

/// A kind of tensors that are no part of a model and can be passed over.
enum UnrelatedTensor: Hashable {
  /// A buffer that PyTorch's or OpenCLIP's programs recompute or drop when they load a file.
  case buffer
  /// A classifier after the trunk, in the place of CLIP's projection.
  case classifier
  /// A norm on the output of an earlier stage, which detectors and segmenters have.
  case outputNorm
  /// A single number or integers, which are no weights.
  case number

  /// The kind in words.
  var text: String {
    switch self {
    case .buffer: "buffers that are computed anew"
    case .classifier: "a classifier behind the trunk"
    case .outputNorm: "norms of earlier stages' outputs"
    case .number: "single numbers and integers, which are no weights"
    }
  }

  /// Names that OpenCLIP, CLIP and transformers ignore or drop when they load a checkpoint.
  private static let buffers: Set<Substring> = [
    "attn_mask", "input_resolution", "context_length", "vocab_size", "logit_bias", "num_batches_tracked",
    "position_ids",
  ]

  /// Names of the norms on outputs in trunks of all schemes.
  private static let outputNorms: Set<Substring> = [
    "norm", "norm0", "norm1", "norm2", "norm3", "layernorm", "hidden_states_norms.stage1",
    "hidden_states_norms.stage2", "hidden_states_norms.stage3", "hidden_states_norms.stage4",
  ]

  /// Recognizes a tensor that is no part of the model; `nil` where it may be one.
  ///
  /// - Parameter own: Its own name under the file's naming, `nil` where it has none.
  init?(_ info: TensorInfo, own: String?, naming: SourceNaming) {
    let name = info.name.withoutWrappers
    let last =
      name.utf8.lastIndex(of: UInt8(ascii: ".")).map { name[name.utf8.index(after: $0)...] } ?? name[...]
    if Self.buffers.contains(last) {
      self = .buffer
      return
    }
    let heads = ["fc.", "pre_logits."].map { "\(ModelPath.trunkPrefix)head.\($0)" }
    if let own, heads.contains(where: { own.hasPrefix($0) }) {
      self = .classifier
      return
    }
    if naming.scheme.isTrunkAlone, own == nil || KnownTensors.rank(of: own ?? "") == nil {
      let prefix = naming.prefix.withoutWrappers
      let rest = name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
      if ["head.", "classifier.", "fc."].contains(where: { rest.hasPrefix($0) || name.hasPrefix($0) }),
        rest.hasSuffix(".weight") || rest.hasSuffix(".bias")
      {
        self = .classifier
        return
      }
      if ["weight", "bias"].contains(last), Self.outputNorms.contains(rest.dropLast(last.utf8.count + 1)) {
        self = .outputNorm
        return
      }
    }
    if !info.elementType.isFloatingPoint {
      self = .number
      return
    }
    // A single number in a module may be a parameter of it.
    let modules = [ModelPath.image.name, ModelPath.text.transformer, ModelPath.decoder.name]
    let isWithinModule = own.map { own in modules.contains { own.hasPrefix("\($0).") } }
    guard info.elementCount == 1, isWithinModule != true else { return nil }
    self = .number
  }

  /// One clause for each kind of tensors that were passed over.
  static func notes(_ unrelated: [(kind: String, names: [String])]) -> [String] {
    unrelated.map { kind, names in
      let shown = names.prefix(3).joined(separator: ", ") + (names.count > 3 ? ", ..." : "")
      return "passed over \(names.count == 1 ? "a tensor" : "\(names.count) tensors"), \(kind): \(shown)"
    }
  }
}
