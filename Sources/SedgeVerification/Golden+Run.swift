// The runs that a golden records, by their names.

import SedgeArchitecture
import SedgeTensor

extension Golden {
  /// One forward pass of a golden.
  ///
  /// `full` has no early rejection, `top8` has it with 8 classes. CAT-Seg's runs are named by two words: one for the classes, and
  /// `plain`, one look at the image; `slide`, sliding windows; `low`, one look at its first rows; `pooled`, one look with pooling 2.
  struct Run {
    /// The start of its results' names, without the dot.
    var name: String
    /// The number of classes that early rejection keeps at a pixel; `nil` without it.
    var topK: Int?
    /// How the image becomes the input; `nil` for the model's default.
    var resizing: ImageResizing?
    /// The pooling before class attention; `nil` for any.
    var pooling: Int?

    /// The run of a tensor; `nil` for a name that is none of a result.
    init?(ofTensor name: String) {
      let parts = name.split(separator: ".", maxSplits: 2).map(String.init)
      guard parts.count > 1 else { return nil }
      if parts[0] == "full" {
        self.name = "full"
        return
      }
      if parts[0].hasPrefix("top"), let k = Int(parts[0].dropFirst(3)), k > 0 {
        (self.name, topK) = (parts[0], k)
        return
      }
      guard parts.count == 3, let kind = Self.kinds[parts[1]] else { return nil }
      self.name = "\(parts[0]).\(parts[1])"
      (resizing, pooling) = kind
    }

    private static let kinds: [String: (resizing: ImageResizing, pooling: Int)] = [
      "plain": (.square, 1), "low": (.square, 1), "pooled": (.square, 2), "slide": (.windows, 1),
    ]
  }
}
