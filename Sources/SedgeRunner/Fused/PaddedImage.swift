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

/// Some lines of an image with a margin of zeros: what a 3x3 convolution needs at a time, small enough for the
/// processor's cache.
struct PaddedBand {
  let values: PaddedValues
  let height: Int
  let width: Int
  let channels: Int

  /// Lines that a convolution makes before the band moves on.
  static let step = 8

  init(height: Int, width: Int, channels: Int, isInt8: Bool = false) {
    (self.height, self.width, self.channels) = (height, width, channels)
    values = PaddedValues(count: (Self.step + 2) * (width + 2) * channels, isInt8: isInt8)
  }

  /// Elements of a line with its margins.
  private var lineCount: Int { (width + 2) * channels }

  /// Lets the band slide over the whole image.
  ///
  /// - Parameters:
  ///   - fill: Writes a line of the image at a place of the band; called once for every line, in order, at most as
  ///     many lines ahead of `work` as the band has.
  ///   - work: Gets each line in turn with what a 3x3 convolution reads for its pixels.
  func slide(
    _ fill: (_ line: Int, _ place: Int) -> Void, over work: (_ line: Int, _ window: Window) -> Void
  ) {
    values.clear(0, lineCount)
    var next = 0
    for start in stride(from: 0, to: height, by: Self.step) {
      let count = min(Self.step, height - start)
      // The band's line 0 is the image's start - 1; the first two were the last of the band before.
      if start > 0 { values.move(to: 0, from: Self.step * lineCount, 2 * lineCount) }
      while next <= start + count {
        let place = (next - start + 1) * lineCount
        if next < height { fill(next, place + channels) } else { values.clear(place, lineCount) }
        next += 1
      }
      for y in start..<start + count {
        work(
          y,
          Window(
            start: (y - start) * lineCount, stride: channels, runCount: 3, runLength: 3 * channels,
            runStride: lineCount))
      }
    }
  }
}
