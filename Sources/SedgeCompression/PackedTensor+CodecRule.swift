// Tensors encoded and appended by the rule of a requested format.

package import SedgeArchitecture
package import SedgeContainer
package import SedgeQuantization
package import SedgeTensor

extension PackedTensor {
  /// Encodes and compresses a tensor by a rule; see `init(_:values:choice:floatReason:encoded:storage:)`.
  package init(
    _ tensor: ModelTensor, values: Tensor, rule: CodecRule, encoded: EncodedTensor? = nil,
    storage: StorageMode
  ) throws(FormatError) {
    try self.init(
      tensor, values: values, choice: rule.choice, floatReason: rule.floatReason, encoded: encoded,
      storage: storage)
  }

  /// Encodes and compresses a tensor by the ``CodecRule`` of a requested format.
  ///
  /// - Throws: `FormatError` for an element that is not finite.
  package init(
    _ tensor: ModelTensor, values: Tensor, requested: WeightFormat, storage: StorageMode
  ) throws(FormatError) {
    let rule = CodecRule(for: tensor, requested: requested, storage: storage)
    try self.init(tensor, values: values, rule: rule, storage: storage)
  }
}

extension SedgeWriter {
  /// Encodes, compresses and appends one tensor by the ``CodecRule`` of a requested format.
  @discardableResult
  package func add(
    _ tensor: ModelTensor, values: Tensor, requested: WeightFormat
  ) throws(FormatError) -> TensorRecord {
    try append(PackedTensor(tensor, values: values, requested: requested, storage: storage))
  }
}
