// A picture in memory.

/// A picture of 8-bit red, green and blue samples.
public struct RGBImage: Sendable, Hashable {
  /// Pixels of a row.
  public let width: Int
  /// The number of rows.
  public let height: Int
  /// The samples: rows from the top, pixels from the left, red, green and blue of each; `3 * width * height` bytes.
  public internal(set) var pixels: [UInt8]

  /// Puts a size on samples; a count that does not fit the size traps.
  public init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(width > 0 && height > 0 && pixels.count == 3 * width * height)
    self.width = width
    self.height = height
    self.pixels = pixels
  }

  /// A picture of one colour.
  package init(width: Int, height: Int, color: RGBColor) {
    precondition(width > 0 && height > 0)
    self.width = width
    self.height = height
    self.pixels = []
    pixels.reserveCapacity(3 * width * height)
    for _ in 0..<width * height {
      pixels.append(color.red)
      pixels.append(color.green)
      pixels.append(color.blue)
    }
  }

  /// The pixel in column `x` of row `y`, both from 0 at the top left; outside of the picture traps.
  package subscript(x x: Int, y y: Int) -> RGBColor {
    get {
      let i = offset(x: x, y: y)
      return RGBColor(pixels[i], pixels[i + 1], pixels[i + 2])
    }
    set {
      let i = offset(x: x, y: y)
      pixels[i] = newValue.red
      pixels[i + 1] = newValue.green
      pixels[i + 2] = newValue.blue
    }
  }

  private func offset(x: Int, y: Int) -> Int {
    precondition(x >= 0 && x < width && y >= 0 && y < height)
    return 3 * (y * width + x)
  }
}
