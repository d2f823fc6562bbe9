// The names of a layer and of its parameters.

/// The path of a linear layer or convolution.
package struct LayerPath: ModulePath {
  /// The layer's name.
  package let name: String
  /// Its matrix or filters.
  package let weight: ParameterPath
  /// Its bias; folding adds one to a layer that has none in the checkpoint.
  package let bias: ParameterPath

  /// Names a layer whose parameters are named as PyTorch's layers name them.
  package init(name: String) {
    self.init(name: name, weight: "\(name).weight", bias: "\(name).bias")
  }

  /// Names a layer whose parameters have other names.
  init(name: String, weight: String, bias: String) {
    self.name = name
    self.weight = ParameterPath(weight)
    self.bias = ParameterPath(bias)
  }
}
