// The activation that a graph computes.

internal import SedgeTensor

extension NameRecovery {
  /// Whether the graph computes QuickGELU, x · sigmoid(c x) with a number c; SiLU has none.
  var hasQuickGELU: Bool {
    graph.nodes.contains { node in
      guard node.operation == "Sigmoid", let input = node.inputs.first, let output = node.outputs.first,
        let product = producer(of: input), product.operation == "Mul", product.inputs.count == 2,
        product.inputs.contains(where: { stored[$0]?.elementCount == 1 }),
        let value = product.inputs.first(where: { stored[$0] == nil })
      else { return false }
      return (users[output] ?? []).prefix(Self.maximumInputCount).contains {
        graph.nodes[$0].operation == "Mul" && graph.nodes[$0].inputs.prefix(2).contains(value)
      }
    }
  }
}
