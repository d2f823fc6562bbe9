// The differences between the tensors of a stored model and its architecture.

extension Architecture {
  /// Every difference between a stored model and the tensors that its architecture and its folds require.
  ///
  /// - Parameters:
  ///   - tensors: The model's tensors without the text features of class lists.
  ///   - folds: The folds: each may have removed tensors and added biases.
  ///   - hasTextEncoder: Whether the text encoder is required; otherwise it is forbidden.
  package func problems(
    inModel tensors: [ModelTensor], folds: [FoldRecord], hasTextEncoder: Bool
  ) -> [ContractProblem] {
    let absorbed = Set(folds.flatMap(\.absorbedTensors))
    let expected =
      modelTensors
      .filter { !absorbed.contains($0.name) && (hasTextEncoder || ModelPart(ofTensor: $0.name) != .text) }
    let found = Dictionary(tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    var problems: [ContractProblem] = []
    for tensor in expected {
      guard let other = found[tensor.name] else {
        problems.append(ContractProblem(tensor: tensor.name, kind: .missing(expected: tensor.shape)))
        continue
      }
      if other.shape != tensor.shape {
        problems.append(
          ContractProblem(
            tensor: tensor.name, kind: .wrongShape(expected: tensor.shape, found: other.shape)))
      } else if other != tensor {
        problems.append(
          ContractProblem(
            tensor: tensor.name,
            kind: .impossible(
              "expected \(tensor.role.rawValue) in \(tensor.layout.rawValue), found \(other.role.rawValue) in "
                + other.layout.rawValue)))
      }
    }
    let names = Set(expected.map(\.name))
    let biasWidths = widthsOfBiases(madeBy: folds, in: expected)
    for tensor in tensors where !names.contains(tensor.name) {
      if tensor.role == .bias, let width = biasWidths[tensor.name], tensor.shape == [width] { continue }
      problems.append(ContractProblem(tensor: tensor.name, kind: .unexpected(found: tensor.shape)))
    }
    return problems
  }

  /// The widths of the biases that folding may have added to layers, by the biases' names.
  private func widthsOfBiases(madeBy folds: [FoldRecord], in expected: [ModelTensor]) -> [String: Int] {
    let targets = Set(folds.filter { $0.obstacle == nil }.flatMap(\.targets))
    let outputs = Dictionary(
      expected.filter { [.linear, .convolution].contains($0.role) }.map { ($0.name, $0.shape[0]) },
      uniquingKeysWith: { first, _ in first })
    var widths: [String: Int] = [:]
    for layer in layers where targets.contains(layer.name) {
      widths[layer.bias.name] = outputs[layer.weight.name]
    }
    return widths
  }
}
