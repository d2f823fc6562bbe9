// Tensors encoded and appended by the rule of a requested format.

package import SedgeArchitecture
package import SedgeContainer
package import SedgeQuantization
package import SedgeTensor

extension PackedTensor {
  /// Encodes and compresses a tensor by a rule; see `init(_:values:coding:floatReason:encoded:storage:)`.
  package init(
    _ tensor: ModelTensor, values: Tensor, rule: CodingRule, encoded: EncodedTensor? = nil,
    storage: StorageMode
  ) throws(FormatError) {
    try self.init(
      tensor, values: values, coding: rule.coding, floatReason: rule.floatReason, encoded: encoded,
      storage: storage)
  }

  /// Encodes and compresses a tensor by the ``CodingRule`` of a requested format.
  ///
  /// - Throws: `FormatError` for an element that is not finite.
  package init(
    _ tensor: ModelTensor, values: Tensor, requested: WeightFormat, storage: StorageMode
  ) throws(FormatError) {
    let rule = CodingRule(for: tensor, requested: requested, storage: storage)
    try self.init(tensor, values: values, rule: rule, storage: storage)
  }
}

extension SedgeWriter {
  /// Encodes, compresses and appends one tensor by the ``CodingRule`` of a requested format.
  @discardableResult
  package func add(
    _ tensor: ModelTensor, values: Tensor, requested: WeightFormat
  ) throws(FormatError) -> TensorRecord {
    try append(PackedTensor(tensor, values: values, requested: requested, storage: storage))
  }
}
