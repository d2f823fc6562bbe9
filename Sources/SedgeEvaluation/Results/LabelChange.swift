// The labels of one model against those of another.

/// The pixels whose label differs from the reference's.
package struct LabelChange: Hashable, Sendable, Codable {
  /// All pixels, those of no class among them.
  package var pixels: Int
  /// Pixels with another label than the reference's.
  package var changed: Int
  /// Pixels that the model labels right and the reference wrong.
  package var toward: Int
  /// Pixels that the model labels wrong and the reference right.
  package var away: Int

  /// No pixel.
  package static let zero = LabelChange(pixels: 0, changed: 0, toward: 0, away: 0)

  /// Creates counts.
  package init(pixels: Int, changed: Int, toward: Int, away: Int) {
    (self.pixels, self.changed, self.toward, self.away) = (pixels, changed, toward, away)
  }

  /// Counts the pixels of one picture.
  ///
  /// - Parameters:
  ///   - labels: The class of each pixel.
  ///   - reference: The class by the reference.
  ///   - truth: The true class; of pixels of no class, an index that no label has.
  package init(labels: [Int32], reference: [Int32], truth: [Int32]) {
    precondition(labels.count == reference.count && labels.count == truth.count)
    self = .zero
    pixels = labels.count
    for index in labels.indices where labels[index] != reference[index] {
      changed += 1
      if labels[index] == truth[index] { toward += 1 }
      if reference[index] == truth[index] { away += 1 }
    }
  }

  /// The share of changed labels.
  package var share: Double { Double(changed) / Double(max(pixels, 1)) }

  /// Adds the pixels of another picture.
  package static func += (sum: inout LabelChange, change: LabelChange) {
    sum.pixels += change.pixels
    sum.changed += change.changed
    sum.toward += change.toward
    sum.away += change.away
  }
}
