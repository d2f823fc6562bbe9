// Weights with some of them exchanged.

import SedgeArchitecture
import SedgeTensor

/// A model's weights, some of which are others.
final class OverlaidWeights: WeightOverlay {
  let base: any WeightSource
  private let changes: [String: Tensor]

  init(_ base: any WeightSource, _ changes: [String: Tensor]) { (self.base, self.changes) = (base, changes) }

  func values(of tensor: ModelTensor) throws -> Tensor { try changes[tensor.name] ?? base.values(of: tensor) }
}

/// A model's weights, all in memory, so that folding is done once.
final class LoadedWeights: WeightSource {
  let architecture: Architecture
  let foldState: FoldState
  let logitScale: Float?
  let modelTensors: [ModelTensor]
  private let loaded: [String: Tensor]

  init(_ source: any WeightSource) throws {
    architecture = source.architecture
    foldState = source.foldState
    logitScale = source.logitScale
    modelTensors = source.modelTensors
    loaded = Dictionary(uniqueKeysWithValues: try modelTensors.map { ($0.name, try source.values(of: $0)) })
  }

  func values(of tensor: ModelTensor) throws -> Tensor {
    guard let values = loaded[tensor.name] else {
      throw FormatError(.missingTensor(nearest: nil), tensor: tensor.name)
    }
    return values
  }
}
