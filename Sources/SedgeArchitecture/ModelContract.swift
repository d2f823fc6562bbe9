// Holding a stored model's tensor table against the architecture and what folding did to it.

extension FoldRecord {
  /// The tensors that are gone because of this fold; empty where it was not applied.
  public var absorbedTensors: [String] {
    guard obstacle == nil else { return [] }
    switch kind {
    case .norm: return ["\(source).weight", "\(source).bias"]
    case .layerScale: return [source]
    case .pixelStatistics, .attentionScale, .classBlock, .textFeatures: return []
    }
  }
}

extension Architecture {
  /// Everything in which a stored model departs from what its architecture and its folds call for.
  ///
  /// - Parameters:
  ///   - tensors: The model's tensors, text features of class lists left out.
  ///   - folds: What was folded: absorbed tensors are missing, biases may have been made.
  ///   - hasTextEncoder: Whether the text encoder must be there, or must not.
  public func problems(
    inModel tensors: [ModelTensor], folds: [FoldRecord], hasTextEncoder: Bool
  ) -> [ContractProblem] {
    let absorbed = Set(folds.flatMap(\.absorbedTensors))
    let expected =
      modelTensors
      .filter { !absorbed.contains($0.name) && (hasTextEncoder || !PartName.isText($0.name)) }
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
    let widths = Dictionary(
      expected.filter { $0.role == .linear }.map { ($0.name, $0.shape[0]) },
      uniquingKeysWith: { first, _ in first })
    for tensor in tensors where !names.contains(tensor.name) {
      let layer = tensor.name.hasSuffix(".bias") ? String(tensor.name.dropLast(".bias".count)) : tensor.name
      let isMadeBias =
        tensor.role == .bias && folds.contains { $0.obstacle == nil && $0.targets.contains(layer) }
        && tensor.shape == [widths["\(layer).weight"] ?? widths[layer] ?? 0]
      if !isMadeBias {
        problems.append(ContractProblem(tensor: tensor.name, kind: .unexpected(found: tensor.shape)))
      }
    }
    return problems
  }
}
