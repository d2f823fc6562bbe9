// Evidence in a graph for the name of a layer.

internal import SedgeTensor

extension NameRecovery {
  /// The bias that is added to a product, and where.
  func bias(behind node: GraphNode, count: Int) -> (name: String, scope: [String]?)? {
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
  func addend(behind node: GraphNode) -> String? {
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
  func notedName(at node: GraphNode, role: String) -> String? {
    let arguments = notedParameters(at: node).filter { $0.hasSuffix(role) }
    if arguments.count == 1 { return arguments[0] }
    guard arguments.isEmpty, let module = node.nameScopes.dropLast().last, !module.isEmpty else { return nil }
    let name = "\(module).\(role)"
    return signatureNames.isEmpty || signatureNames.contains(name) ? name : nil
  }

  /// All parameters that the newer exporter's notes at a node name.
  func notedParameters(at node: GraphNode) -> [String] {
    argumentNames(ofOperation: node.sourceOperation).compactMap { graph.signature[$0] }
  }

  /// The parameter of the module whose scope is in a node's name.
  func scopedName(at node: GraphNode, role: String) -> (name: String, evidence: String)? {
    guard let scope = ModuleScopes.scope(of: node), case .known(let module) = scopes.module(of: scope) else {
      return nil
    }
    return ("\(module).\(role)", "its node is in /\(scope.joined(separator: "/"))")
  }

  func producer(of name: String) -> GraphNode? { producers[name].map { graph.nodes[$0] } }
}
