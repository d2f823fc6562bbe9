// Conversion of a tensor between the checkpoint's order of dimensions and the runner's.

import SedgeArchitecture
import SedgeTensor

extension CheckpointTensor {
  /// The checkpoint's dimensions that the runner's layout keeps; the removal of a dimension of 1 moves no element.
  private var keptAxes: [Int] { shape.indices.filter { axes.contains($0) } }

  /// Converts values from the checkpoint's order of dimensions to the runner's.
  func modelLayout(of values: Tensor) -> Tensor {
    let order = axes.compactMap { keptAxes.firstIndex(of: $0) }
    return values.reshaped(keptAxes.map { shape[$0] }).permuted(order)
  }

  /// Converts values from the runner's order of dimensions to the checkpoint's.
  func checkpointLayout(of values: Tensor) -> Tensor {
    values.permuted(keptAxes.compactMap { axes.firstIndex(of: $0) }).reshaped(shape)
  }
}
