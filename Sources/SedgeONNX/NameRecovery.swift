// Recovery of parameter names that exporters dropped.

internal import SedgeTensor

/// The names that the parameters of a graph had in the exported model.
///
/// A linear layer's weight is stored transposed under a name of the exporter's, and the scale and shift of a group
/// normalization with two more dimensions. Evidence, where it is there: the bias that is added behind the product
/// (`X.bias` belongs to `X.weight`), the operation that the newer exporter notes at a node, the module's scope in the
/// node's name. All evidence must agree; a name that stays open is reported as such, and so is a tensor that a tool may have
/// changed after the export. Parameters that are no layer's weight or bias are known by their place among layers that are known:
/// the parts of attention, embeddings of tokens and positions. In a graph without parameters of modules no name is recovered.
struct NameRecovery {
  /// A parameter under the name that it had.
  struct Parameter {
    var name: String
    var shape: [Int]
    var isTransposed = false
    /// The tensor that is the first row, where the rest is a transposed map of another.
    var firstRow: String?
    /// Whether the tensor has the parameter many times, row after row.
    var isRepeated = false
    /// How the name is known, `nil` where the file has it.
    var evidence: String?
    /// Why the name is not known, where it is not.
    var doubt: String?
  }

  enum Outcome {
    case known(Parameter)
    case doubtful(String)
    case constant
  }

  let graph: Graph
  private let hasModules: Bool
  let signatureNames: Set<String>
  let parameterNames: Set<String>
  private let quantizedNames: Set<String>
  let stored: [String: TensorInfo]
  let producers: [String: Int]
  let users: [String: [Int]]
  let scopes: ModuleScopes
  /// The nodes that repeat a tensor, by their scope.
  let expansions: [[String]: [GraphNode]]

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
    // Without modules, parameters cannot be distinguished from other constants.
    let others = hasModules ? [] : candidates
    // Modules have their parameters behind a dot; those of the model itself are known by their type.
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
    expansions = Dictionary(
      grouping: graph.nodes.filter { $0.operation == "Expand" }, by: { ModuleScopes.scope(of: $0) ?? [] })
  }

  /// The parameters by the tensors' names in the graph; all other tensors are constants.
  func parameters() -> [String: [Parameter]] {
    var placed: [String: [Parameter]] = [:]
    for (tensor, parameter) in hasModules ? attentionParameters() + tokenParameters() + notedOrigins() : [] {
      placed[tensor, default: []].append(parameter)
    }
    var found: [String: [Parameter]] = [:]
    for tensor in graph.tensors where !quantizedNames.contains(tensor.info.name) {
      let parameters = parameters(of: tensor.info, placed: placed[tensor.info.name] ?? [])
      let isListed = !parameters.isEmpty || hasModules
      found[tensor.info.name] =
        isListed ? parameters : [Parameter(name: tensor.info.name, shape: tensor.info.shape)]
    }
    found = found.filter { !$0.value.isEmpty }
    return withoutCollisions(found)
  }

  /// What one tensor is; several parameters where the exporter kept one copy of equals.
  ///
  /// - Parameter placed: What it is by its place among layers.
  private func parameters(of info: TensorInfo, placed: [Parameter]) -> [Parameter] {
    var found: [Parameter] = []
    var doubts: [String] = []
    if parameterNames.contains(info.name) {
      let original = graph.copies[info.name].map { "the graph copies it from \($0)" }
      found.append(Parameter(name: info.name, shape: info.shape, evidence: original))
      found += standIns(of: info)
    } else if !placed.isEmpty {
      return merged(placed)
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

  /// The role of a node's argument in a layer, if the operator determines it.
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
    // The names of one tensor's parameters differ.
    var ownerCounts: [String: Int] = [:]
    for parameters in found.values {
      for parameter in parameters { ownerCounts[parameter.name, default: 0] += 1 }
    }
    return found.reduce(into: [:]) { result, entry in
      let (tensor, parameters) = entry
      let doubled = parameters.first { (ownerCounts[$0.name] ?? 0) > 1 && $0.evidence != nil }
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
}
