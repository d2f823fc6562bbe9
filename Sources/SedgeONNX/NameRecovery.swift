// Finding the names that exporters took from parameters.

internal import SedgeTensor

/// What the parameters of a graph were called in the model that was exported.
///
/// A linear layer's weight is stored transposed under a name of the exporter's, and the scale and shift of a group
/// normalization with two more dimensions. Evidence, where it is there: the bias that is added behind the product
/// (`X.bias` belongs to `X.weight`), the operation that the newer exporter notes at a node, the module's scope in the
/// node's name. All that is there must agree; what is left open is said to be so.
struct NameRecovery {
  /// A parameter under the name that it had.
  struct Parameter {
    var name: String
    var shape: [Int]
    var isTransposed = false
    /// How the name is known, `nil` where the file has it.
    var evidence: String?
    /// Why the name is not known, where it is not.
    var doubt: String?
  }

  private enum Outcome {
    case known(Parameter)
    case doubtful(String)
    case constant
  }

  private let graph: Graph
  private let parameterNames: Set<String>
  private let stored: [String: TensorInfo]
  private let producers: [String: Int]
  private let users: [String: [Int]]
  private let scopes: ModuleScopes

  /// Looks at a graph.
  init(_ graph: Graph) {
    self.graph = graph
    let known = Set(graph.signature.values)
    parameterNames = Set(
      graph.initializers.map(\.info.name).filter { name in
        known.contains(name) || (!isExportersOwn(name) && (known.isEmpty || name.contains(".")))
      })
    stored = Dictionary(
      (graph.initializers + graph.constants).map { ($0.info.name, $0.info) },
      uniquingKeysWith: { first, _ in first })
    var producers: [String: Int] = [:]
    var users: [String: [Int]] = [:]
    for (index, node) in graph.nodes.enumerated() {
      for output in node.outputs where !output.isEmpty { producers[output] = index }
      for input in Set(node.inputs) where !input.isEmpty { users[input, default: []].append(index) }
    }
    self.producers = producers
    self.users = users
    scopes = ModuleScopes(graph.nodes, isParameter: parameterNames.contains)
  }

  /// The parameters by the tensors' names in the graph; what is not there is a constant.
  func parameters() -> [String: [Parameter]] {
    var found: [String: [Parameter]] = [:]
    for tensor in graph.initializers + graph.constants {
      let parameters = parameters(of: tensor.info)
      if !parameters.isEmpty { found[tensor.info.name] = parameters }
    }
    return withoutCollisions(found)
  }

  /// What one tensor is; several parameters where the exporter kept one copy of equals.
  private func parameters(of info: TensorInfo) -> [Parameter] {
    var found: [Parameter] = []
    var doubts: [String] = []
    if parameterNames.contains(info.name) {
      let original = graph.copies[info.name].map { "the graph copies it from \($0)" }
      found.append(Parameter(name: info.name, shape: info.shape, evidence: original))
      found += standIns(of: info)
    } else if info.elementType.isFloatingPoint, !info.shape.isEmpty {
      for user in users[info.name] ?? [] {
        switch outcome(of: info, in: graph.nodes[user]) {
        case .known(let parameter): found.append(parameter)
        case .doubtful(let reason): doubts.append(reason)
        case .constant: break
        }
      }
    }
    if let doubt = doubts.first {
      return [Parameter(name: info.name, shape: info.shape, doubt: doubt)]
    }
    return merged(found)
  }

  /// What a parameter stands for besides itself: the newer exporter keeps one of equals without a copy.
  private func standIns(of info: TensorInfo) -> [Parameter] {
    (users[info.name] ?? []).compactMap { user in
      let node = graph.nodes[user]
      let noted = notedParameters(at: node)
      guard !noted.isEmpty, !noted.contains(info.name) else { return nil }
      let absent = noted.filter { stored[$0] == nil }
      let fitting =
        role(of: info.name, in: node).map { role in absent.filter { $0.hasSuffix(role) } } ?? absent
      guard fitting.count == 1 else { return nil }
      return Parameter(
        name: fitting[0], shape: info.shape,
        evidence: "its node is noted to take it, and takes \(info.name), its equal")
    }
  }

  /// What a node's argument is to a layer, where the operator tells.
  private func role(of name: String, in node: GraphNode) -> String? {
    switch node.operation {
    case "LayerNormalization", "Conv", "ConvTranspose", "Gemm":
      node.inputs.firstIndex(of: name) == 1 ? "weight" : node.inputs.firstIndex(of: name) == 2 ? "bias" : nil
    case "Add" where node.sourceOperation.contains("aten.linear"): "bias"
    default: nil
    }
  }

  /// Leaves one of those that have the same name.
  private func merged(_ parameters: [Parameter]) -> [Parameter] {
    var names: Set<String> = []
    return parameters.filter { names.insert($0.name).inserted }
  }

  /// A name that two tensors would have is known of neither.
  private func withoutCollisions(_ found: [String: [Parameter]]) -> [String: [Parameter]] {
    var owners: [String: Set<String>] = [:]
    for (tensor, parameters) in found {
      for parameter in parameters { owners[parameter.name, default: []].insert(tensor) }
    }
    return found.reduce(into: [:]) { result, entry in
      let (tensor, parameters) = entry
      let doubled = parameters.first { (owners[$0.name]?.count ?? 0) > 1 && $0.evidence != nil }
      if let doubled, let info = stored[tensor] {
        result[tensor] = [
          Parameter(
            name: tensor, shape: info.shape, doubt: "it would be \(doubled.name), as another tensor is")
        ]
      } else {
        result[tensor] = parameters
      }
    }
  }

