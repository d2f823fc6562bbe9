// Weights with replaced tensors.

package import SedgeArchitecture
package import SedgeTensor

/// A model's weights, some of them replaced.
package final class OverlaidWeights: WeightOverlay {
  package let base: any WeightSource
  private let changes: [String: Tensor]

  package init(_ base: any WeightSource, _ changes: [String: Tensor]) {
    (self.base, self.changes) = (base, changes)
  }

  package func values(of tensor: ModelTensor) throws -> Tensor {
    try changes[tensor.name] ?? base.values(of: tensor)
  }
}
