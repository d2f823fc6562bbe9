// The cost map of SED and CAT-Seg.

import SedgeOperators
import SedgeTensor

extension Operators {
  /// The cosine of each pixel's embedding with each of a class's prompts: 1 x h x w x D and T x P x D to T x h x w x P.
  ///
  /// - Parameter text: Unit vectors.
  func costMap(_ embedding: Tensor, text: Tensor) -> Tensor {
    let (height, width) = (embedding.shape[1], embedding.shape[2])
    let (classes, prompts, channels) = (text.shape[0], text.shape[1], text.shape[2])
    let cosines = linear(
      normalizeLength(embedding), weight: text.reshaped([classes * prompts, channels]), bias: nil,
      activation: .identity)
    return cosines.reshaped([height * width, classes, prompts]).permuted([1, 0, 2])
      .reshaped([classes, height, width, prompts])
  }
}
