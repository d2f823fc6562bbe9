// The output of a model, without intermediate results.

import SedgeOperators
package import SedgeRunner
package import SedgeTensor

/// The label of every pixel, and the scores of every class.
package struct ModelOutput: Sendable {
  /// H x W, or one for a whole image.
  package var labels: [Int32]
  /// Probabilities, 0...1: T x h x w as the decoder computes them, a quarter of the model's resolution, before they are
  /// brought to the image's size; or T for a whole image.
  package var scores: Tensor
}

extension SegmentationModel {
  /// Segments an image with all classes kept.
  package func output(pixels: [UInt8], height: Int, width: Int, textFeatures: Tensor) -> ModelOutput {
    let taps = Taps(only: ["logits"])
    let segmentation = segment(
      pixels: pixels, height: height, width: width, textFeatures: textFeatures, topK: nil, taps: taps)
    guard var scores = taps["logits"] else { preconditionFailure("a forward pass has logits") }
    for i in scores.values.indices { scores.values[i] = sigmoid(scores.values[i]) }
    return ModelOutput(labels: segmentation.labels, scores: scores)
  }
}

extension ClassificationModel {
  /// Classifies an image, which counts as a single pixel.
  package func output(pixels: [UInt8], height: Int, width: Int, textFeatures: Tensor) -> ModelOutput {
    let classification = classify(pixels: pixels, height: height, width: width, textFeatures: textFeatures)
    let scores = Tensor(
      shape: [classification.probabilities.count], values: classification.probabilities)
    return ModelOutput(labels: [Int32(classification.best)], scores: scores)
  }
}
