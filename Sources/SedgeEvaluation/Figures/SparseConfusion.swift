// The confusion of one picture.

/// The pixels of one picture, counted by predicted class and true class.
///
/// Only pairs that occur are stored: a picture has few of the classes of a long list.
package struct SparseConfusion: Hashable, Sendable {
  /// The number of pixels of one pair.
  package struct Cell: Hashable, Sendable {
    /// The index of the predicted class.
    package var predicted: Int
    /// The index of the true class, or the number of classes for pixels of no class.
    package var truth: Int
    /// The number of pixels, at least 1.
    package var count: Int

    /// Creates a cell.
    package init(predicted: Int, truth: Int, count: Int) {
      (self.predicted, self.truth, self.count) = (predicted, truth, count)
    }
  }

  /// The cells, ascending by predicted class and then by true class.
  package let cells: [Cell]

  /// Takes cells in any order; a pair that occurs twice traps.
  package init(cells: [Cell]) {
    self.cells = cells.sorted { ($0.predicted, $0.truth) < ($1.predicted, $1.truth) }
    precondition(
      zip(self.cells, self.cells.dropFirst()).allSatisfy {
        ($0.predicted, $0.truth) != ($1.predicted, $1.truth)
      })
  }

  /// Counts the pixels of a picture.
  ///
  /// - Parameters:
  ///   - predictions: The index of a class for each pixel.
  ///   - truth: The index of a class for each pixel, or `classCount` for no class. Any other index traps.
  package init(predictions: [Int32], truth: [Int32], classCount: Int) {
    precondition(predictions.count == truth.count)
    let size = classCount + 1
    var counts = [Int](repeating: 0, count: size * size)
    for (predicted, truth) in zip(predictions, truth) {
      precondition(predicted >= 0 && predicted < classCount && truth >= 0 && truth <= classCount)
      counts[Int(predicted) * size + Int(truth)] += 1
    }
    self.init(
      cells: counts.indices.filter { counts[$0] > 0 }.map {
        Cell(predicted: $0 / size, truth: $0 % size, count: counts[$0])
      })
  }
}
