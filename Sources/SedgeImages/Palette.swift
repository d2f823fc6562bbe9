// The colour of every class.

/// The fixed colours of class indices.
///
/// The first 24 come from a table: from the sRGB colours of medium lightness and chroma (OKLab lightness 0.48 to 0.87,
/// chroma 0.085 to 0.215) each next one is the farthest, in OKLab, from all before it. Later ones go around the colour
/// circle by the golden ratio, through nine pairs of saturation and brightness. The colours depend on nothing but the
/// index, so that the same class has the same colour in every picture.
package enum Palette {
  private static let table: [UInt32] = [
    0xE6323C, 0x28FA8C, 0x0050D2, 0x008200, 0xF0BEFA, 0x14AAD2, 0xF0AA00, 0xB45AE6,
    0x82466E, 0xA08246, 0x64E6FA, 0x00BE3C, 0xFA6EB4, 0x00788C, 0x96C88C, 0x7832BE,
    0x5A78FA, 0xAA96DC, 0x8C5000, 0xC8288C, 0xC8DC00, 0xFA7850, 0xB46E8C, 0x3CA078,
  ]

  /// The colour of a class; a negative index traps.
  package static func color(ofClass index: Int) -> RGBColor {
    precondition(index >= 0)
    if index < table.count { return RGBColor(hex: table[index]) }
    let step = index - table.count
    // A turn is 2^32, and this the golden ratio's share of it.
    let hue = Int(UInt32(truncatingIfNeeded: step) &* 2_654_435_769)
    let saturation = [200, 130, 230][step % 3]
    let brightness = [240, 180, 130][step / 3 % 3]
    return RGBColor(hue: hue, saturation: saturation, brightness: brightness)
  }

  /// The first 256 colours, for files with a palette.
  package static let colors = (0..<256).map(color(ofClass:))

  /// The 256 colours of PASCAL VOC's label maps: the bits of the index, three by three, from the top of red, green and
  /// blue (`VOClabelcolormap` of its development kit).
  package static let vocColors = (0..<256).map { index in
    var (red, green, blue) = (0, 0, 0)
    for bit in 0..<3 {
      let bits = index >> (3 * bit)
      red |= (bits & 1) << (7 - bit)
      green |= (bits >> 1 & 1) << (7 - bit)
      blue |= (bits >> 2 & 1) << (7 - bit)
    }
    return RGBColor(UInt8(red), UInt8(green), UInt8(blue))
  }
}

extension RGBColor {
  /// A colour of the hexcone model, in integers, the same on every machine.
  ///
  /// - Parameters:
  ///   - hue: 0 to below 2^32, once around from red over green and blue.
  ///   - saturation: 0 to 255.
  ///   - brightness: The largest sample, 0 to 255.
  fileprivate init(hue: Int, saturation: Int, brightness: Int) {
    let position = hue * 6
    let sector = position >> 32
    let fraction = (position & 0xFFFF_FFFF) >> 24  // 0 to 255 within the sector
    func sample(_ loss: Int) -> UInt8 { UInt8(brightness * (255 - loss) / 255) }
    let high = sample(0)
    let low = sample(saturation)
    let rising = sample(saturation * (255 - fraction) / 255)
    let falling = sample(saturation * fraction / 255)
    switch sector {
    case 0: self.init(high, rising, low)
    case 1: self.init(falling, high, low)
    case 2: self.init(low, high, rising)
    case 3: self.init(low, falling, high)
    case 4: self.init(rising, low, high)
    default: self.init(high, low, falling)
    }
  }
}
