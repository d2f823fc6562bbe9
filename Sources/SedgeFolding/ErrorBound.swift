// How far what is folded can be off where what went into it is off.

package import SedgeTensor

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
  fileprivate func reach(_ value: Double) -> Double { abs(value) * (1 + relative) + absolute }

  fileprivate func reach(_ tensor: Tensor) -> Tensor {
    Tensor(shape: tensor.shape, values: tensor.values.map { Float(reach(Double($0))) })
  }
}

extension AffineFold {
  private func reach(_ bound: ErrorBound) -> AffineFold {
    AffineFold(
      inputScale: inputScale?.map(bound.reach), inputShift: inputShift?.map(bound.reach),
      outputScale: outputScale?.map(bound.reach))
  }

  /// How far each element of the folded weight can be off.
  package func weightBounds(_ weight: Tensor, off bound: ErrorBound, factors: ErrorBound) -> Tensor {
    growth { isWide in
      reach(isWide ? factors : ErrorBound()).weight((isWide ? bound : ErrorBound()).reach(weight))
    }
  }

  /// How far each element of the folded bias can be off.
  package func biasBounds(
    _ bias: Tensor?, off biasBound: ErrorBound, weight: Tensor, off weightBound: ErrorBound,
    factors: ErrorBound
  ) -> Tensor {
    growth { isWide in
      reach(isWide ? factors : ErrorBound()).bias(
        bias.map((isWide ? biasBound : ErrorBound()).reach),
        weight: (isWide ? weightBound : ErrorBound()).reach(weight))
    }
  }

  /// What a fold of magnitudes grows by as they do, which is the most that a fold of the values can move; and the
  /// rounding of its float32 results.
  private func growth(_ magnitudes: (_ isWide: Bool) -> Tensor) -> Tensor {
    let (wide, exact) = (magnitudes(true), magnitudes(false))
    return Tensor(
      shape: wide.shape, values: zip(wide.values, exact.values).map { $0 - $1 + 0x1p-22 * $0 })
  }
}
