// What a forward pass computed on its way, for comparison and for dumps.

public import SedgeTensor

/// Every intermediate result of one forward pass, under the names and in the layouts (NCHW) of SED in PyTorch.
///
/// `input`, `res2`...`res5`, `embedding`, `cost_map`, `cost_embedding`, `aux0`...`aux2`, `alive0`...`alive2` (with
/// early rejection), `decoder1`...`decoder3`, `logits`, `scores`, `labels`.
public final class Taps {
  /// The results in the order they were computed.
  public private(set) var tensors: [(name: String, tensor: Tensor)] = []
  /// Lists of class numbers, in the order they were computed.
  public private(set) var classes: [(name: String, indices: [Int])] = []

  /// Starts with nothing.
  public init() {}

  /// The result of a name, where it was computed.
  public subscript(name: String) -> Tensor? { tensors.first { $0.name == name }?.tensor }

  /// Records a tensor as it is.
  func record(_ name: String, _ tensor: Tensor) { tensors.append((name, tensor)) }

  /// Records which classes are left.
  func record(_ name: String, _ indices: [Int]) { classes.append((name, indices)) }

  /// Records N x H x W x C as N x C x H x W.
  func recordImages(_ name: String, _ tensor: Tensor) { record(name, tensor.permuted([0, 3, 1, 2])) }

  /// Records T x H x W x 1 as T x H x W.
  func recordScores(_ name: String, _ tensor: Tensor) {
    record(name, tensor.reshaped([tensor.shape[0], tensor.shape[1], tensor.shape[2]]))
  }
}
