// A probability of every pixel, as a picture.

internal import CLibPNG
package import SedgeTensor

/// A number from 0 to 1 for every pixel.
package struct HeatMap: Sendable, Hashable {
  /// Pixels of a row.
  package let width: Int
  /// The number of rows.
  package let height: Int
  /// The numbers in 256 levels, `255 x` rounded: rows from the top, pixels from the left.
  package let levels: [UInt8]

  /// Puts a size on numbers; those beyond 0 to 1 are taken as the nearer end, what is no number as 0.
  package init(width: Int, height: Int, values: [Float]) {
    precondition(width > 0 && height > 0 && values.count == width * height)
    (self.width, self.height) = (width, height)
    levels = values.map { $0 > 0 ? UInt8((255 * min($0, 1)).rounded()) : 0 }
  }

  /// The colours of the levels, dark to bright: between nine colours of viridis (matplotlib, CC0), in which equal steps
  /// of the level are about equal steps to the eye.
  package static let ramp: [RGBColor] = {
    let anchors = [
      0x440154, 0x472D7B, 0x3B528B, 0x2C728E, 0x21908C, 0x27AD81, 0x5DC863, 0xAADC32, 0xFDE725,
    ].map { RGBColor(hex: $0) }
    return (0..<256).map { level in
      let position = level * (anchors.count - 1)
      let (index, rest) = (min(position / 255, anchors.count - 2), position - position / 255 * 255)
      // In 256ths; the last level is the last colour itself.
      return level == 255
        ? anchors[anchors.count - 1]
        : anchors[index].blended(with: anchors[index + 1], weight: (rest * 256 + 127) / 255)
    }
  }()

  /// Writes the levels as a PNG file of 8 bits whose palette is ``ramp``, whole or not at all.
  ///
  /// Programs that read palette indices find the levels; viewers show the colours.
  ///
  /// - Throws: ``FormatError`` when the file cannot be written.
  package func writePNG(to path: String) throws(FormatError) {
    try SedgeImages.writePNG(
      width: width, height: height, bitDepth: 8, colorType: PNG_COLOR_TYPE_PALETTE, pixels: levels,
      palette: Self.ramp, to: path)
  }
}
