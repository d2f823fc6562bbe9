// Tensors whose bits a budget search chooses.

package import SedgeArchitecture

/// Tensors that get the same bits: one large tensor, or all small tensors of a kind.
package struct BudgetedTensors: Sendable {
  package var tensors: [ModelTensor]
  /// Whether they are stored as floats in every file.
  package var isFloat: Bool
  /// Elements of rows that are not all zeros.
  package var weightCount: Int
  /// The squared relative error of the scores with only these tensors encoded, in ``BudgetSearch/referenceBits``.
  package var sensitivity: Double
  /// The squared error of the weights in that encoding.
  package var squaredError: Double

  package init(
    tensors: [ModelTensor], isFloat: Bool = false, weightCount: Int, sensitivity: Double, squaredError: Double
  ) {
    (self.tensors, self.isFloat, self.weightCount) = (tensors, isFloat, weightCount)
    (self.sensitivity, self.squaredError) = (sensitivity, squaredError)
  }
}
