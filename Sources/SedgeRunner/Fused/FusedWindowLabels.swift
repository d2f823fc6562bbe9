// The logits of CAT-Seg's windows to labels at the image's size, on the kernels.

import SedgeArchitecture
import SedgeOperators
import SedgeTensor

/// The mean of overlapping windows and of the whole image, some lines at a time, without storing the probabilities of any class.
///
/// Scores are doubled until the end, which changes no rounding: 2 mean = sum / count + whole.
struct FusedWindowLabels {
  private let kernels: Kernels
  private let workers: Workers
  private let geometry: SlidingWindows
  private let logitSide: Int
  /// From a window's logits to the window, and from the window to the canvas.
  private let rows: (side: [Interpolation], canvas: [Interpolation])
  private let columns: (side: Kernels.LineUpsampling, canvas: Kernels.LineUpsampling)

  /// The lines of the image that are computed at a time.
  private static let lineCount = 16

  /// - Parameter logitSide: The side of a window's logits.
  init(_ geometry: SlidingWindows, logitSide: Int, _ context: ExecutionContext) {
    (kernels, workers) = (context.kernels, context.workers)
    (self.geometry, self.logitSide) = (geometry, logitSide)
    let (side, canvas) = (geometry.side, geometry.canvas)
    rows = (
      Interpolation.table(from: logitSide, to: side, .halfPixel),
      Interpolation.table(from: side, to: canvas, .halfPixel)
    )
    columns = (
      Kernels.LineUpsampling(from: logitSide, to: side), Kernels.LineUpsampling(from: side, to: canvas)
    )
  }

  /// The memory of one worker.
  private struct Scratch: Sendable {
    /// Lines of the canvas: sums of windows, then doubled scores.
    let canvas: FloatBuffer
    /// Lines of the whole image at a window's size, and one on the canvas.
    let whole: FloatBuffer
    let wholeLine: FloatBuffer
    /// One line of a window, and of anything before it is resized.
    let line: FloatBuffer
    let scratch: FloatBuffer
  }

  /// A range of lines of the canvas.
  private typealias Lines = ClosedRange<Int>

  /// The best class of every pixel, the first among equals, by score at the image's size.
  ///
  /// - Parameters:
  ///   - outputs: Of the windows, row by row, then of the whole image.
  ///   - taps: Records `windows_mean`, `whole`, `canvas`, `scores` and `labels`.
  func callAsFunction(
    _ outputs: [FusedAggregation.Output], classCount: Int, height: Int, width: Int, taps: Taps?
  ) -> Segmentation {
    let best = FloatBuffer(count: height * width)
    best.clear(0, best.count)
    let labels = Buffer([Int32](repeating: 0, count: height * width))
    let table = Interpolation.table(from: geometry.canvas, to: height, .halfPixel)
    let upsampling = Kernels.LineUpsampling(from: geometry.canvas, to: width)
    let positions = outputs.map { output in
      Dictionary(uniqueKeysWithValues: output.classes.enumerated().map { ($1, $0) })
    }
    let bands = stride(from: 0, to: height, by: Self.lineCount).map {
      $0..<min($0 + Self.lineCount, height)
    }
    let lines = { @Sendable (band: Range<Int>) in
      table[band.lowerBound].lower...table[band.upperBound - 1].upper
    }
    let scratch = workers.scratch(for: bands.count) { makeScratch(bands.map { lines($0) }) }
    let inverseCounts = self.inverseCounts
    let keepBest = {
      @Sendable
      (
        band: Range<Int>, index: Int, scratch: Scratch, best: FloatBuffer, labels: Buffer<Int32>
      ) in
      let lines = lines(band)
      let planes = outputs.indices.map { window in
        positions[window][index].map { outputs[window].logits[$0] }
      }
      if planes.allSatisfy({ $0 == nil }) { return }
      score(planes, lines, inverseCounts, scratch)
      for y in band {
        let row = table[y]
        kernels.keepBest(
          upper: (row.lower - lines.lowerBound) * geometry.canvas,
          lower: (row.upper - lines.lowerBound) * geometry.canvas, of: scratch.canvas, weight: row.weight,
          upsampling: upsampling, classIndex: index, best: best, labels: labels, at: y * width,
          scratch: scratch.scratch)
      }
    }
    workers.run(bands.count) { worker, item in
      for index in 0..<classCount { keepBest(bands[item], index, scratch[worker], best, labels) }
      for i in bands[item].lowerBound * width..<bands[item].upperBound * width { best[i] /= 2 }
    }
    if let taps { record(Array(zip(outputs, positions)), classCount, into: taps) }
    if let taps, taps.wants("scores") || taps.wants("labels") {
      var scores = Tensor(zeros: [classCount, height, width])
      for index in 0..<classCount {
        // The best scores of a single class are its scores.
        let plane = FloatBuffer(count: height * width)
        plane.clear(0, plane.count)
        let others = Buffer(labels.values)
        for band in bands { keepBest(band, index, scratch[0], plane, others) }
        scores.setImages(
          index..<index + 1, Tensor(shape: [1, height, width], values: plane.values.map { $0 / 2 }))
      }
      taps.record("scores", scores)
      taps.record("labels", Tensor(shape: [height, width], values: labels.values.map { Float($0) }))
    }
    return Segmentation(
      width: width, height: height, labels: labels.values, bestScores: best.values,
      classes: Array(0..<classCount), scoresAreNumbers: areNumbers(outputs))
  }

