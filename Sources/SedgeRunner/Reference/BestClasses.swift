// The best class of every pixel, from the scores of one class after another.

import SedgeTensor

/// The class with the highest score at every pixel so far, the first among equals.
struct BestClasses {
  private(set) var labels: [Int32]
  private(set) var scores: [Float]

  /// - Parameter fallback: The label of pixels without a score above 0.
  init(pixels: Int, fallback: Int) {
    labels = [Int32](repeating: Int32(fallback), count: pixels)
    scores = [Float](repeating: 0, count: pixels)
  }

  /// Takes a class's scores.
  mutating func take(_ values: [Float], of index: Int) {
    for (pixel, score) in values.enumerated()
    where score > scores[pixel] || (score == scores[pixel] && index < labels[pixel]) {
      scores[pixel] = score
      labels[pixel] = Int32(index)
    }
  }
}
