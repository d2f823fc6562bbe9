// One operator of an ONNX graph.

/// One operator of a graph.
struct GraphNode {
  /// The operator, such as `MatMul`.
  var operation = ""
  /// The node's name; exporters of PyTorch's older kind put the module's scope in it.
  var name = ""
  /// Names of its inputs, empty where omitted.
  var inputs: [String] = []
  /// Names of its outputs.
  var outputs: [String] = []
  /// Whether the attribute `transB` is set.
  var transposesB = false
  /// `pkg.torch.onnx.name_scopes`: the modules around the operation, outermost first, and its own name last.
  var nameScopes: [String] = []
  /// `pkg.torch.onnx.fx_node`: the operation of PyTorch that the node was made from.
  var sourceOperation = ""
}
