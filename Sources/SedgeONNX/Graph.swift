// What an ONNX file holds, without its elements.

internal import SedgeTensor

/// One operator of a graph.
struct GraphNode {
  /// The operator, such as `MatMul`.
  var operation = ""
  /// The node's name; exporters of PyTorch's older kind put the module's scope in it.
  var name = ""
  /// Names of what it takes, empty where left out.
  var inputs: [String] = []
  /// Names of what it gives.
  var outputs: [String] = []
  /// Whether the attribute `transB` is set.
  var transposesB = false
  /// `pkg.torch.onnx.name_scopes`: the modules around the operation, outermost first, and its own name last.
  var nameScopes: [String] = []
  /// `pkg.torch.onnx.fx_node`: the operation of PyTorch that the node was made from.
  var sourceOperation = ""
}

/// A graph, its tensors, and what was passed over.
struct Graph {
  /// Nodes in the file's order.
  var nodes: [GraphNode] = []
  /// The graph's initializers in the file's order.
  var initializers: [StoredTensor] = []
  /// The tensors of `Constant` nodes, named by what these give.
  var constants: [StoredTensor] = []
  /// Tensors that nodes of kind `Identity` make of others, by name; exporters keep one of equals and copy it so.
  var copies: [String: String] = [:]
  /// Names of parameters and buffers by what the exporter calls them in `GraphNode.sourceOperation`.
  var signature: [String: String] = [:]
  /// The model's `metadata_props`, those that are short.
  var metadata: [String: String] = [:]
  /// The tensors of `Constant` nodes that functions of the file have.
  var functionConstants: [StoredTensor] = []
  /// Whether ONNX Runtime wrote the file after its optimizations.
  var isOptimized = false
  /// Tensors of types that are not read, and why.
  var skipped: [SkippedObject] = []
  /// What else the file has and is not read.
  var notes: [String] = []

  /// All tensors that the file has elements of.
  var tensors: [StoredTensor] { initializers + constants + functionConstants }
}
