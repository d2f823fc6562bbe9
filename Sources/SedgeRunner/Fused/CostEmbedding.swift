// The convolution that embeds the cost map.

import SedgeOperators
import SedgeTensor

/// The first convolution over the cost map, class by class.
///
/// A 7x7 kernel is four kernels of 4x4 taps, four pixels apart (with a line and a column of zeros): F(4 x 4, 4 x 4) in float32 where that is
/// faster. The inputs of a group of taps are those of the neighbouring tile.
struct CostEmbedding {
  private enum Algorithm {
    case direct(PackedLinear)
    case winograd(Kernels.WinogradLayer)
  }

  private let kernels: Kernels
  private let algorithm: Algorithm
  private let kernel: Int
  let outputs: Int

  /// - Parameter inFloat32: Whether it is computed in float32 in any context.
  init(_ dense: Dense, inFloat32: Bool, _ context: ExecutionContext) {
    kernels = context.kernels
    (outputs, kernel) = (dense.weight.shape[0], dense.weight.shape[1])
    switch PackedLinear.convolution(
      dense.weight, bias: dense.bias?.values, form: Self.form(kernel: kernel),
      inFloat32: inFloat32, context)
    {
    case .direct(let product): algorithm = .direct(product)
    case .winograd(let layer): algorithm = .winograd(layer)
    }
  }

  /// The Winograd form for a kernel; `nil` for one of less than two groups of taps.
  static func form(kernel: Int) -> WinogradForm? { kernel > 4 ? .fourOutputsFourTaps : nil }

  /// Embeds the cost maps of all classes, one plane each in their order.
  func callAsFunction(_ costs: ClassPlanes, into buffer: FloatBuffer, _ workers: Workers) -> ClassPlanes {
    let x = ClassPlanes(
      buffer: buffer, planes: Array(costs.planes.indices), height: costs.height, width: costs.width,
      channels: outputs)
    switch algorithm {
    case .direct(let product): embed(costs, into: x, by: product, workers)
    case .winograd(let layer): embed(costs, into: x, by: layer, workers)
    }
    return x
  }

  private func embed(_ costs: ClassPlanes, into x: ClassPlanes, by product: PackedLinear, _ workers: Workers)
  {
    let scratch = workers.scratch(for: costs.planes.count) {
      PaddedImage(
        height: costs.height, width: costs.width, channels: costs.channels, margin: kernel / 2,
        for: product)
    }
    workers.run(costs.planes.count) { worker, position in
      let padded = scratch[worker]
      padded.fill(from: costs[position], kernels)
      for y in 0..<costs.height {
        product(
          padded.window(y, kernel: kernel), of: padded.values, costs.width,
          into: Kernels.Place(x.buffer, at: x[position].line(y), stride: outputs))
      }
    }
  }

  private func embed(
    _ costs: ClassPlanes, into x: ClassPlanes, by layer: Kernels.WinogradLayer, _ workers: Workers
  ) {
    let (step, tiles, count) = (
      layer.form.outputs, layer.tileCount(costs.width), layer.tileCount(costs.height)
    )
    let size = min(count, layer.rowCount(tiles: tiles))
    let scratch = workers.scratch(for: costs.planes.count) {
      (
        PaddedImage(
          height: costs.height, width: costs.width, channels: costs.channels, margin: kernel / 2,
          paddedHeight: layer.inputCount(costs.height), paddedWidth: layer.inputCount(costs.width)),
        Kernels.WinogradScratch([(layer, size, tiles)])
      )
    }
    workers.run(costs.planes.count) { worker, position in
      let ((padded, scratch), target) = (scratch[worker], x[position])
      padded.fill(from: costs[position], kernels)
      for first in stride(from: 0, to: count, by: size) {
        kernels.convolve(
          padded.values.buffer, at: first * step * padded.lineCount, lineStride: padded.lineCount,
          rowCount: min(size, count - first), tiles: tiles, by: layer, into: target.buffer, scratch
        ) { row in
          let line = (first + row) * step
          return [
            Kernels.TileOutputs(
              start: target.line(line), lineStride: target.lineCount, pixelStride: outputs,
              lines: 0..<min(step, target.height - line), columns: 0..<target.width)
          ]
        }
      }
    }
  }
}
