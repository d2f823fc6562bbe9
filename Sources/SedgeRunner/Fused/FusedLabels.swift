// Logits to labels at the image's size, on the kernels.

import SedgeOperators
import SedgeTensor

/// Makes labels line by line, so that no class's probabilities are ever there as a whole.
struct FusedLabels {
  let kernels: Kernels
  let workers: Workers

  /// Probabilities at the image's size and the best class of every pixel, the first among equals.
  func callAsFunction(
    _ output: FusedDecoder.Output, classCount: Int, height: Int, width: Int, taps: Taps?
  ) -> Segmentation {
    let (logits, classes) = (output.logits, output.classes)
    workers.run(classes.count) { _, position in
      kernels.sigmoid(logits.buffer, at: logits[position].start, logits.planeCount)
    }
    let kept = Set(classes)
    // A rejected class has probability 0 everywhere, and so has a pixel whose scores are no numbers.
    let fallback = (0..<classCount).first { !kept.contains($0) } ?? classes[0]
    let best = FloatBuffer(count: height * width)
    best.clear(0, best.count)
    let labels = Buffer([Int32](repeating: Int32(fallback), count: height * width))
    let rows = Interpolation.table(from: logits.height, to: height, .halfPixel)
    let widening = Kernels.Widening(
      columns: Interpolation.table(from: logits.width, to: width, .halfPixel).map {
        ($0.lower, $0.upper, $0.weight)
      }, width: logits.width)
    let scratch = (0..<workers.count).map { _ in FloatBuffer(count: logits.width) }
    workers.run(height) { worker, y in
      for (position, index) in classes.enumerated() {
        kernels.keepBest(
          upper: logits[position].line(rows[y].lower), lower: logits[position].line(rows[y].upper),
          of: logits.buffer, weight: rows[y].weight, widening: widening, classIndex: index, best: best,
          labels: labels, at: y * width, scratch: scratch[worker])
      }
    }
    if let taps {
      var scores = Tensor(zeros: [classCount, height, width])
      for (position, index) in classes.enumerated() {
        let plane = ReferenceOperators().resize(
          logits[position].tensor, height: height, width: width, resampling: .halfPixel)
        scores.setImages(index..<index + 1, plane)
      }
      taps.record("scores", scores)
      taps.record("labels", Tensor(shape: [height, width], values: labels.values.map { Float($0) }))
    }
    return Segmentation(
      width: width, height: height, labels: labels.values, bestScores: best.values, classes: classes)
  }
}
