// What a forward pass computed on its way, for comparison and for dumps.

public import SedgeTensor

/// The intermediate results of one forward pass, under the names and in the layouts (NCHW) of SED in PyTorch.
///
/// `input`, `res2`...`res5`, `embedding`, `cost_map`, `cost_embedding`, `aux0`...`aux2`, `alive0`...`alive2` (with
/// early rejection), `decoder1`...`decoder3`, `logits`, `scores`, `labels`.
public final class Taps {
  /// The results in the order they were computed.
  public private(set) var tensors: [(name: String, tensor: Tensor)] = []
  /// Lists of class numbers, in the order they were computed.
  public private(set) var classes: [(name: String, indices: [Int])] = []

  /// What is recorded; `nil` for everything.
  private let names: Set<String>?

  /// Starts with nothing; everything will be recorded.
  public init() { names = nil }

  /// Starts with nothing; only results of these names will be recorded, and nothing is computed for others.
  public init(only names: Set<String>) { self.names = names }

  /// The result of a name, where it was computed.
  public subscript(name: String) -> Tensor? { tensors.first { $0.name == name }?.tensor }

  /// Whether a result of this name is recorded.
  func wants(_ name: String) -> Bool { names?.contains(name) ?? true }

  /// Records a tensor as it is.
  func record(_ name: String, _ tensor: @autoclosure () -> Tensor) {
    if wants(name) { tensors.append((name, tensor())) }
  }

  /// Records which classes are left.
  func record(_ name: String, _ indices: [Int]) {
    if wants(name) { classes.append((name, indices)) }
  }

  /// Records N x H x W x C as N x C x H x W.
  func recordImages(_ name: String, _ tensor: @autoclosure () -> Tensor) {
    record(name, tensor().permuted([0, 3, 1, 2]))
  }

  /// Records T x H x W x 1 as T x H x W.
  func recordScores(_ name: String, _ tensor: @autoclosure () -> Tensor) {
    guard wants(name) else { return }
    let tensor = tensor()
    record(name, tensor.reshaped([tensor.shape[0], tensor.shape[1], tensor.shape[2]]))
  }
}
