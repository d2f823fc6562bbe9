// Weights with some of them exchanged.

package import SedgeArchitecture
package import SedgeTensor

/// A model's weights, some of which are others.
package final class OverlaidWeights: WeightSource {
  private let base: any WeightSource
  private let changes: [String: Tensor]

  package init(_ base: any WeightSource, _ changes: [String: Tensor]) {
    (self.base, self.changes) = (base, changes)
  }

  package var architecture: Architecture { base.architecture }
  package var form: GraphForm { base.form }
  package var logitScale: Float? { base.logitScale }
  package var modelTensors: [ModelTensor] { base.modelTensors }

  package func values(of tensor: ModelTensor) throws -> Tensor {
    try changes[tensor.name] ?? base.values(of: tensor)
  }
}

/// A model's weights, all in memory, so that folding is done once.
package final class LoadedWeights: WeightSource {
  package let architecture: Architecture
  package let form: GraphForm
  package let logitScale: Float?
  package let modelTensors: [ModelTensor]
  private let loaded: [String: Tensor]

  package init(_ source: any WeightSource) throws {
    architecture = source.architecture
    form = source.form
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
