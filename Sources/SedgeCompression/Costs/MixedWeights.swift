// Weights between those of a source and those of a file.

import SedgeArchitecture
import SedgeTensor

/// A source's weights, to which parts of the errors of stored ones are added.
final class MixedWeights: WeightOverlay {
  let base: any WeightSource
  private let stored: any WeightSource
  private let parts: [String: Float]

  /// - Parameter parts: By the name of the tensor: 0 for the source's, as for all others, 1 for the stored ones.
  init(_ source: any WeightSource, stored: any WeightSource, parts: [String: Float]) {
    (base, self.stored, self.parts) = (source, stored, parts)
  }

  func values(of tensor: ModelTensor) throws -> Tensor {
    guard let part = parts[tensor.name], part != 0 else { return try base.values(of: tensor) }
    let actual = try stored.values(of: tensor)
    guard part != 1 else { return actual }
    var values = try base.values(of: tensor)
    for i in values.values.indices { values.values[i] += part * (actual.values[i] - values.values[i]) }
    return values
  }
}
