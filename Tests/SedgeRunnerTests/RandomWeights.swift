// Models of any dimensions with random weights.

import SedgeArchitecture
import SedgeTensor
import TestSupport

/// Random weights whose activations stay in the range of a trained network's; the same for the same name and shape.
final class RandomWeights: WeightSource {
  let architecture: Architecture
  let foldState = FoldState.original
  let logitScale: Float? = 4.6
  let modelTensors: [ModelTensor]

  init(_ architecture: Architecture) {
    self.architecture = architecture
    modelTensors = architecture.modelTensors
  }

  func values(of tensor: ModelTensor) -> Tensor {
    let seed = tensor.name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    var generator = SeededGenerator(state: seed)
    // Of variance 1.
    let limit = Float(3).squareRoot()
    let inputs = Float(tensor.shape.dropFirst().reduce(1, *))
    let (center, deviation): (Float, Float) =
      switch tensor.role {
      case .normScale: (1, 0.2)
      case .token, .positionalEmbedding: (0, 0.5)
      case _ where tensor.shape.count == 1: (0, 0.1)
      default: (0, 1 / inputs.squareRoot())
      }
    return Tensor(
      shape: tensor.shape,
      values: (0..<tensor.elementCount).map { _ in
        center + deviation * .random(in: -limit...limit, using: &generator)
      })
  }
}
