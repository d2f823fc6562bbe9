// The reference forward pass.

import SedgeOperators
import SedgeTensor

/// SED's forward pass, operator by operator.
final class ReferencePass: ForwardPass {
  private let operators: any Operators
  private let imageEncoder: ConvNeXtEncoder
  private let decoder: Decoder
  private let normalizesText: Bool

  init(_ encoder: ConvNeXtEncoder, _ decoder: Decoder, normalizesText: Bool, operators: any Operators) {
    imageEncoder = encoder
    self.decoder = decoder
    self.normalizesText = normalizesText
    self.operators = operators
  }

  func callAsFunction(
    _ input: Tensor, height: Int, width: Int, text: Tensor, topK: Int?, taps: Taps?, times: StageTimes?
  ) -> Segmentation {
    let features = times.measure("image encoder") { imageEncoder(input, operators) }
    for (index, stage) in features.stages.enumerated() { taps?.recordImages("res\(index + 2)", stage) }
    taps?.recordImages("embedding", features.embedding)
    let (logits, classes) = times.measure("decoder") {
      decoder(features, text: text, normalizesText: normalizesText, topK: topK, operators, taps: taps)
    }
    return times.measure("labels") {
      label(logits, classes: classes, classCount: text.shape[0], height: height, width: width, taps: taps)
    }
  }

  func embedding(of input: Tensor) -> Tensor { imageEncoder(input, operators).embedding }

  /// Probabilities at the image's size, class by class, and the best class of every pixel, the first among equals.
  private func label(
    _ logits: Tensor, classes: [Int], classCount: Int, height: Int, width: Int, taps: Taps?
  ) -> Segmentation {
    let kept = Set(classes)
    // The label of pixels without a score above 0: a rejected class, whose probability is 0 everywhere.
    let firstRejected = (0..<classCount).first { !kept.contains($0) }
    var best = BestClasses(pixels: height * width, fallback: firstRejected ?? classes[0])
    var scores = taps?.wants("scores") != true ? nil : Tensor(zeros: [classCount, height, width])
    for (position, index) in classes.enumerated() {
      var plane = logits.images(position..<position + 1)
      for i in plane.values.indices { plane.values[i] = sigmoid(plane.values[i]) }
      let full = operators.resize(plane, height: height, width: width, resampling: .halfPixel)
      best.take(full.values, of: index)
      scores?.setImages(index..<index + 1, full)
    }
    if let scores { taps?.record("scores", scores) }
    taps?.record("labels", Tensor(shape: [height, width], values: best.labels.map { Float($0) }))
    return Segmentation(
      width: width, height: height, labels: best.labels, bestScores: best.scores, classes: classes,
      scoresAreNumbers: logits.values.allSatisfy { !$0.isNaN })
  }
}
