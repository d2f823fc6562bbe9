// A sliding band of a padded image.

import SedgeOperators

/// A few lines of an image with zero padding: the input of some lines of a 3x3 convolution, small enough for the cache.
struct PaddedBand {
  let values: PaddedValues
  let height: Int
  let width: Int
  let channels: Int

  /// The number of output lines for each position of the band.
  static let step = 8

  init(height: Int, width: Int, channels: Int, for product: PackedLinear? = nil) {
    (self.height, self.width, self.channels) = (height, width, channels)
    values = PaddedValues(count: (Self.step + 2) * (width + 2) * channels, for: product)
  }

  /// The number of elements of a line with its padding.
  private var lineCount: Int { (width + 2) * channels }

  /// Slides the band over the whole image.
  ///
  /// - Parameters:
  ///   - fill: Writes a line of the image to a place in the band; called once for every line, in order, ahead of `work` by at
  ///     most the height of the band.
  ///   - work: Receives each line, in order, with the windows of a 3x3 convolution over its pixels.
  func slide(
    _ fill: (_ line: Int, _ place: Int) -> Void, over work: (_ line: Int, _ window: Window) -> Void
  ) {
    values.clear(0, lineCount)
    var next = 0
    for start in stride(from: 0, to: height, by: Self.step) {
      let count = min(Self.step, height - start)
      // Line 0 of the band is line start - 1 of the image; its first two lines are the last two of the previous position.
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
