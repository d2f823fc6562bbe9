// The scores of classes at the size that the network computes them in.

import SedgeArchitecture
import SedgeOperators
package import SedgeRunner
package import SedgeTensor

extension Taps {
  /// The results that ``networkScores(of:)`` needs to be recorded.
  package static let networkScoreNames: Set = ["logits", "canvas"]

  /// The scores, 0...1, of the classes that were kept: T x h x w; `nil` where they were not recorded.
  ///
  /// Those of SED and of one look of CAT-Seg are sigmoids at a quarter of the input's size, those of windows are on their canvas, those of
  /// CLIP alone are shares of the softmax at the size of its last features.
  package func networkScores(of kind: SedgeModel.Kind) -> Tensor? {
    if let canvas = self["canvas"] { return canvas }
    guard var scores = self["logits"] else { return nil }
    guard kind == .clip else {
      for i in scores.values.indices { scores.values[i] = sigmoid(scores.values[i]) }
      return scores
    }
    let (classes, pixels) = (scores.shape[0], scores.count / max(scores.shape[0], 1))
    for pixel in 0..<pixels {
      let places = (0..<classes).map { $0 * pixels + pixel }
      let largest = places.map { scores.values[$0] }.max() ?? 0
      let powers = places.map { exponential(scores.values[$0] - largest) }
      let sum = powers.reduce(0.0) { $0 + Double($1) }
      for (place, power) in zip(places, powers) { scores.values[place] = Float(Double(power) / sum) }
    }
    return scores
  }
}
