// All weights of a model in memory.

package import SedgeArchitecture
package import SedgeTensor

/// All weights of a model in memory, so that folding is computed once.
package final class LoadedWeights: WeightSource {
  package let architecture: Architecture
  package let foldState: FoldState
  package let logitScale: Float?
  package let modelTensors: [ModelTensor]
  private let loaded: [String: Tensor]

  package init(_ source: any WeightSource) throws {
    architecture = source.architecture
    foldState = source.foldState
    logitScale = source.logitScale
    modelTensors = source.modelTensors
    loaded = Dictionary(uniqueKeysWithValues: try modelTensors.map { ($0.name, try source.values(of: $0)) })
  }

  package func values(of tensor: ModelTensor) throws -> Tensor {
    guard let values = loaded[tensor.name] else {
      throw FormatError(.missingTensor(nearest: nil), tensor: tensor.name)
    }
    return values
  }
}
