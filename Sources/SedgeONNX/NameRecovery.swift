// Finding the names that exporters took from parameters.

internal import SedgeTensor

/// What the parameters of a graph were called in the model that was exported.
///
/// A linear layer's weight is stored transposed under a name of the exporter's, and the scale and shift of a group
/// normalization with two more dimensions. Evidence, where it is there: the bias that is added behind the product
/// (`X.bias` belongs to `X.weight`), the operation that the newer exporter notes at a node, the module's scope in the
/// node's name. All that is there must agree; what is left open is said to be so. So is what a tool may have changed
/// that went over the graph after the exporter. In a graph without parameters of modules nothing gets a name.
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
  private let hasModules: Bool
  private let signatureNames: Set<String>
  private let parameterNames: Set<String>
  private let quantizedNames: Set<String>
  private let stored: [String: TensorInfo]
  private let producers: [String: Int]
  private let users: [String: [Int]]
  private let scopes: ModuleScopes

  /// Looks at a graph.
  ///
  /// - Parameter isQuantized: Whether a tensor is a part of a quantized one, and so no parameter.
  init(_ graph: Graph, isQuantized: (String) -> Bool = { _ in false }) {
    self.graph = graph
    let known = Set(graph.signature.values)
    signatureNames = known
    quantizedNames = Set(graph.tensors.map(\.info.name).filter(isQuantized))
    let candidates = graph.tensors.map(\.info).filter { !isExportersOwn($0.name) && !isQuantized($0.name) }
    let initializerNames = Set(graph.initializers.map(\.info.name))
    // A constant is a parameter's where it has the name of one; exporters and tools have constants of their own.
    let named = candidates.filter { info in
      initializerNames.contains(info.name)
        || (info.elementType.isFloatingPoint && (info.name.contains(".") || !info.shape.isEmpty))
    }
    let hasModules =
      !known.isEmpty || named.contains { $0.name.hasSuffix(".weight") || $0.name.hasSuffix(".bias") }
    self.hasModules = hasModules
    // Where there are no modules, nothing tells parameters from other constants.
    let others = hasModules ? [] : candidates
    // Modules have their parameters behind a dot; those of the model itself are told by their type.
    let isParameter = { (info: TensorInfo) in
      info.name.contains(".") || !hasModules || (known.isEmpty && info.elementType.isFloatingPoint)
    }
    parameterNames = known.intersection(graph.tensors.map(\.info.name))
      .union((named.filter(isParameter) + others).map(\.name))
    stored = Dictionary(
      graph.tensors.map { ($0.info.name, $0.info) }, uniquingKeysWith: { first, _ in first })
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
    for tensor in graph.tensors where !quantizedNames.contains(tensor.info.name) {
      let parameters = parameters(of: tensor.info)
      let isListed = !parameters.isEmpty || hasModules
      found[tensor.info.name] =
        isListed ? parameters : [Parameter(name: tensor.info.name, shape: tensor.info.shape)]
    }
    found = found.filter { !$0.value.isEmpty }
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
      guard node.inputs.count <= Self.maximumInputCount else { return nil }
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
  private static let maximumInputCount = 16

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

  /// Why a scope does not tell the layer.
  private func doubt(about scope: [String]?) -> String {
    guard let scope, case .open(let names?) = scopes.module(of: scope) else {
      return "nothing in the graph says which layer it belongs to"
    }
    let text = "/" + scope.joined(separator: "/")
    return names.isEmpty
      ? "its node's scope \(text) contradicts those of other layers"
      : "its node's scope \(text) may be any of \(names.joined(separator: ", "))"
  }

  // MARK: Evidence

  /// The bias that is added to a product, and where.
  private func bias(behind node: GraphNode, count: Int) -> (name: String, scope: [String]?)? {
    let isBias = { (name: String) in
      parameterNames.contains(name) && (name.hasSuffix(".bias") || name.hasSuffix("in_proj_bias"))
        && stored[name]?.shape == [count]
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

  /// A tensor of the file that is added to a product.
  private func addend(behind node: GraphNode) -> String? {
    if node.operation == "Gemm" {
      return node.inputs.count > 2 && !node.inputs[2].isEmpty ? node.inputs[2] : nil
    }
    guard let output = node.outputs.first else { return nil }
    for user in (users[output] ?? []).prefix(Self.maximumInputCount)
    where graph.nodes[user].operation == "Add" && graph.nodes[user].inputs.count == 2 {
      if let other = graph.nodes[user].inputs.first(where: { stored[$0] != nil }) { return other }
    }
    return nil
  }

  /// The parameter that the newer exporter's notes at a node name.
  private func notedName(at node: GraphNode, role: String) -> String? {
    let arguments = notedParameters(at: node).filter { $0.hasSuffix(role) }
    if arguments.count == 1 { return arguments[0] }
    guard arguments.isEmpty, let module = node.nameScopes.dropLast().last, !module.isEmpty else { return nil }
    let name = "\(module).\(role)"
    return signatureNames.isEmpty || signatureNames.contains(name) ? name : nil
  }

  /// All parameters that the newer exporter's notes at a node name.
  private func notedParameters(at node: GraphNode) -> [String] {
    argumentNames(ofOperation: node.sourceOperation).compactMap { graph.signature[$0] }
  }

  /// The parameter of the module whose scope is in a node's name.
  private func scopedName(at node: GraphNode, role: String) -> (name: String, evidence: String)? {
    guard let scope = ModuleScopes.scope(of: node), case .known(let module) = scopes.module(of: scope) else {
      return nil
    }
    return ("\(module).\(role)", "its node is in /\(scope.joined(separator: "/"))")
  }

  private func producer(of name: String) -> GraphNode? { producers[name].map { graph.nodes[$0] } }
}

/// Whether an exporter, or a tool that went over the graph, made a name up.
func isExportersOwn(_ name: String) -> Bool {
  if isExporters(name) || isFused(name) || name.hasPrefix("_") || name.contains("::") || name.hasPrefix("/") {
    return true
  }
  if name.contains(".") { return false }
  let stem = name.hasSuffix("_weight") ? name.dropLast(7) : name[...]
  let digits = stem.reversed().prefix { $0.isNumber }
  return stem.dropLast(digits.count).last == "_" && !digits.isEmpty || stem.hasPrefix("scalar_tensor_default")
}

/// Whether a name is one that exporters of PyTorch make up: `onnx::MatMul_951`, `951`, `val_4`, or a node's output.
private func isExporters(_ name: String) -> Bool {
  let digits = name.reversed().prefix { $0.isNumber }
  let stem = name.dropLast(digits.count)
  guard !digits.isEmpty else { return false }
  return stem.isEmpty || stem == "val_" || (stem.hasPrefix("onnx::") && stem.hasSuffix("_"))
    || (stem.hasPrefix("/") && stem.hasSuffix("_output_"))
}

/// Whether a name says that a tool has made one tensor of several.
private func isFused(_ name: String) -> Bool { name.hasSuffix("_fused") }
