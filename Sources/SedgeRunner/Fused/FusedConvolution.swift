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
  /// - Parameter finish: Called for each line of the output, with its place and its number of pixels.
  func callAsFunction(
    _ x: ImagePlace, _ workers: Workers, _ pool: BufferPool,
    finish: @Sendable (_ line: Int, _ output: ImagePlace, _ pixels: Int) -> Void = { _, _, _ in }
  ) -> ImagePlace {
    let (height, width, run) = (x.height / kernel, x.width / kernel, kernel * x.channels)
    let output = ImagePlace(
      buffer: pool.take(height * width * product.outputs), height: height, width: width,
      channels: product.outputs)
    let scratch = workers.scratch(for: height) {
      (
        rows: FloatBuffer(count: width * kernel * run),
        converted: PackedLinear.Scratch(rowCount: width, width: kernel * run)
      )
    }
    workers.run(height) { worker, y in
      // The kernel's window of each pixel, line after line.
      let (rows, converted) = scratch[worker]
      for pixel in 0..<width {
        for line in 0..<kernel {
          rows.copy(
            to: (pixel * kernel + line) * run, from: x.buffer, at: x.line(y * kernel + line) + pixel * run,
            run)
        }
      }
      product(
        rows, width, into: Kernels.Place(output.buffer, at: output.line(y), stride: output.channels),
        converted)
      finish(output.line(y), output, width)
    }
    return output
  }
}
