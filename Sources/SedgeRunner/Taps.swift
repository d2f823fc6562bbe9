// The intermediate results of a forward pass, for comparison and dumps.

package import SedgeTensor

/// The intermediate results of one forward pass, under the names and in the layouts (NCHW) of the models in PyTorch.
///
/// SED: `input`, `res2`...`res5`, `embedding`, `cost_map`, `cost_embedding`, `aux0`...`aux2`, `alive0`...`alive2` (with
/// early rejection), `decoder1`...`decoder3`, `logits`, `scores`, `labels`.
///
/// CAT-Seg: `input`, `tokens`, `guide0`, `guide1`, `last_block`, `embedding`, `res4`, `res5`, `cost_map`, `kept` (where classes are left
/// out), `cost_embedding`, `guidance`, `text_guidance`, `layer0.block_1`, `layer0.block_2`, `layer0`, ..., `decoder_guidance1`,
/// `decoder1`, ..., `logits`; in windows each under `window0.`...`window4.`, then `windows_mean`, `whole`, `canvas`; `scores`, `labels`.
package final class Taps {
  /// The results, in the order of their computation.
  package private(set) var tensors: [(name: String, tensor: Tensor)] = []
  /// Lists of class indices, in the order of their computation.
  package private(set) var classes: [(name: String, indices: [Int])] = []

  /// The names that are recorded; `nil` for all.
  private let names: Set<String>?
  /// Where results are recorded, and what their names start with there; `nil` for here.
  private let parent: (taps: Taps, prefix: String)?

  /// Records all results.
  package init() { (names, parent) = (nil, nil) }

  /// Records results of these names; the others are not computed.
  package init(only names: Set<String>) { (self.names, parent) = (names, nil) }

  private init(in parent: Taps, under prefix: String) { (names, self.parent) = (nil, (parent, prefix)) }

  /// Taps that record here, under names with a prefix.
  func under(_ prefix: String) -> Taps { Taps(in: self, under: prefix) }

  /// The recorded result of a name; `nil` where there is none.
  package subscript(name: String) -> Tensor? { tensors.first { $0.name == name }?.tensor }

  /// Whether results of this name are recorded.
  package func wants(_ name: String) -> Bool {
    if let parent { return parent.taps.wants(parent.prefix + name) }
    return names?.contains(name) ?? true
  }

  /// Records a tensor.
  func record(_ name: String, _ tensor: @autoclosure () -> Tensor) {
    guard wants(name) else { return }
    if let parent { return parent.taps.record(parent.prefix + name, tensor()) }
    tensors.append((name, tensor()))
  }

  /// Records the classes that early rejection keeps.
  func record(_ name: String, _ indices: [Int]) {
    guard wants(name) else { return }
    if let parent { return parent.taps.record(parent.prefix + name, indices) }
    classes.append((name, indices))
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
