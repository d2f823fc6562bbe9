// How files store tensors otherwise than the model has them: in parts, or transposed.

extension SourceNaming {
  /// The parts of a transformer block's `in_proj` in files that keep queries, keys and values apart.
  static let attentionParts = ["q_proj", "k_proj", "v_proj"]

  /// The tensors of a file that are one tensor of the model: it alone, or queries, keys and values in this order.
  ///
  /// CAT-Seg's program has three matrices and one bias, transformers and some ONNX files three of both; the rows of the model's tensor are those of the
  /// parts, one part after another.
  package func stored(_ tensor: CheckpointTensor) -> [CheckpointTensor] {
    for (suffix, isSplit) in [("weight", splitsAttentionWeights), ("bias", splitsAttentionBiases)]
    where isSplit {
      let end = "in_proj_\(suffix)"
      guard tensor.name.hasSuffix(".attn.\(end)"), !wholeTensors.contains(tensor.name),
        let rows = tensor.shape.first
      else { continue }
      return Self.attentionParts.map { part in
        var result = tensor
        result.name = tensor.name.dropLast(end.count) + "\(part)_\(suffix)"
        result.shape[0] = rows / 3
        return result
      }
    }
    guard transposes(tensor.name) else { return [tensor] }
    var result = tensor
    result.shape.reverse()
    return [result]
  }

  /// Whether the file has the matrix of this own name with its dimensions in reverse.
  func transposes(_ name: String) -> Bool {
    scheme == .clipModel
      && [ModelPath.text.projection, ModelPath.vision.projection].contains { $0.weight.name == name }
  }
}
