// The error of a model's output.

import SedgeVerification

/// The difference of a model's output from its source's, over some pictures, without early rejection.
package struct OutputError: Hashable, Sendable {
  /// The share of a picture's pixels whose label differs from the source's; the mean over pictures.
  package var labelChange: Double
  /// The largest such share of a picture.
  package var worstLabelChange: Double
  /// The mean absolute difference of scores (0...1), over all classes and pixels.
  package var meanScoreError: Double
  /// The root mean square of the differences of scores over that of the source's scores; infinite where a score is not
  /// finite.
  package var scoreRMS: Double
  /// The largest absolute difference of a score; infinite where one is not finite.
  package var largestScoreError: Double
  /// The number of pictures.
  package var pictureCount: Int
  /// The number of pixels of all pictures.
  package var pixelCount: Int
  /// Intersection over union, the mean over the classes that the ground truth has; hits and misses are summed over all
  /// pictures before they are divided. `nil` without ground truth.
  package var meanIoU: Double?
  /// Share of the pixels with the right label; `nil` without ground truth.
  package var pixelAccuracy: Double?
}

/// The sums over pictures behind an ``OutputError``.
package struct OutputErrorSums {
  private var labelChanges: [Double] = []
  private var pixelCount = 0
  private var scoreCount = 0
  private var absoluteSum = 0.0
  private var squareSum = 0.0
  private var referenceSquareSum = 0.0
  private var largest = 0.0
  private var confusion: Confusion

  init(classCount: Int) { confusion = Confusion(classCount: classCount) }

  /// Adds a picture; the two outputs have the same sizes.
  mutating func add(
    labels: [UInt16], expectedLabels: [UInt16], scores: [Float], expectedScores: [Float], truth: [Int]?
  ) {
    precondition(labels.count == expectedLabels.count && scores.count == expectedScores.count)
    let changed = labels.indices.count { labels[$0] != expectedLabels[$0] }
    labelChanges.append(Double(changed) / Double(max(labels.count, 1)))
    pixelCount += labels.count
    addScores(scores, expected: expectedScores)
    if let truth { confusion.add(labels: labels, truth: truth) }
  }

  private mutating func addScores(_ scores: [Float], expected: [Float]) {
    scoreCount += scores.count
    for i in scores.indices {
      let (expected, actual) = (Double(expected[i]), Double(scores[i]))
      let difference = abs(actual - expected)
      largest = max(largest, difference.isNaN ? .infinity : difference)
      absoluteSum += difference
      squareSum += difference * difference
      referenceSquareSum += expected * expected
    }
  }

  /// The error of all added pictures.
  var error: OutputError {
    let isFinite = largest < .infinity
    return OutputError(
      labelChange: labelChanges.reduce(0, +) / Double(max(labelChanges.count, 1)),
      worstLabelChange: labelChanges.max() ?? 0,
      meanScoreError: isFinite ? absoluteSum / Double(max(scoreCount, 1)) : .infinity,
      scoreRMS: !isFinite ? .infinity : squareSum == 0 ? 0 : (squareSum / referenceSquareSum).squareRoot(),
      largestScoreError: largest, pictureCount: labelChanges.count, pixelCount: pixelCount,
      meanIoU: confusion.meanIoU, pixelAccuracy: confusion.pixelAccuracy)
  }
}

/// Labels and ground truth, counted by class.
private struct Confusion {
  private var truths: [Int]
  private var predictions: [Int]
  private var hits: [Int]

  init(classCount: Int) {
    truths = [Int](repeating: 0, count: classCount)
    (predictions, hits) = (truths, truths)
  }

  /// Counts a picture's pixels; pixels without a class in the ground truth are ignored.
  mutating func add(labels: [UInt16], truth: [Int]) {
    precondition(labels.count == truth.count)
    for (label, truth) in zip(labels, truth) where truths.indices.contains(truth) {
      truths[truth] += 1
      predictions[Int(label)] += 1
      if Int(label) == truth { hits[truth] += 1 }
    }
  }

  var meanIoU: Double? {
    let present = truths.indices.filter { truths[$0] > 0 }
    guard !present.isEmpty else { return nil }
    let shares = present.map { Double(hits[$0]) / Double(truths[$0] + predictions[$0] - hits[$0]) }
    return shares.reduce(0, +) / Double(present.count)
  }

  var pixelAccuracy: Double? {
    let count = truths.reduce(0, +)
    return count == 0 ? nil : Double(hits.reduce(0, +)) / Double(count)
  }
}
