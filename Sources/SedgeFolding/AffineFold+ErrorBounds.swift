// Bounds for the errors of folded weights and biases.

package import SedgeTensor

extension AffineFold {
  private func reach(_ bound: ErrorBound) -> AffineFold {
    AffineFold(
      inputScale: inputScale?.map(bound.reach), inputShift: inputShift?.map(bound.reach),
      outputScale: outputScale?.map(bound.reach))
  }

  /// The largest error of each element of the folded weight.
  package func weightBounds(_ weight: Tensor, off bound: ErrorBound, factors: ErrorBound) -> Tensor {
    growth { isWide in
      reach(isWide ? factors : ErrorBound()).weight((isWide ? bound : ErrorBound()).reach(weight))
    }
  }

  /// The largest error of each element of the folded bias.
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

  /// The growth of a fold of magnitudes when the magnitudes grow by their bounds, which is the largest error of a fold
  /// of the values; and the rounding of its float32 results.
  private func growth(_ magnitudes: (_ isWide: Bool) -> Tensor) -> Tensor {
    let (wide, exact) = (magnitudes(true), magnitudes(false))
    return Tensor(
      shape: wide.shape, values: zip(wide.values, exact.values).map { $0 - $1 + 0x1p-22 * $0 })
  }
}
