// Bounds for the errors of folded weights and biases.

package import SedgeTensor

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
