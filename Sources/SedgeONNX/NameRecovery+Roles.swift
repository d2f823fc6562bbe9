// The role of a tensor in the operators that take it.

internal import SedgeTensor

extension NameRecovery {
  func outcome(of info: TensorInfo, in node: GraphNode) -> Outcome {
    if node.inputs.count > Self.maximumInputCount { return .constant }
    switch node.operation {
    case _ where isFused(info.name):
      return .doubtful("its name says that it was fused with another layer")
    case "MatMul",
      "Gemm" where !node.inputs.dropFirst(2).contains(info.name):
      guard node.inputs.count > 1, node.inputs[1] == info.name, info.shape.count == 2 else {
        return .doubtful("it is multiplied from the left, which no linear layer does")
      }
      return linearWeight(info, in: node)
    case "Mul", "Add": return normalization(info, in: node)
    case "InstanceNormalization" where isGrouped(node): return .constant
    case let operation where Self.plainOperations.contains(operation): return .constant
    default:
      return .doubtful("it is an argument of \(node.operation), and may have been changed with its name")
    }
  }

  /// No layer takes more; what takes more joins tensors.
  static let maximumInputCount = 16

  /// Operators that compute with numbers of the program's as often as with parameters.
  private static let plainOperations: Set<String> = [
    "Add", "And", "Cast", "CastLike", "Clip", "Concat", "ConstantOfShape", "Div", "Equal", "Erf",
    "Exp", "Expand", "Gather", "Greater", "GreaterOrEqual", "Identity", "Less", "LessOrEqual",
    "Max", "Min", "Mod", "Mul", "Neg", "Not", "Or", "Pad", "Pow", "Range", "Reciprocal", "Reshape",
    "Resize", "ScatterElements", "ScatterND", "Shape", "Size", "Slice", "Split", "Sqrt", "Squeeze",
    "Sub", "Tile", "Transpose", "Trilu", "Unsqueeze", "Where",
  ]

  /// The weight of a linear layer, [in, out] in the graph and [out, in] in PyTorch.
  private func linearWeight(_ info: TensorInfo, in node: GraphNode) -> Outcome {
    let isTransposed = !node.transposesB
    let outputCount = isTransposed ? info.shape[1] : info.shape[0]
    let noted = notedParameters(at: node)
    var readings: [(name: String, evidence: String)] = []
    // A bias that the notes do not name stands in for its equal.
    if let bias = bias(behind: node, count: outputCount), noted.isEmpty || noted.contains(bias.name) {
      readings.append((bias.name.dropLast(4) + "weight", "\(bias.name) is added to its product"))
      if let scope = ModuleScopes.scope(of: node), scope != bias.scope ?? scope {
        return .doubtful("\(bias.name) is added to its product in another module")
      }
    }
    if readings.isEmpty, let addend = addend(behind: node) {
      return .doubtful("\(addend) is added to its product, and is not known to be a layer's bias")
    }
    guard !readings.isEmpty || isExporters(info.name) else {
      return .doubtful("a tool made it that went over the graph, and may have changed it")
    }
    if let name = notedName(at: node, role: "weight") {
      guard node.sourceOperation.isEmpty || node.sourceOperation.contains("aten.linear") else {
        return .doubtful("its node was made from another operation than a linear layer")
      }
      readings.append((name, "its node is noted to be that layer's"))
    }
    if readings.isEmpty, let reading = scopedName(at: node, role: "weight") { readings.append(reading) }
    return known(
      readings, info.name, scope: ModuleScopes.scope(of: node),
      shape: isTransposed ? info.shape.reversed() : info.shape, isTransposed: isTransposed)
  }

  /// The scale or shift of a group normalization, [channels, 1, 1] in the graph and [channels] in PyTorch.
  private func normalization(_ info: TensorInfo, in node: GraphNode) -> Outcome {
    guard let role = normalizationRole(of: info, in: node) else { return .constant }
    guard info.shape.contains(info.elementCount) || info.elementCount == 1 else { return .constant }
    var readings: [(name: String, evidence: String)] = []
    if let name = notedName(at: node, role: role) {
      readings.append((name, "its node is noted to be that layer's"))
    } else if let reading = scopedName(at: node, role: role) {
      readings.append(reading)
    }
    guard isExporters(info.name) else {
      return .doubtful("a tool made it that went over the graph, and may have changed it")
    }
    return known(
      readings, info.name, scope: ModuleScopes.scope(of: node), shape: [info.elementCount],
      isTransposed: false)
  }

  /// `weight` for what multiplies, `bias` for what is added to, a normalization by groups.
  private func normalizationRole(of info: TensorInfo, in node: GraphNode) -> String? {
    guard let other = node.inputs.first(where: { $0 != info.name }), let before = producer(of: other) else {
      return nil
    }
    if node.operation == "Mul" { return isNormalized(before) ? "weight" : nil }
    guard before.operation == "Mul", before.inputs.count == 2 else { return nil }
    return before.inputs.contains { producer(of: $0).map(isNormalized) ?? false } ? "bias" : nil
  }

  /// Whether a node normalizes groups: its own scale and shift, one a group, are ones and zeros.
  private func isGrouped(_ node: GraphNode) -> Bool {
    (node.outputs.first.flatMap { users[$0] } ?? []).prefix(Self.maximumInputCount).contains {
      isNormalized(graph.nodes[$0])
    }
  }

  /// Whether a node puts normalized groups back into the shape that they had.
  private func isNormalized(_ node: GraphNode) -> Bool {
    guard node.operation == "Reshape", let input = node.inputs.first else { return false }
    return producer(of: input)?.operation == "InstanceNormalization"
  }

  private func known(
    _ readings: [(name: String, evidence: String)], _ ownName: String, scope: [String]?, shape: [Int],
    isTransposed: Bool
  ) -> Outcome {
    guard let first = readings.first else { return .doubtful(doubt(about: scope)) }
    if let other = readings.first(where: { $0.name != first.name }) {
      return .doubtful("it may be \(first.name) (\(first.evidence)) or \(other.name) (\(other.evidence))")
    }
    let evidence = "\(ownName) in the file; " + readings.map(\.evidence).joined(separator: "; ")
    return .known(
      Parameter(
        name: first.name, shape: shape, isTransposed: isTransposed,
        evidence: isTransposed ? "\(evidence); transposed back" : evidence))
  }

  /// Why a scope does not determine the layer.
  private func doubt(about scope: [String]?) -> String {
    guard let scope, case .open(let names?) = scopes.module(of: scope) else {
      return "nothing in the graph says which layer it belongs to"
    }
    let text = "/" + scope.joined(separator: "/")
    return names.isEmpty
      ? "its node's scope \(text) contradicts those of other layers"
      : "its node's scope \(text) may be any of \(names.joined(separator: ", "))"
  }
}
