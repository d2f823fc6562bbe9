// A model as its file will have it, before there is a file.

package import SedgeArchitecture
package import SedgeContainer
package import SedgeTensor

/// Weights that are decoded when they are asked for.
package final class PackedWeights: WeightOverlay {
  package let base: any WeightSource
  private let packed: [String: PackedTensor]

  /// - Parameters:
  ///   - base: What was coded; it has all that is not among `packed`.
  package init(_ base: any WeightSource, _ packed: [PackedTensor]) {
    self.base = base
    self.packed = Dictionary(packed.map { ($0.tensor.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  package func values(of tensor: ModelTensor) throws -> Tensor {
    try packed[tensor.name]?.decoded() ?? base.values(of: tensor)
  }
}
