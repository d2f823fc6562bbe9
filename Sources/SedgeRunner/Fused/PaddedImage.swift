// Images with zero padding.

import SedgeOperators

/// A whole image with zero padding: a margin, and more lines below and columns to the right where they are needed.
struct PaddedImage {
  let values: PaddedValues
  let height: Int
  let width: Int
  let channels: Int
  let margin: Int
  /// The number of elements of a line with its padding.
  let lineCount: Int

  /// - Parameters:
  ///   - paddedHeight: The least number of lines with the padding.
  ///   - paddedWidth: The least number of columns with the padding.
  init(
    height: Int, width: Int, channels: Int, margin: Int, paddedHeight: Int = 0, paddedWidth: Int = 0,
    for product: PackedLinear? = nil
  ) {
    (self.height, self.width, self.channels, self.margin) = (height, width, channels, margin)
    lineCount = max(width + 2 * margin, paddedWidth) * channels
    values = PaddedValues(count: max(height + 2 * margin, paddedHeight) * lineCount, for: product)
  }

  /// An image of floats for a 3x3 convolution, in a buffer from the pool: the caller gives ``PaddedValues/buffer`` back.
  init(height: Int, width: Int, channels: Int, _ pool: BufferPool) {
    (self.height, self.width, self.channels, margin) = (height, width, channels, 1)
    lineCount = (width + 2) * channels
    values = PaddedValues(pool.take((height + 2) * lineCount), count: (height + 2) * lineCount)
  }

  /// The place of the first pixel of a line.
  func line(_ y: Int) -> Int { (y + margin) * lineCount + margin * channels }

  /// Copies an image of the same size, in the number format of these values.
  func fill(from image: ImagePlace, _ kernels: Kernels) {
    values.restart(kernels.affineParameters(of: image.buffer, at: image.start, image.count))
    for y in 0..<height {
      values.set(line(y), from: image.buffer, at: image.line(y), image.lineCount, kernels)
    }
  }

  /// The windows of a convolution of stride 1 over the pixels of a line; its kernel is 2 margin + 1 wide.
  func window(_ y: Int, kernel: Int) -> Window {
    Window(
      start: y * lineCount, stride: channels, runCount: kernel, runLength: kernel * channels,
      runStride: lineCount)
  }
}
