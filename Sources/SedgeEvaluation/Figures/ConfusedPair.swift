// The pairs of classes that a model confuses most.

/// Pixels of one class with the label of another.
package struct ConfusedPair: Hashable, Sendable, Codable {
  /// The index of the true class.
  package var truth: Int
  /// The index of the predicted class.
  package var predicted: Int
  /// The number of pixels.
  package var pixels: Int
  /// Their share of the true class's pixels.
  package var share: Double

  /// Creates a pair.
  package init(truth: Int, predicted: Int, pixels: Int, share: Double) {
    (self.truth, self.predicted, self.pixels, self.share) = (truth, predicted, pixels, share)
  }

  /// Finds the pairs with the most pixels, which come first; of equals the one earlier in the list of classes.
  package static func mostConfused(in matrix: ConfusionMatrix, limit: Int) -> [ConfusedPair] {
    let classes = 0..<matrix.classCount
    let pairs = classes.flatMap { truth -> [ConfusedPair] in
      let column = classes.map { matrix[predicted: $0, truth: truth] }
      let total = column.reduce(0, +)
      return classes.filter { $0 != truth && column[$0] > 0 }.map {
        ConfusedPair(
          truth: truth, predicted: $0, pixels: column[$0], share: Double(column[$0]) / Double(total))
      }
    }
    let sorted = pairs.sorted {
      $0.pixels != $1.pixels
        ? $0.pixels > $1.pixels : ($0.truth, $0.predicted) < ($1.truth, $1.predicted)
    }
    return Array(sorted.prefix(limit))
  }
}
