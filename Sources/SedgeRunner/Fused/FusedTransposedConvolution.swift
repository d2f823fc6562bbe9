// Transposed convolutions without overlap on the kernels.

import SedgeOperators
import SedgeTensor

/// A transposed convolution whose stride is its kernel's side, in float32: a line of the kernel makes a line of the output.
struct FusedTransposedConvolution {
  private let lines: [PackedLinear]
  private let outputs: Int

  init(_ dense: Dense, _ context: ExecutionContext) {
    let (outputs, kernel, inputs) = (dense.weight.shape[0], dense.weight.shape[1], dense.weight.shape[3])
    self.outputs = outputs
    let weights = dense.weight.permuted([1, 2, 0, 3]).values
    let bias = dense.bias.map { bias in (0..<kernel).flatMap { _ in bias.values } }
    let size = kernel * outputs * inputs
    lines = (0..<kernel).map { line in
      PackedLinear(
        float32: weights.span.extracting(line * size..<(line + 1) * size), outputs: kernel * outputs,
        bias: bias,
        context)
    }
  }

  /// Convolves an image into a buffer from the pool, which the caller gives back.
  func callAsFunction(_ x: ImagePlace, _ workers: Workers, _ pool: BufferPool) -> ImagePlace {
    let kernel = lines.count
    let (height, width) = (x.height * kernel, x.width * kernel)
    let output = ImagePlace(
      buffer: pool.take(height * width * outputs), height: height, width: width, channels: outputs)
    let scratch = PackedLinear.Scratch(rowCount: 0, width: 0)
    workers.run(height) { _, y in
      lines[y % kernel](
        x.buffer, at: x.line(y / kernel), x.width,
        into: Kernels.Place(output.buffer, at: output.line(y), stride: kernel * outputs), scratch)
    }
    return output
  }
}
