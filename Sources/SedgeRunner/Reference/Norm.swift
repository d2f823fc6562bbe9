// LayerNorm.

import SedgeOperators
import SedgeTensor

/// Scale and shift of a LayerNorm; `nil` where they were folded into another layer.
struct Norm {
  var scale: Tensor?
  var shift: Tensor?
  var epsilon: Float
  /// The scale's name in the model.
  var name: String

  func callAsFunction(_ x: Tensor, _ operators: any Operators) -> Tensor {
    (operators as? any LayerObserver)?.enter(name)
    return operators.layerNorm(x, scale: scale, shift: shift, epsilon: epsilon)
  }
}
