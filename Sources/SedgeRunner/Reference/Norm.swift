// LayerNorm.

import SedgeOperators
import SedgeTensor

/// Scale and shift of a LayerNorm; `nil` where they were folded into another layer.
struct Norm {
  var scale: Tensor?
  var shift: Tensor?
  var epsilon: Float

  func callAsFunction(_ x: Tensor, _ operators: any Operators) -> Tensor {
    operators.layerNorm(x, scale: scale, shift: shift, epsilon: epsilon)
  }
}
