// The outcome of a calibrated quantization.

package import SedgeContainer
package import SedgeQuantization

/// The encoded tensors of a model, with the measurements made on the way.
package struct QuantizationResult {
  /// All tensors, in the order of the forward pass.
  package var packed: [PackedTensor]
  /// The record for the file's header.
  package var record: QuantizationRecord?
  /// The importance, and the share of the output error, of each tensor whose sensitivity was measured.
  package var shares: [String: (importance: Double, errorShare: Double)] = [:]
  /// The format of each tensor, where a budget search chose it.
  package var forms: [String: TensorFormat] = [:]
  /// Notes for the user, in sentences.
  package var notes: [String] = []
}
