// Layers: their weights by path, and the operators that compute them.

import SedgeArchitecture
import SedgeOperators
import SedgeTensor

/// Reads weights by path.
struct WeightLoader {
  private let source: any WeightSource
  private let tensors: [String: ModelTensor]

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
    try Norm(scale: optional(norm.scale), shift: optional(norm.shift), epsilon: epsilon)
  }

  func convNeXtBlock(_ block: ModelPath.ConvNeXtBlock, epsilon: Float) throws -> ConvNeXtBlock {
    try ConvNeXtBlock(
      depthwise: dense(block.depthwise), norm: norm(block.norm, epsilon: epsilon), first: dense(block.fc1),
      second: dense(block.fc2), layerScale: optional(block.layerScale))
  }
}

/// Weight and bias of a linear layer or convolution.
struct Dense {
  var weight: Tensor
  var bias: Tensor?
  /// The weight's name in the model; `nil` where it was made of several.
  var name: String?

  func linear(_ x: Tensor, _ operators: any Operators, activation: Activation = .identity) -> Tensor {
    tell(operators, x, .vectors)
    return operators.linear(x, weight: weight, bias: bias, activation: activation)
  }

  func convolution(
    _ x: Tensor, _ operators: any Operators, stride: Int = 1, padding: Int = 0,
    activation: Activation = .identity
  ) -> Tensor {
    tell(operators, x, .squares(side: weight.shape[1], stride: stride, padding: padding))
    return operators.convolution(
      x, weight: weight, bias: bias, stride: stride, padding: padding, activation: activation)
  }

  func transposedConvolution(
    _ x: Tensor, _ operators: any Operators, activation: Activation = .identity
  ) -> Tensor {
    tell(operators, x, .vectors)
    return operators.transposedConvolution(
      x, weight: weight, bias: bias ?? Tensor(zeros: [weight.shape[0]]), activation: activation)
  }

  func depthwiseConvolution(_ x: Tensor, _ operators: any Operators) -> Tensor {
    tell(operators, x, .channels)
    return operators.depthwiseConvolution(
      x, weight: weight, bias: bias ?? Tensor(zeros: [weight.shape[2]]))
  }

  private func tell(_ operators: any Operators, _ x: Tensor, _ window: InputWindow) {
    guard let name, let observer = operators as? any InputObserver else { return }
    observer.observe(x, of: name, window)
  }
}

/// Scale and shift of a LayerNorm; both are gone where they were folded.
struct Norm {
  var scale: Tensor?
  var shift: Tensor?
  var epsilon: Float

  func callAsFunction(_ x: Tensor, _ operators: any Operators) -> Tensor {
    operators.layerNorm(x, scale: scale, shift: shift, epsilon: epsilon)
  }
}

/// A ConvNeXt block: `x + gamma * second(GELU(first(norm(depthwise(x)))))`.
///
/// The image encoder's blocks and the spatial half of the decoder's feature aggregation are both of this form
/// (Liu et al., "A ConvNet for the 2020s").
struct ConvNeXtBlock {
  var depthwise: Dense
  var norm: Norm
  var first: Dense
  var second: Dense
  var layerScale: Tensor?

  /// `x`: N x H x W x C, changed in place.
  func callAsFunction(_ x: inout Tensor, _ operators: any Operators) {
    var branch = depthwise.depthwiseConvolution(x, operators)
    branch = norm(branch, operators)
    branch = first.linear(branch, operators, activation: .gelu)
    branch = second.linear(branch, operators)
    operators.add(branch, scale: layerScale, to: &x)
  }
}
