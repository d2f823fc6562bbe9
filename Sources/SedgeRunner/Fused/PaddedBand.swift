// A sliding band of a padded image.

import SedgeOperators

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
