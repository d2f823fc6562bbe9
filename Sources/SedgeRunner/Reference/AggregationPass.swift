// The forward pass of CAT-Seg: in windows, or in one look.

import SedgeArchitecture
import SedgeOperators
import SedgeTensor

/// CAT-Seg's forward pass.
final class AggregationPass: ForwardPass {
  private let operators: any Operators
  private let encoder: VisionTransformerEncoder
  private let aggregation: CostAggregation
  private let normalizesText: Bool
  private let windows: SlidingWindows

  init(
    _ encoder: VisionTransformerEncoder, _ aggregation: CostAggregation, normalizesText: Bool,
    windows: SlidingWindows, operators: any Operators
  ) {
    self.encoder = encoder
    self.aggregation = aggregation
    self.normalizesText = normalizesText
    self.windows = windows
    self.operators = operators
  }

  /// - Parameter input: 1 x R x R x 3, the image in one look, or 5 x R x R x 3: four windows and the whole image.
  func callAsFunction(
    _ input: Tensor, height: Int, width: Int, text: Tensor, topK: Int?, taps: Taps?, times: StageTimes?
  ) -> Segmentation {
    let results = (0..<input.shape[0]).map { index in
      window(
        input.images(index..<index + 1), text: text,
        taps: input.shape[0] == 1 ? taps : taps?.under("window\(index)."), times: times)
    }
    return times.measure("labels") {
      label(results, classCount: text.shape[0], height: height, width: width, taps: taps)
    }
  }

  private func window(_ input: Tensor, text: Tensor, taps: Taps?, times: StageTimes?) -> WindowLogits {
    let features = times.measure("image encoder") { encoder.dense(input, operators) }
    taps?.record("tokens", features.tokens)
    for (index, guide) in features.guidance.enumerated() { taps?.recordImages("guide\(index)", guide) }
    taps?.record("last_block", features.lastBlock)
    taps?.recordImages("embedding", features.embedding)
    let (logits, classes) = times.measure("decoder") {
      aggregation(features, text: text, normalizesText: normalizesText, operators, taps: taps)
    }
    let result = WindowLogits(logits: logits, classes: classes)
    if taps?.wants("logits") == true {
      var all = Tensor(zeros: [text.shape[0], logits.shape[1], logits.shape[2], 1])
      for index in 0..<text.shape[0] { all.setImages(index..<index + 1, result.plane(of: index)) }
      taps?.recordScores("logits", all)
    }
    return result
  }

  func embedding(of input: Tensor) -> Tensor {
    encoder.dense(input.images(input.shape[0] - 1..<input.shape[0]), operators).embedding
  }

  /// Scores at the image's size, class by class, and the best class of every pixel, the first among equals.
  private func label(
    _ results: [WindowLogits], classCount: Int, height: Int, width: Int, taps: Taps?
  ) -> Segmentation {
    var best = BestClasses(pixels: height * width, fallback: 0)
    var recorded = RecordedScores(taps, classCount: classCount, windows: results.count > 1 ? windows : nil)
    var scores = taps?.wants("scores") != true ? nil : Tensor(zeros: [classCount, height, width])
    for index in 0..<classCount {
      let planes = results.map { $0.plane(of: index) }
      let plane =
        planes.count == 1
        ? oneLook(planes[0], height: height, width: width)
        : merged(planes, of: index, &recorded)
      let full = operators.resize(plane, height: height, width: width, resampling: .halfPixel)
      best.take(full.values, of: index)
      scores?.setImages(index..<index + 1, full)
    }
    if let taps {
      recorded.record(into: taps)
      if let scores { taps.record("scores", scores) }
      taps.record("labels", Tensor(shape: [height, width], values: best.labels.map { Float($0) }))
    }
    return Segmentation(
      width: width, height: height, labels: best.labels, bestScores: best.scores,
      classes: Array(0..<classCount),
      scoresAreNumbers: results.allSatisfy { $0.logits.values.allSatisfy { !$0.isNaN } })
  }

  /// The probabilities of a class, cut as the authors' program cuts them: as if they had the image's resolution.
  private func oneLook(_ logits: Tensor, height: Int, width: Int) -> Tensor {
    var plane = logits
    for i in plane.values.indices { plane.values[i] = sigmoid(plane.values[i]) }
    let (rows, columns) = (min(height, plane.shape[1]), min(width, plane.shape[2]))
    guard (rows, columns) != (plane.shape[1], plane.shape[2]) else { return plane }
    return Tensor(
      shape: [1, rows, columns, 1],
      values: (0..<rows).flatMap { plane.values[$0 * plane.shape[2]..<$0 * plane.shape[2] + columns] })
  }

  /// The mean of the windows' mean and of the whole image, on the canvas.
  private func merged(_ logits: [Tensor], of index: Int, _ recorded: inout RecordedScores) -> Tensor {
    let (side, canvas) = (windows.side, windows.canvas)
    let probabilities = logits.map { plane in
      var plane = operators.resize(plane, height: side, width: side, resampling: .halfPixel)
      for i in plane.values.indices { plane.values[i] = sigmoid(plane.values[i]) }
      return plane
    }
    var sums = [Float](repeating: 0, count: canvas * canvas)
    var counts = [Float](repeating: 0, count: canvas * canvas)
    for (corner, plane) in zip(windows.corners, probabilities) {
      for y in 0..<side {
        let (from, to) = (y * side, (corner.y + y) * canvas + corner.x)
        for x in 0..<side {
          sums[to + x] += plane.values[from + x]
          counts[to + x] += 1
        }
      }
    }
    for i in sums.indices { sums[i] /= counts[i] }
    let whole = operators.resize(
      probabilities[probabilities.count - 1], height: canvas, width: canvas, resampling: .halfPixel)
    let mean = zip(sums, whole.values).map { ($0 + $1) / 2 }
    recorded.take(windows: sums, whole: whole.values, canvas: mean, of: index)
    return Tensor(shape: [1, canvas, canvas, 1], values: mean)
  }
}

/// The logits of the classes of one window.
private struct WindowLogits {
  /// T' x 4G x 4G x 1.
  var logits: Tensor
  /// The classes that it has, ascending.
  var classes: [Int]

  /// The logits of any class: 1 x 4G x 4G x 1.
  func plane(of index: Int) -> Tensor {
    if let position = classes.firstIndex(of: index) { return logits.images(position..<position + 1) }
    let shape = [1, logits.shape[1], logits.shape[2], 1]
    return Tensor(
      shape: shape, values: [Float](repeating: CostAggregation.absentLogit, count: shape.reduce(1, *)))
  }
}

/// The scores on the canvas that taps want.
private struct RecordedScores {
  private var tensors: [(name: String, tensor: Tensor)] = []

  init(_ taps: Taps?, classCount: Int, windows: SlidingWindows?) {
    guard let taps, let windows else { return }
    tensors = ["windows_mean", "whole", "canvas"].filter(taps.wants).map {
      ($0, Tensor(zeros: [classCount, windows.canvas, windows.canvas]))
    }
  }

  mutating func take(windows: [Float], whole: [Float], canvas: [Float], of index: Int) {
    for i in tensors.indices {
      let values = ["windows_mean": windows, "whole": whole, "canvas": canvas][tensors[i].name] ?? []
      tensors[i].tensor.setImages(
        index..<index + 1, Tensor(shape: [1] + tensors[i].tensor.shape.dropFirst(), values: values))
    }
  }

  func record(into taps: Taps) {
    for (name, tensor) in tensors { taps.record(name, tensor) }
  }
}