  // MARK: Roles

  private func outcome(of info: TensorInfo, in node: GraphNode) -> Outcome {
    switch node.operation {
    case "MatMul", "Gemm":
      guard node.inputs.count > 1, node.inputs[1] == info.name, info.shape.count == 2 else {
        return .doubtful("it is multiplied from the left, which no linear layer does")
      }
      return linearWeight(info, in: node)
    case "Mul", "Add": return normalization(info, in: node)
    case "Conv", "ConvTranspose", "LayerNormalization", "GroupNormalization":
      return .doubtful("the exporter renamed a parameter of \(node.operation), which may have been changed")
    default: return .constant
    }
  }

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
    if let name = notedName(at: node, role: "weight") {
      guard node.sourceOperation.isEmpty || node.sourceOperation.contains("aten.linear") else {
        return .doubtful("its node was made from another operation than a linear layer")
      }
      readings.append((name, "its node is noted to be that layer's"))
    }
    if readings.isEmpty, let reading = scopedName(at: node, role: "weight") { readings.append(reading) }
    return known(
      readings, shape: isTransposed ? info.shape.reversed() : info.shape, isTransposed: isTransposed)
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
    return known(readings, shape: [info.elementCount], isTransposed: false)
  }

  /// `weight` for what multiplies, `bias` for what is added to, a normalization by groups.
  private func normalizationRole(of info: TensorInfo, in node: GraphNode) -> String? {
    guard let other = node.inputs.first(where: { $0 != info.name }), let before = producer(of: other) else {
      return nil
    }
    if node.operation == "Mul" { return isNormalized(before) ? "weight" : nil }
    guard before.operation == "Mul" else { return nil }
    return before.inputs.contains { producer(of: $0).map(isNormalized) ?? false } ? "bias" : nil
  }

  /// Whether a node puts normalized groups back into the shape that they had.
  private func isNormalized(_ node: GraphNode) -> Bool {
    guard node.operation == "Reshape", let input = node.inputs.first else { return false }
    return producer(of: input)?.operation == "InstanceNormalization"
  }

  private func known(
    _ readings: [(name: String, evidence: String)], shape: [Int], isTransposed: Bool
  ) -> Outcome {
    guard let first = readings.first else {
      return .doubtful("nothing in the graph says which layer it belongs to")
    }
    if let other = readings.first(where: { $0.name != first.name }) {
      return .doubtful("it may be \(first.name) (\(first.evidence)) or \(other.name) (\(other.evidence))")
    }
    let evidence = readings.map(\.evidence).joined(separator: "; ")
    return .known(
      Parameter(
        name: first.name, shape: shape, isTransposed: isTransposed,
        evidence: isTransposed ? "\(evidence); transposed back" : evidence))
  }

  // MARK: Evidence

  /// The bias that is added to a product, and where.
  private func bias(behind node: GraphNode, count: Int) -> (name: String, scope: [String]?)? {
    let isBias = { (name: String) in
      parameterNames.contains(name) && name.hasSuffix("bias") && stored[name]?.shape == [count]
    }
    if node.operation == "Gemm" {
      guard node.inputs.count > 2, isBias(node.inputs[2]) else { return nil }
      return (node.inputs[2], ModuleScopes.scope(of: node))
    }
    guard let output = node.outputs.first, let using = users[output], using.count == 1 else { return nil }
    let next = graph.nodes[using[0]]
    guard next.operation == "Add", let name = next.inputs.first(where: { $0 != output }), isBias(name) else {
      return nil
    }
    return (name, ModuleScopes.scope(of: next))
  }

  /// The parameter that the newer exporter's notes at a node name.
  private func notedName(at node: GraphNode, role: String) -> String? {
    let arguments = notedParameters(at: node).filter { $0.hasSuffix(role) }
    if arguments.count == 1 { return arguments[0] }
    guard arguments.isEmpty, let module = node.nameScopes.dropLast().last, !module.isEmpty else { return nil }
    let name = "\(module).\(role)"
    return graph.signature.isEmpty || graph.signature.values.contains(name) ? name : nil
  }

  /// All parameters that the newer exporter's notes at a node name.
  private func notedParameters(at node: GraphNode) -> [String] {
    argumentNames(ofOperation: node.sourceOperation).compactMap { graph.signature[$0] }
  }

  /// The parameter of the module whose scope is in a node's name.
  private func scopedName(at node: GraphNode, role: String) -> (name: String, evidence: String)? {
    guard let scope = ModuleScopes.scope(of: node), let module = scopes.module(of: scope) else { return nil }
    return ("\(module.name).\(role)", "its node is in /\(scope.joined(separator: "/"))")
  }

  private func producer(of name: String) -> GraphNode? { producers[name].map { graph.nodes[$0] } }
}

/// Whether an exporter made a name up: `onnx::MatMul_951`, `/head/Constant_output_0`, `951`, `val_4`.
func isExportersOwn(_ name: String) -> Bool {
  if name.contains("::") || name.hasPrefix("/") { return true }
  if name.contains(".") { return false }
  let digits = name.reversed().prefix { $0.isNumber }
  guard !digits.isEmpty else { return name.hasPrefix("scalar_tensor_default") }
  return digits.count == name.count || name.dropLast(digits.count).last == "_"
}
