// One colour.

/// A colour of 8-bit red, green and blue, in the picture's own colour space.
package struct RGBColor: Sendable, Hashable {
  /// The red sample.
  package var red: UInt8
  /// The green sample.
  package var green: UInt8
  /// The blue sample.
  package var blue: UInt8

  /// A colour of three samples.
  package init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
    self.red = red
    self.green = green
    self.blue = blue
  }

  /// A colour written as `0xRRGGBB`.
  init(hex: UInt32) {
    self.init(
      UInt8(truncatingIfNeeded: hex >> 16), UInt8(truncatingIfNeeded: hex >> 8),
      UInt8(truncatingIfNeeded: hex))
  }

  /// The gray of the same luma (ITU-R BT.601).
  var gray: RGBColor {
    let luma = (77 * Int(red) + 150 * Int(green) + 29 * Int(blue) + 128) >> 8
    let sample = UInt8(truncatingIfNeeded: luma)
    return RGBColor(sample, sample, sample)
  }

  /// This colour with `other` laid over it.
  ///
  /// - Parameter weight: Of `other`, in 256ths: 0 keeps this colour, 256 replaces it.
  func blended(with other: RGBColor, weight: Int) -> RGBColor {
    func mix(_ a: UInt8, _ b: UInt8) -> UInt8 {
      UInt8(truncatingIfNeeded: (Int(a) * (256 - weight) + Int(b) * weight + 128) >> 8)
    }
    return RGBColor(mix(red, other.red), mix(green, other.green), mix(blue, other.blue))
  }
}