  /// Records the mean of the windows, the whole image and the mean of both on the canvas.
  private func record(
    _ outputs: [(output: FusedAggregation.Output, positions: [Int: Int])], _ classCount: Int, into taps: Taps
  ) {
    let names = ["windows_mean", "whole", "canvas"]
    guard names.contains(where: taps.wants) else { return }
    let canvas = geometry.canvas
    let scratch = makeScratch([0...canvas - 1])
    var planes = names.map { _ in Tensor(zeros: [classCount, canvas, canvas]) }
    for index in 0..<classCount {
      let logits = outputs.map { window in window.positions[index].map { window.output.logits[$0] } }
      score(logits, 0...canvas - 1, inverseCounts, scratch) { line, means, whole in
        let start = (index * canvas + line) * canvas
        for (number, values) in [means, whole, zip(means, whole).map { ($0 + $1) / 2 }].enumerated() {
          planes[number].values.replaceSubrange(start..<start + canvas, with: values)
        }
      }
    }
    for (name, plane) in zip(names, planes) { taps.record(name, plane) }
  }

  private func makeScratch(_ bands: [Lines]) -> Scratch {
    let (side, canvas) = (geometry.side, geometry.canvas)
    let lines = bands.map(\.count).max() ?? 0
    let wholeLines = bands.map { self.wholeLines(of: $0).count }.max() ?? 0
    return Scratch(
      canvas: FloatBuffer(count: lines * canvas), whole: FloatBuffer(count: wholeLines * side),
      wholeLine: FloatBuffer(count: canvas), line: FloatBuffer(count: side),
      scratch: FloatBuffer(count: max(canvas, side, logitSide)))
  }

  /// The lines of the whole image, at a window's size, that lines of the canvas read.
  private func wholeLines(of lines: Lines) -> ClosedRange<Int> {
    rows.canvas[lines.lowerBound].lower...rows.canvas[lines.upperBound].upper
  }

  /// 1 over the number of windows at each column, for lines with one row of windows and with two.
  private var inverseCounts: [FloatBuffer] {
    let columns = (0..<geometry.canvas).map { x in
      geometry.corners.filter { $0.y == 0 && ($0.x..<$0.x + geometry.side).contains(x) }.count
    }
    return (1...2).map { rows in FloatBuffer(columns.map { 1 / Float(rows * $0) }) }
  }

  /// The doubled scores of one class on some lines of the canvas.
  ///
  /// - Parameters:
  ///   - planes: The class's logits in each window, and in the whole image; `nil` where the class was left out, whose
  ///     probability is 0.
  ///   - record: Receives the mean of the windows and the whole image on a line of the canvas.
  private func score(
    _ planes: [ImagePlace?], _ lines: Lines, _ inverseCounts: [FloatBuffer], _ scratch: Scratch,
    record: ((_ line: Int, _ means: [Float], _ whole: [Float]) -> Void)? = nil
  ) {
    let (side, canvas) = (geometry.side, geometry.canvas)
    scratch.canvas.clear(0, lines.count * canvas)
    for (corner, plane) in zip(geometry.corners, planes) {
      guard let plane else { continue }
      let first = max(lines.lowerBound, corner.y)
      let end = max(first, min(lines.upperBound + 1, corner.y + side))
      for line in first..<end {
        probabilities(of: plane, line: line - corner.y, into: scratch.line, at: 0, scratch)
        kernels.add(
          scratch.line, at: 0, side, to: scratch.canvas, at: (line - lines.lowerBound) * canvas + corner.x)
      }
    }
    let wholeLines = self.wholeLines(of: lines)
    if let plane = planes[planes.count - 1] {
      for line in wholeLines {
        probabilities(
          of: plane, line: line, into: scratch.whole, at: (line - wholeLines.lowerBound) * side, scratch)
      }
    } else {
      scratch.wholeLine.clear(0, canvas)
    }
    for line in lines {
      if planes[planes.count - 1] != nil {
        let row = rows.canvas[line]
        kernels.resizeLine(
          upper: (row.lower - wholeLines.lowerBound) * side,
          lower: (row.upper - wholeLines.lowerBound) * side,
          of: scratch.whole, weight: row.weight, upsampling: columns.canvas, into: scratch.wholeLine, at: 0,
          scratch: scratch.scratch)
      }
      let rowCount = geometry.corners.filter { $0.x == 0 && ($0.y..<$0.y + side).contains(line) }.count
      let place = (line - lines.lowerBound) * canvas
      if let record {
        let means = zip(scratch.canvas.values(place, canvas), inverseCounts[rowCount - 1].values).map {
          $0 * $1
        }
        record(line, means, scratch.wholeLine.values)
      }
      kernels.scaleAndClamp(
        scratch.canvas, at: place, pixelCount: 1, channels: canvas, scale: inverseCounts[rowCount - 1],
        shift: scratch.wholeLine, into: scratch.canvas, at: place)
    }
  }

  /// One line of the probabilities of a class at a window's size.
  private func probabilities(
    of plane: ImagePlace, line: Int, into output: FloatBuffer, at start: Int, _ scratch: Scratch
  ) {
    let row = rows.side[line]
    kernels.resizeLine(
      upper: plane.line(row.lower), lower: plane.line(row.upper), of: plane.buffer, weight: row.weight,
      upsampling: columns.side, into: output, at: start, scratch: scratch.scratch)
    kernels.sigmoid(output, at: start, geometry.side)
  }

  /// Whether no logit is NaN.
  private func areNumbers(_ outputs: [FusedAggregation.Output]) -> Bool {
    outputs.allSatisfy { output in
      let areNumbers = Buffer([Bool](repeating: true, count: output.classes.count))
      workers.run(output.classes.count) { _, position in
        let plane = output.logits[position]
        areNumbers[position] = plane.buffer.values(plane.start, plane.count).allSatisfy { !$0.isNaN }
      }
      return areNumbers.values.allSatisfy(\.self)
    }
  }
}
