// Convolutions without overlap on the kernels.

import SedgeOperators
import SedgeTensor

/// A convolution whose stride equals its kernel's side, without padding.
struct FusedConvolution {
  private let product: PackedLinear
  private let kernel: Int

  /// - Parameter stride: The kernel's side.
  init(_ dense: Dense, stride: Int, _ context: ExecutionContext) {
    precondition(dense.weight.shape[1] == stride)
    kernel = stride
    product = PackedLinear(dense, context)
  }

  /// Convolves an image into a buffer from the pool, which the caller gives back.
  ///
  /// - Parameter finish: Called for some adjacent pixels of the output, with the place of the first and their number.
  func callAsFunction(
    _ x: ImagePlace, _ workers: Workers, _ pool: BufferPool,
    finish: @Sendable (_ start: Int, _ output: ImagePlace, _ pixels: Int) -> Void = { _, _, _ in }
  ) -> ImagePlace {
    let (height, width, run) = (x.height / kernel, x.width / kernel, kernel * x.channels)
    let output = ImagePlace(
      buffer: pool.take(height * width * product.outputs), height: height, width: width,
      channels: product.outputs)
    let division = workers.division(rows: height * width, size: width)
    let scratch = workers.scratch(for: division.count) {
      (
        rows: FloatBuffer(count: division.size * kernel * run),
        converted: PackedLinear.Scratch(rowCount: division.size, width: kernel * run)
      )
    }
    workers.run(division) { worker, _, pixels in
      // The kernel's window of each pixel, line after line.
      let (rows, converted) = scratch[worker]
      for (index, pixel) in pixels.enumerated() {
        for line in 0..<kernel {
          rows.copy(
            to: (index * kernel + line) * run, from: x.buffer,
            at: x.line(pixel / width * kernel + line) + pixel % width * run, run)
        }
      }
      let start = output.start + pixels.lowerBound * output.channels
      product(
        rows, pixels.count, into: Kernels.Place(output.buffer, at: start, stride: output.channels), converted)
      finish(start, output, pixels.count)
    }
    return output
  }
}
