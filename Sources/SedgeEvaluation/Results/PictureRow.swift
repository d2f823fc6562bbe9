// What an evaluation finds in one picture.

/// One picture's row: integers, a name, an error.
package struct PictureRow: Hashable, Sendable {
  /// One model's labels of the picture.
  package struct Outcome: Hashable, Sendable {
    /// The counts.
    package var counts: PictureCounts
    /// The number of classes that early rejection kept.
    package var keptClasses: Int
    /// The labels that differ from the reference's; `nil` for a model without one.
    package var change: LabelChange?

    /// Creates an outcome.
    package init(counts: PictureCounts, keptClasses: Int, change: LabelChange?) {
      (self.counts, self.keptClasses, self.change) = (counts, keptClasses, change)
    }
  }

  /// The place in the data set, from 0.
  package var index: Int
  /// The stem of the picture.
  package var name: String
  /// In the order of the models; empty for a failure.
  package var outcomes: [Outcome]
  /// The time of each model's forward pass; empty in a result, which has no times.
  package var microseconds: [Int]
  /// Why the picture could not be evaluated.
  package var error: String?

  /// Creates the row of a picture that was evaluated.
  package init(index: Int, name: String, outcomes: [Outcome], microseconds: [Int]) {
    (self.index, self.name, self.outcomes) = (index, name, outcomes)
    self.microseconds = microseconds
  }

  /// Creates the row of a picture that could not be evaluated.
  package init(index: Int, name: String, error: String) {
    (self.index, self.name, self.error) = (index, name, error)
    (outcomes, microseconds) = ([], [])
  }
}
