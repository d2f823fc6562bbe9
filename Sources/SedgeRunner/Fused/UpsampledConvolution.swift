// The first convolution of a decoder layer over the upsampled features, merged with their upsampling.

import SedgeOperators
import SedgeTensor

/// A 3x3 convolution after a 2x2 transposed convolution of stride 2, without bias: a 2x2 convolution for each parity of the line and of the
/// column of the output pixel (``MergedConvolutions``).
///
/// As F(3 x 3, 2 x 2), where that is faster, it is one convolution with the outputs of all four parities: the window of the inputs j and
/// j + 1 gives output 2 j + 2, of parity 0, and output 2 j + 1, of parity 1.
struct UpsampledConvolution {
  private enum Algorithm {
    /// By parity of the line, then of the column.
    case direct([[PackedLinear]])
    case winograd(Kernels.WinogradLayer)
  }

  private let kernels: Kernels
  private let algorithm: Algorithm
  private let inputs: Int
  private let outputs: Int

  /// - Parameters:
  ///   - convolution: O x 3 x 3 x U.
  ///   - transposed: U x 2 x 2 x C.
  init(_ convolution: Tensor, _ transposed: Tensor, _ context: ExecutionContext) {
    kernels = context.kernels
    (outputs, inputs) = (convolution.shape[0], transposed.shape[3])
    let parities = (0..<2).map { line in
      (0..<2).map { column in
        MergedConvolutions.kernel(convolution, transposed, line: line, column: column)
      }
    }
    let joined = Tensor(shape: [4 * outputs, 2, 2, inputs], values: parities.joined().flatMap(\.values))
    switch PackedLinear.convolution(joined, form: .threeOutputsTwoTaps, context) {
    case .winograd(let layer): algorithm = .winograd(layer)
    case .direct:
      algorithm = .direct(parities.map { $0.map { PackedLinear(convolution: $0, context) } })
    }
  }

  /// An image of inputs.
  func image(height: Int, width: Int) -> PaddedImage {
    switch algorithm {
    case .direct(let parities):
      PaddedImage(height: height, width: width, channels: inputs, margin: 1, for: parities[0][0])
    case .winograd(let layer):
      PaddedImage(
        height: height, width: width, channels: inputs, margin: 1,
        paddedHeight: layer.inputCount(height + 1), paddedWidth: layer.inputCount(width + 1))
    }
  }

  /// The Winograd convolution of an image, for its scratch memory; `nil` for a direct one.
  func winogradUse(width: Int) -> (layer: Kernels.WinogradLayer, rowCount: Int, tiles: Int)? {
    guard case .winograd(let layer) = algorithm else { return nil }
    let tiles = layer.tileCount(width + 1)
    return (layer, layer.rowCount(tiles: tiles), tiles)
  }

  /// Computes lines of the output, 2H x 2W x O, from the first that was not computed on.
  ///
  /// - Parameters:
  ///   - done: The number of lines that were computed.
  ///   - end: The number of lines that are needed.
  ///   - addend: 2H x 2W x O.
  /// - Returns: The number of lines that are computed, at least `end`.
  func callAsFunction(
    from done: Int, to end: Int, of input: PaddedImage, addend: FloatBuffer, into sums: FloatBuffer,
    _ scratch: Kernels.WinogradScratch
  ) -> Int {
    let line = 2 * input.width * outputs
    switch algorithm {
    case .direct(let parities):
      for y in done..<max(done, end) {
        for column in 0..<2 {
          let pixels = Window(
            start: (y / 2 + y % 2) * input.lineCount + column * inputs, stride: inputs, runCount: 2,
            runLength: 2 * inputs, runStride: input.lineCount)
          let place = y * line + column * outputs
          parities[y % 2][column](
            pixels, of: input.values, input.width,
            addend: Kernels.Place(addend, at: place, stride: 2 * outputs),
            into: Kernels.Place(sums, at: place, stride: 2 * outputs))
        }
      }
      return max(done, end)
    case .winograd(let layer):
      // Rows of tiles before row r give the lines before 6 r - 1.
      let (step, height) = (layer.form.outputs, input.height)
      let (tiles, count) = (layer.tileCount(input.width + 1), layer.tileCount(height + 1))
      var (row, done) = ((done + 1) / (2 * step), done)
      while done < end {
        let rows = row..<min(row + layer.rowCount(tiles: tiles), count)
        kernels.convolve(
          input.values.buffer, at: rows.lowerBound * step * input.lineCount, lineStride: input.lineCount,
          rowCount: rows.count, tiles: tiles, by: layer, addend: addend, into: sums, scratch
        ) { index in
          targets(row: rows.lowerBound + index, step: step, height: height, width: input.width)
        }
        row = rows.upperBound
        done = row == count ? 2 * height : 2 * step * row - 1
      }
      return done
    }
  }

  /// The places of a row of tiles, by parity of line and column: window j is tile output j + 1.
  private func targets(row: Int, step: Int, height: Int, width: Int) -> [Kernels.TileOutputs] {
    let line = 2 * width * outputs
    return (0..<4).map { parity in
      let (y, x) = (parity / 2, parity % 2)
      let first = row * step
      let start = (2 * first - y) * line - x * outputs
      return Kernels.TileOutputs(
        start: start, lineStride: 2 * line, pixelStride: 2 * outputs,
        lines: min(step, max(0, y - first))..<max(0, min(step, height + y - first)), columns: x..<width + x)
    }
  }
}
