// Layers: their weights by path, and the operators that compute them.

import SedgeArchitecture
import SedgeTensor

/// Reads weights by path.
struct WeightLoader {
  private let source: any WeightSource
  private let tensors: [String: ModelTensor]

  /// The model's dimensions.
  var architecture: Architecture { source.architecture }
  /// Which parts of the graph are folded.
  var foldState: FoldState { source.foldState }

  init(_ source: any WeightSource) {
    self.source = source
    self.tensors = Dictionary(
      source.modelTensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// A tensor that every model has.
  func tensor(_ path: ParameterPath) throws -> Tensor {
    guard let tensor = try optional(path) else {
      throw FormatError(.missingTensor(nearest: nil), tensor: path.name)
    }
    return tensor
  }

  /// A tensor that folding may have removed or added.
  func optional(_ path: ParameterPath) throws -> Tensor? {
    try tensors[path.name].map { try source.values(of: $0) }
  }

  /// A layer; its bias is optional.
  func dense(_ layer: LayerPath) throws -> Dense {
    try Dense(weight: tensor(layer.weight), bias: optional(layer.bias), name: layer.weight.name)
  }

  /// A norm; folding may have removed its scale and shift.
  func norm(_ norm: NormPath, epsilon: Float) throws -> Norm {
    try Norm(
      scale: optional(norm.scale), shift: optional(norm.shift), epsilon: epsilon, name: norm.scale.name)
  }

  func convNeXtBlock(_ block: ModelPath.ConvNeXtBlock, epsilon: Float) throws -> ConvNeXtBlock {
    try ConvNeXtBlock(
      depthwise: dense(block.depthwise), norm: norm(block.norm, epsilon: epsilon), first: dense(block.fc1),
      second: dense(block.fc2), layerScale: optional(block.layerScale), layerScaleName: block.layerScale.name)
  }
}
