// Scores to labels, line by line.

internal import CSedgeKernels

extension Kernels {
  /// The linear interpolation that upsamples a line: for each pixel two source columns and the share of the right column.
  package struct LineUpsampling {
    let left: [Int32]
    let right: [Int32]
    let share: [Float]
    let width: Int

    /// - Parameters:
    ///   - columns: Left column, right column and share for each pixel; columns ascend.
    ///   - width: The width of the source line.
    package init(columns: [(Int, Int, Float)], width: Int) {
      precondition(columns.allSatisfy { (0..<width).contains($0.0) && (0..<width).contains($0.1) })
      precondition(zip(columns, columns.dropFirst()).allSatisfy { $0.0 <= $1.0 && $0.1 <= $1.1 })
      left = columns.map { Int32($0.0) }
      right = columns.map { Int32($0.1) }
      share = columns.map(\.2)
      self.width = width
    }

    /// The interpolation of a line of `width` values to one of `outWidth`.
    package init(from width: Int, to outWidth: Int) {
      self.init(
        columns: Interpolation.table(from: width, to: outWidth, .halfPixel).map {
          ($0.lower, $0.upper, $0.weight)
        }, width: width)
    }
  }

  /// Interpolates between two lines of some values and resizes the line.
  ///
  /// - Parameters:
  ///   - weight: The share of the lower line.
  ///   - scratch: At least as many floats as a source line has.
  package func resizeLine(
    upper: Int, lower: Int, of values: FloatBuffer, weight: Float, upsampling: LineUpsampling,
    into output: FloatBuffer, at start: Int, scratch: FloatBuffer
  ) {
    let (count, width) = (upsampling.share.count, upsampling.width)
    unsafe table.pointee.resize_line(
      values.address(upper, width), values.address(lower, width), weight, width, upsampling.left,
      upsampling.right, upsampling.share, count, output.address(start, count), scratch.address(0, width))
  }

  /// Interpolates between two lines of a class's scores, upsamples the line and updates the best class of every pixel.
  ///
  /// - Parameters:
  ///   - weight: The share of the lower line.
  ///   - best, labels: One of each for every pixel of the upsampled line, from `start` on. A class replaces the best one if its
  ///     score is higher, or equal and its index lower.
  ///   - scratch: At least as many floats as a source line has.
  package func keepBest(
    upper: Int, lower: Int, of scores: FloatBuffer, weight: Float, upsampling: LineUpsampling,
    classIndex: Int, best: FloatBuffer, labels: Buffer<Int32>, at start: Int, scratch: FloatBuffer
  ) {
    let (count, width) = (upsampling.share.count, upsampling.width)
    unsafe table.pointee.label_line(
      scores.address(upper, width), scores.address(lower, width), weight, width, upsampling.left,
      upsampling.right, upsampling.share, count, Int32(classIndex), best.address(start, count),
      labels.address(start, count), scratch.address(0, width))
  }
}
