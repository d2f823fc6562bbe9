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

  /// The number of elements of a line with its padding.
  let lineCount: Int
  /// The side of the tiles of output pixels that are computed together; a divisor of ``step``.
  private let tile: Int

  /// - Parameter tile: The side of the tiles of output pixels that are computed together. Inputs of the last tiles beyond the image are 0.
  init(height: Int, width: Int, channels: Int, tile: Int = 1, for product: PackedLinear? = nil) {
    (self.height, self.width, self.channels, self.tile) = (height, width, channels, tile)
    lineCount = ((width + tile - 1) / tile * tile + 2) * channels
    values = PaddedValues(count: (Self.step + 2) * lineCount, for: product)
  }

  /// The windows of a 3x3 convolution over the pixels of a line of the band's output.
  func window(_ line: Int) -> Window {
    Window(
      start: line * lineCount, stride: channels, runCount: 3, runLength: 3 * channels, runStride: lineCount)
  }

  /// Slides the band over the whole image.
  ///
  /// - Parameters:
  ///   - fill: Writes a line of the image to a place in the band; called once for every line, in order, ahead of `work` by at
  ///     most the height of the band.
  ///   - work: Receives some lines, in order: the first ``window(_:)`` of the band is that of the first of them.
  func slide(_ fill: (_ line: Int, _ place: Int) -> Void, over work: (_ lines: Range<Int>) -> Void) {
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
      let end = (count + tile - 1) / tile * tile
      if end > count { values.clear((count + 2) * lineCount, (end - count) * lineCount) }
      work(start..<start + count)
    }
  }
}
