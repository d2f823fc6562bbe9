// Queries, keys and values that an exporter took apart, found by the product of attention.

internal import SedgeTensor

extension NameRecovery {
  /// Parameters of attention, by the names of their tensors in the graph.
  ///
  /// A module with a matrix for each of queries, keys and values has one bias for all three, of which exporters make constants of
  /// their own. What each is follows from softmax(queries x keys) x values in front of `X.out_proj`; in a block without
  /// attention, values alone go there.
  func attentionParameters() -> [(tensor: String, parameter: Parameter)] {
    var found: [(tensor: String, parameter: Parameter)] = []
    var patterns: Set<String> = []
    var others: [(module: String, values: Linear)] = []
    for node in graph.nodes where ["MatMul", "Gemm"].contains(node.operation) {
      guard let module = attentionModule(of: node), let first = node.inputs.first else { continue }
      if let values = linear(behind: first) {
        others.append((module, values))
      } else if let parts = attention(behind: first) {
        let parameters = zip(["q", "k", "v"], parts).flatMap { named($0, of: $1, in: module) }
        found += parameters
        if !parameters.isEmpty { patterns.insert(Self.pattern(of: module)) }
      }
    }
    for (module, values) in others where patterns.contains(Self.pattern(of: module)) {
      found += named("v", of: values, in: module)
    }
    return found
  }

  /// A linear layer whose bias is one of three that were one.
  private struct Linear {
    var weight: TensorInfo
    /// The constant that the exporter made of a part of the bias; `nil` where the graph splits the bias.
    var bias: TensorInfo?
    /// Which part of which bias the graph adds, where it splits one.
    var split: (name: String, index: Int)?
    var scope: [String]?
  }

  /// The module, with a dot, whose `out_proj` a product is of.
  private func attentionModule(of node: GraphNode) -> String? {
    guard node.inputs.count > 1, let shape = stored[node.inputs[1]]?.shape, shape.count == 2,
      let bias = bias(behind: node, count: shape[node.transposesB ? 0 : 1]),
      bias.name.hasSuffix(".out_proj.bias")
    else { return nil }
    return String(bias.name.dropLast("out_proj.bias".count))
  }

  /// Queries, keys and values of the attention whose result a value is.
  private func attention(behind name: String) -> [Linear]? {
    guard let product = node(behind: name, passing: Self.reshaping, where: { $0.operation == "MatMul" }),
      product.inputs.count == 2,
      let softmax = node(
        behind: product.inputs[0], passing: Self.reshaping, where: { $0.operation == "Softmax" }),
      let scores = softmax.inputs.first.flatMap({ input in
        node(behind: input, passing: Self.scaling.union(["Add"])) { node in
          node.operation == "MatMul" && node.inputs.count == 2
            && node.inputs.allSatisfy { stored[$0] == nil }
        }
      })
    else { return nil }
    let parts = [scores.inputs[0], scores.inputs[1], product.inputs[1]].compactMap { linear(behind: $0) }
    return parts.count == 3 && Set(parts.map(\.weight.name)).count == 3 ? parts : nil
  }

  /// The linear layer whose result, scaled and in another order, a value is.
  private func linear(behind name: String) -> Linear? {
    let isLinear = { (node: GraphNode) in linear(node) != nil }
    return node(behind: name, passing: Self.scaling, where: isLinear).flatMap { linear($0) }
  }

  private func linear(_ node: GraphNode) -> Linear? {
    guard node.operation == "Add", node.inputs.count == 2 else { return nil }
    for (input, bias) in [(node.inputs[0], node.inputs[1]), (node.inputs[1], node.inputs[0])] {
      guard let product = producer(of: input), product.operation == "MatMul", product.inputs.count == 2,
        let weight = stored[product.inputs[1]], weight.shape.count == 2, isExporters(weight.name),
        product.sourceOperation.isEmpty
      else { continue }
      let scope = ModuleScopes.scope(of: node)
      if let info = stored[bias] {
        guard isExporters(bias), info.shape == [weight.shape[1]] else { return nil }
        return Linear(weight: weight, bias: info, scope: scope)
      }
      guard let split = producer(of: bias), split.operation == "Split", let whole = split.inputs.first,
        split.outputs.count == 3, let index = split.outputs.firstIndex(of: bias)
      else { return nil }
      return Linear(weight: weight, split: (whole, index), scope: scope)
    }
    return nil
  }

  private func named(
    _ part: String, of layer: Linear, in module: String
  ) -> [(tensor: String, parameter: Parameter)] {
    let name = "\(module)\(part)_proj_weight"
    guard signatureNames.isEmpty || signatureNames.contains(name) else { return [] }
    if let split = layer.split {
      guard split.name == "\(module)in_proj_bias", ["q", "k", "v"][split.index] == part else { return [] }
    }
    let kind = ["q": "queries", "k": "keys"][part] ?? "values"
    let evidence = "its product is the \(kind) in front of \(module)out_proj"
    let weight = Parameter(
      name: name, shape: layer.weight.shape.reversed(), isTransposed: true,
      evidence: "\(layer.weight.name) in the file; \(evidence); transposed back")
    let bias = layer.bias.map { info in
      (
        tensor: info.name,
        parameter: Parameter(
          name: "\(module)\(part)_proj_bias", shape: info.shape,
          evidence: "\(info.name) in the file; it is added where \(evidence)")
      )
    }
    return [(layer.weight.name, weight)] + (bias.map { [$0] } ?? [])
  }

  /// A name with its numbers left out: that of all blocks alike.
  private static func pattern(of name: String) -> String { name.filter { !$0.isNumber } }

  // MARK: Ways through the graph

  /// Operators that keep elements and change their order or shape.
  static let reshaping: Set<String> = [
    "Cast", "Flatten", "Identity", "Reshape", "Squeeze", "Transpose", "Unsqueeze",
  ]
  /// Those, and operators that scale.
  static let scaling: Set<String> = reshaping.union(["Div", "Mul"])

  /// Chains are short; of two operands one is a number.
  private static let maximumStepCount = 64

  /// The only node that a value comes from through operators of some kinds, and that is one looked for.
  func node(
    behind name: String, passing operations: Set<String>, where isGoal: (GraphNode) -> Bool
  ) -> GraphNode? {
    var open = [name]
    var goal: Int?
    for _ in 0..<Self.maximumStepCount {
      guard let name = open.popLast() else { return goal.map { graph.nodes[$0] } }
      guard let index = producers[name] else { continue }
      let node = graph.nodes[index]
      if isGoal(node) {
        if let goal, goal != index { return nil }
        goal = index
      } else if operations.contains(node.operation) {
        let isOfSeveral = ["Add", "Div", "Mul"].contains(node.operation)
        open += node.inputs.prefix(isOfSeveral ? 2 : 1)
      }
    }
    return nil
  }
}
