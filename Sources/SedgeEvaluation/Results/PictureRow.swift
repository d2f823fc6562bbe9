// What an evaluation finds in one picture.

/// One picture's row: integers alone, besides the time.
package struct PictureRow: Hashable, Sendable, Codable {
  /// One model's labels of the picture.
  package struct Outcome: Hashable, Sendable, Codable {
    /// The counts.
    package var counts: PictureCounts
    /// The number of classes that early rejection kept.
    package var kept: Int
    /// The labels that differ from the first model's; `nil` for that itself.
    package var change: EvaluationResult.LabelChange?

    /// Creates an outcome.
    package init(counts: PictureCounts, kept: Int, change: EvaluationResult.LabelChange?) {
      (self.counts, self.kept, self.change) = (counts, kept, change)
    }
  }

  /// The place in the data set, from 0.
  package var index: Int
  /// The stem of the picture.
  package var name: String
  /// In the order of the models; empty for a failure.
  package var models: [Outcome]
  /// The seconds of each model's forward pass.
  package var seconds: [Double]
  /// Why the picture could not be evaluated.
  package var error: String?
}

extension PictureCounts: Codable {
  private enum CodingKeys: CodingKey { case confusion, boundary }

  /// Arrays of integers: `[predicted, truth, count]`, `[label, intersection, predicted, truth]`.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(confusion.cells.map { [$0.predicted, $0.truth, $0.count] }, forKey: .confusion)
    try container.encode(
      boundaries.map { [$0.label, $0.intersection, $0.predicted, $0.truth] }, forKey: .boundary)
  }

  /// Reads what ``encode(to:)`` writes.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let cells = try container.decode([[Int]].self, forKey: .confusion)
    let boundaries = try container.decode([[Int]].self, forKey: .boundary)
    guard cells.allSatisfy({ $0.count == 3 && $0.allSatisfy { $0 >= 0 } && $0[2] > 0 }),
      Set(cells.map { [$0[0], $0[1]] }).count == cells.count,
      boundaries.allSatisfy({ $0.count == 4 && $0.allSatisfy { $0 >= 0 } })
    else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "counts are not as written"))
    }
    self.init(
      confusion: SparseConfusion(
        cells: cells.map { .init(predicted: $0[0], truth: $0[1], count: $0[2]) }),
      boundaries: boundaries.map {
        BoundaryCount(label: $0[0], intersection: $0[1], predicted: $0[2], truth: $0[3])
      })
  }
}
