// Elementwise functions of the reference operators.

import SedgePlatform

/// Applies an activation in place.
func apply(_ activation: Activation, to values: inout MutableSpan<Float>) {
  switch activation {
  case .identity:
    break
  case .relu:
    for i in values.indices where values[i] < 0 { values[i] = 0 }
  case .gelu:
    for i in values.indices { values[i] = 0.5 * values[i] * (1 + erf(values[i] * 0.70710678)) }
  case .quickGELU:
    for i in values.indices { values[i] *= sigmoid(1.702 * values[i]) }
  }
}

/// elu(x) + 1: the feature map of linear attention, positive everywhere.
func shiftedELU(_ x: Float) -> Float {
  x > 0 ? x + 1 : exp(x)
}

/// elu(x) + 1 in float64.
package func shiftedELU(_ x: Double) -> Double {
  x > 0 ? x + 1 : exp(x)
}

/// 1 / (1 + e⁻ˣ).
package func sigmoid(_ x: Float) -> Float {
  1 / (1 + exp(-x))
}

/// eˣ, for softmax.
package func exponential(_ x: Float) -> Float {
  exp(x)
}
