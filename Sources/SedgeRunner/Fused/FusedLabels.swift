// Logits to labels at the image's size, on the kernels.

import SedgeOperators
import SedgeTensor

/// Labels computed line by line, without storing the probabilities of any class at full size.
struct FusedLabels {
  let kernels: Kernels
  let workers: Workers

  /// The best class of every pixel, the first among equals, by probability at the image's size.
  func callAsFunction(
    _ output: FusedDecoder.Output, classCount: Int, height: Int, width: Int, taps: Taps?
  ) -> Segmentation {
    let (logits, classes) = (output.logits, output.classes)
    let areNumbers = Buffer([Bool](repeating: true, count: classes.count))
    workers.run(classes.count) { _, position in
      let start = logits[position].start
      kernels.sigmoid(logits.buffer, at: start, logits.planeCount)
      areNumbers[position] = logits.buffer.values(start, logits.planeCount).allSatisfy { !$0.isNaN }
    }
    let kept = Set(classes)
    // The label of pixels without a score above 0: a rejected class, whose probability is 0 everywhere.
    let fallback = (0..<classCount).first { !kept.contains($0) } ?? classes[0]
    let best = FloatBuffer(count: height * width)
    best.clear(0, best.count)
    let labels = Buffer([Int32](repeating: Int32(fallback), count: height * width))
    let rows = Interpolation.table(from: logits.height, to: height, .halfPixel)
    let upsampling = Kernels.LineUpsampling(
      columns: Interpolation.table(from: logits.width, to: width, .halfPixel).map {
        ($0.lower, $0.upper, $0.weight)
      }, width: logits.width)
    let scratch = workers.scratch(for: height) { FloatBuffer(count: logits.width) }
    let keepBest = {
      @Sendable (y: Int, position: Int, worker: Int, best: FloatBuffer, labels: Buffer<Int32>) in
      kernels.keepBest(
        upper: logits[position].line(rows[y].lower), lower: logits[position].line(rows[y].upper),
        of: logits.buffer, weight: rows[y].weight, upsampling: upsampling, classIndex: classes[position],
        best: best,
        labels: labels, at: y * width, scratch: scratch[worker])
    }
    workers.run(height) { worker, y in
      for position in classes.indices { keepBest(y, position, worker, best, labels) }
    }
    if let taps, taps.wants("scores") || taps.wants("labels") {
      var scores = Tensor(zeros: [classCount, height, width])
      for (position, index) in classes.enumerated() {
        // The best scores of a single class are its scores.
        let plane = FloatBuffer(count: height * width)
        plane.clear(0, plane.count)
        let others = Buffer(labels.values)
        for y in 0..<height { keepBest(y, position, 0, plane, others) }
        scores.setImages(index..<index + 1, Tensor(shape: [1, height, width], values: plane.values))
      }
      taps.record("scores", scores)
      taps.record("labels", Tensor(shape: [height, width], values: labels.values.map { Float($0) }))
    }
    return Segmentation(
      width: width, height: height, labels: labels.values, bestScores: best.values, classes: classes,
      scoresAreNumbers: areNumbers.values.allSatisfy(\.self))
  }
}
