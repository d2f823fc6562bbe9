// The difference of one result from another.

/// How far a model's labels and scores are from its source's, over some pictures.
public struct ResultChange: Hashable, Sendable, Codable {
  /// The share of the pixels with another label; the mean over pictures.
  public var labels: Double
  /// The root mean square of the differences of scores, over that of the source's scores or, where that is smaller,
  /// ``Thresholds/scoreFloor(classCount:)``.
  public var scores: Double

  /// Collects the figures.
  public init(labels: Double, scores: Double) {
    self.labels = labels
    self.scores = scores
  }
}
