// The largest error of a value, relative and absolute.

import SedgeTensor

/// The largest error of a value: a share of its magnitude, and a constant.
package struct ErrorBound: Hashable, Sendable {
  /// The share of the value's magnitude.
  package var relative: Double
  /// The constant.
  package var absolute: Double

  /// Collects both.
  package init(relative: Double = 0, absolute: Double = 0) {
    (self.relative, self.absolute) = (relative, absolute)
  }

  /// The larger relative and the larger absolute error of two bounds.
  func union(_ other: ErrorBound) -> ErrorBound {
    ErrorBound(relative: max(relative, other.relative), absolute: max(absolute, other.absolute))
  }

  /// The largest magnitude of an exact value within the bound.
  func reach(_ value: Double) -> Double { abs(value) * (1 + relative) + absolute }

  func reach(_ tensor: Tensor) -> Tensor {
    Tensor(shape: tensor.shape, values: tensor.values.map { Float(reach(Double($0))) })
  }
}
