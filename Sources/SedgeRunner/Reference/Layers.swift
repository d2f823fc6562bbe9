// Layers: weights by name, and what the operators do with them.

import SedgeArchitecture
import SedgeTensor

/// Finds weights by name.
struct WeightLoader {
  private let source: any WeightSource
  private let tensors: [String: ModelTensor]

  init(_ source: any WeightSource) {
    self.source = source
    self.tensors = Dictionary(
      source.modelTensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// A tensor that the model must have.
  func tensor(_ name: String) throws -> Tensor {
    guard let tensor = try optional(name) else {
      throw FormatError(.missingTensor(nearest: nil), tensor: name)
    }
    return tensor
  }

  /// A tensor that folding may have removed, or made.
  func optional(_ name: String) throws -> Tensor? {
    try tensors[name].map { try source.values(of: $0) }
  }

  func dense(_ name: String) throws -> Dense {
    try dense(weight: "\(name).weight", bias: optional("\(name).bias"))
  }

  /// A layer whose weight has a name of its own.
  func dense(weight: String, bias: Tensor?) throws -> Dense {
    try Dense(weight: tensor(weight), bias: bias, name: weight)
  }

  func norm(_ name: String, epsilon: Float) throws -> Norm {
    try Norm(scale: optional("\(name).weight"), shift: optional("\(name).bias"), epsilon: epsilon)
  }
}
