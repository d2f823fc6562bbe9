// The layers that tensors belong to.

extension Architecture {
  /// The name of the layer of each tensor, by the tensor's name.
  ///
  /// A layer has the name of its weights, a norm that of its scale, which may be folded into the next layer.
  package func layerNames(of tensors: [ModelTensor]) -> [String: String] {
    let weights = Dictionary(
      biasNames.map { ($0.value, $0.key) }, uniquingKeysWith: { first, _ in first })
    let (bias, weight) = (".bias", ".weight")
    return Dictionary(
      tensors.map { tensor in
        let name = tensor.name
        let norm = name.hasSuffix(bias) ? name.dropLast(bias.count) + weight : name
        return (name, weights[name] ?? norm)
      }, uniquingKeysWith: { first, _ in first })
  }
}
