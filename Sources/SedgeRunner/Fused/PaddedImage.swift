// Images with margins of zeros, as convolutions want them.

import SedgeOperators

/// A whole image with a margin of zeros.
struct PaddedImage {
  let values: PaddedValues
  let height: Int
  let width: Int
  let channels: Int
  let margin: Int

  init(height: Int, width: Int, channels: Int, margin: Int, isInt8: Bool = false) {
    (self.height, self.width, self.channels, self.margin) = (height, width, channels, margin)
    values = PaddedValues(count: (height + 2 * margin) * (width + 2 * margin) * channels, isInt8: isInt8)
  }

  /// An image of floats in a buffer of the pool's, for a 3x3 convolution; give it back with ``PaddedValues/buffer``.
  init(height: Int, width: Int, channels: Int, _ pool: BufferPool) {
    (self.height, self.width, self.channels, margin) = (height, width, channels, 1)
    let count = (height + 2) * (width + 2) * channels
    values = PaddedValues(pool.take(count), count: count)
  }

  /// Elements of a line with its margins.
  var lineCount: Int { (width + 2 * margin) * channels }
  /// Where the pixels of a line begin.
  func line(_ y: Int) -> Int { (y + margin) * lineCount + margin * channels }

  /// Copies an image of the same size; bytes get the smallest step that holds it.
  func fill(from image: ImagePlace, _ kernels: Kernels) {
    values.restart(kernels.affineParameters(of: image.buffer, at: image.start, image.count))
    for y in 0..<height {
      values.set(line(y), from: image.buffer, at: image.line(y), image.lineCount, kernels)
    }
  }

  /// What a convolution of stride 1 reads for the pixels of a line; its kernel is as wide as two margins and one.
  func window(_ y: Int, kernel: Int) -> Window {
    Window(
      start: y * lineCount, stride: channels, runCount: kernel, runLength: kernel * channels,
      runStride: lineCount)
  }
}
