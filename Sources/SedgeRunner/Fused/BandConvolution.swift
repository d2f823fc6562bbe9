// 3x3 convolutions over bands of images.

import SedgeOperators
import SedgeTensor

/// A 3x3 convolution over the bands of a padded image: F(4 x 4, 3 x 3) in float32 where that is faster, otherwise line by line.
struct BandConvolution {
  private enum Algorithm {
    case direct(PackedLinear)
    case winograd(Kernels.WinogradLayer)
  }

  private let kernels: Kernels
  private let algorithm: Algorithm
  let inputs: Int
  let outputs: Int

  /// - Parameter weight: O x 3 x 3 x C.
  init(_ weight: Tensor, _ context: ExecutionContext) {
    kernels = context.kernels
    (outputs, inputs) = (weight.shape[0], weight.shape[3])
    algorithm =
      switch PackedLinear.convolution(weight, form: .fourOutputsThreeTaps, context) {
      case .direct(let product): .direct(product)
      case .winograd(let layer): .winograd(layer)
      }
  }

  /// The direct convolution; `nil` for a Winograd convolution.
  private var product: PackedLinear? {
    if case .direct(let product) = algorithm { product } else { nil }
  }

  /// The number format of the inputs.
  var format: PackedLinear.Format { product?.format ?? .float32 }
  /// Whether the inputs are in int8.
  var isInt8: Bool { format == .int8 }

  /// The side of the tiles of outputs.
  private var tile: Int {
    if case .winograd(let layer) = algorithm { layer.form.outputs } else { 1 }
  }

  /// A band of inputs.
  func band(height: Int, width: Int) -> PaddedBand {
    PaddedBand(height: height, width: width, channels: inputs, tile: tile, for: product)
  }

  /// The Winograd convolution of a band, for its scratch memory; `nil` for a direct one.
  func winogradUse(width: Int) -> (layer: Kernels.WinogradLayer, rowCount: Int, tiles: Int)? {
    guard case .winograd(let layer) = algorithm else { return nil }
    let tiles = layer.tileCount(width)
    return (layer, min(layer.rowCount(tiles: tiles), PaddedBand.step / layer.form.outputs), tiles)
  }

  /// Convolves lines at the top of a band.
  ///
  /// - Parameters:
  ///   - sums: The output of the first line from `place` on, followed by the other lines.
  ///   - adds: Whether the output is added to the sums.
  func callAsFunction(
    _ lineCount: Int, of band: PaddedBand, into sums: FloatBuffer, at place: Int, adds: Bool = false,
    _ scratch: Kernels.WinogradScratch
  ) {
    let (width, outputLine) = (band.width, band.width * outputs)
    switch algorithm {
    case .direct(let product):
      for line in 0..<lineCount {
        let output = Kernels.Place(sums, at: place + line * outputLine, stride: outputs)
        product(band.window(line), of: band.values, width, addend: adds ? output : nil, into: output)
      }
    case .winograd(let layer):
      let (step, tiles, count) = (layer.form.outputs, layer.tileCount(width), layer.tileCount(lineCount))
      let size = winogradUse(width: width)?.rowCount ?? 1
      for first in stride(from: 0, to: count, by: size) {
        kernels.convolve(
          band.values.buffer, at: first * step * band.lineCount, lineStride: band.lineCount,
          rowCount: min(size, count - first), tiles: tiles, by: layer, addend: adds ? sums : nil, into: sums,
          scratch
        ) { row in
          let line = (first + row) * step
          return [
            Kernels.TileOutputs(
              start: place + line * outputLine, lineStride: outputLine, pixelStride: outputs,
              lines: 0..<min(step, lineCount - line), columns: 0..<width)
          ]
        }
      }
    }
  }
}
