// The error of a model's output.

package import SedgeEvaluation

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
  /// The figures by the ground truth, hits and misses summed over all pictures before they are divided; `nil` without ground truth.
  package var figures: SegmentationFigures?

  /// Mean intersection over union; `nil` without ground truth.
  package var meanIoU: Double? { figures?.miou }
  /// Share of the pixels with the right label; `nil` without ground truth.
  package var pixelAccuracy: Double? { figures?.pacc }
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
  private var totals: ClassTotals

  init(classCount: Int) { totals = ClassTotals(classCount: classCount) }

  /// Adds a picture and the scores of both outputs, which have the same size.
  mutating func add(_ picture: OutputMeasurement.Picture, scores: [Float], expectedScores: [Float]) {
    precondition(scores.count == expectedScores.count)
    labelChanges.append(picture.change.share)
    pixelCount += picture.change.pixels
    addScores(scores, expected: expectedScores)
    if let counts = picture.counts { totals.add(counts) }
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
      figures: totals.pixelCount > 0 ? SegmentationFigures(totals) : nil)
  }
}
