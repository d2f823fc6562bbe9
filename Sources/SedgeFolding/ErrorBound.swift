// How far what is folded can be off where what went into it is off.

import SedgeTensor

/// How far a value may be from the one that it stands for: a share of its magnitude, and a constant.
public struct ErrorBound: Hashable, Sendable {
  /// The share of the value's magnitude.
  public var relative: Double
  /// The constant.
  public var absolute: Double

  /// Puts both together.
  public init(relative: Double = 0, absolute: Double = 0) {
    (self.relative, self.absolute) = (relative, absolute)
  }

  /// The larger of two in either respect.
  func union(_ other: ErrorBound) -> ErrorBound {
    ErrorBound(relative: max(relative, other.relative), absolute: max(absolute, other.absolute))
  }

  /// The largest magnitude that a value may stand for.
  func reach(_ value: Double) -> Double { abs(value) * (1 + relative) + absolute }

  func reach(_ tensor: Tensor) -> Tensor {
    Tensor(shape: tensor.shape, values: tensor.values.map { Float(reach(Double($0))) })
  }
}
