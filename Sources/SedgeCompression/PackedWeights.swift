// The weights of encoded tensors, before they are written.

package import SedgeArchitecture
package import SedgeContainer
package import SedgeTensor

/// Weights that are decoded on request.
package final class PackedWeights: WeightOverlay {
  package let base: any WeightSource
  private let packed: [String: PackedTensor]

  /// - Parameters:
  ///   - base: The weights before encoding, for all tensors that are not among `packed`.
  package init(_ base: any WeightSource, _ packed: [PackedTensor]) {
    self.base = base
    self.packed = Dictionary(packed.map { ($0.tensor.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  package func values(of tensor: ModelTensor) throws -> Tensor {
    try packed[tensor.name]?.decoded() ?? base.values(of: tensor)
  }
}
