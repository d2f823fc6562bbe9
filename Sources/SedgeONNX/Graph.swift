// An ONNX file without its elements.

internal import SedgeTensor

/// A graph, its tensors, and what was skipped.
struct Graph {
  /// The most nodes that are read: an empty one takes two bytes in the file and hundreds in memory.
  static let maximumNodeCount = 1 << 17

  /// The most tensors that are read, those that `Identity` nodes copy apart: more than any model has.
  static let maximumTensorCount = 1 << 17

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
  /// What the newer exporter notes of constants that it made: a list of the names that each was made from, in Python's notation.
  var origins: [String: String] = [:]
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
