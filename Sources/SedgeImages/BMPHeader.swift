// Windows bitmaps: header and uncompressed pixels.

internal import SedgeTensor

/// The header of an uncompressed BMP file of 1, 4, 8, 16, 24 or 32 bits a pixel that has all of its rows.
///
/// As in Pillow, alpha is dropped, and 16 bits are 5 for each colour unless there are masks.
struct BMPHeader {
  let width: Int
  let height: Int
  private let bitCount: Int
  private let isTopDown: Bool
  private let firstRowOffset: Int
  private var palette: [RGBColor] = []
  /// Bits of red, green and blue in a pixel of 16 or 32.
  private var masks: [UInt32] = []

  private static let advice = "save the picture as PNG, or as BMP without compression"

  /// Reads the header and the palette, and makes sure that there is a row for each line.
  init(_ file: PictureFile) throws(FormatError) {
    let bytes = ByteCursor(wholeFile: file.bytes)
    func number(_ offset: Int, _ byteCount: Int) throws(FormatError) -> Int {
      var place = bytes.moved(to: offset)
      return try place.bytes(byteCount).reversed().reduce(0) { $0 << 8 | Int($1) }
    }
    let headerByteCount = try number(14, 4)
    guard [12, 40, 52, 56, 64, 108, 124].contains(headerByteCount) else {
      throw FormatError(.malformed("a header of \(headerByteCount) bytes"), byteOffset: 14)
    }
    _ = try number(14 + headerByteCount - 1, 1)
    let isOld = headerByteCount == 12
    let storedHeight = isOld ? try number(20, 2) : Int(Int32(truncatingIfNeeded: try number(22, 4)))
    width = isOld ? try number(18, 2) : Int(Int32(truncatingIfNeeded: try number(18, 4)))
    height = abs(storedHeight)
    isTopDown = storedHeight < 0
    bitCount = try number(isOld ? 24 : 28, 2)
    let compression = isOld ? 0 : try number(30, 4)
    guard [1, 4, 8, 16, 24, 32].contains(bitCount) else {
      throw FormatError(.malformed("\(bitCount) bits a pixel"), byteOffset: 28)
    }
    guard compression == 0 || compression == 3 && bitCount >= 16 else {
      throw FormatError(
        .unsupported("compression \(compression) of BMP", advice: Self.advice))
    }
    try file.check(width: width, height: height) { [bitCount] in $0 * bitCount / 8 }

    var offset = try number(10, 4)
    let entryByteCount = isOld ? 3 : 4
    var colorCount = isOld ? 0 : try number(46, 4)
    if colorCount == 0, bitCount <= 8 { colorCount = 1 << bitCount }
    if bitCount <= 8 {
      guard colorCount <= 1 << 16 else {
        throw FormatError(.malformed("a palette of \(colorCount) colours"), byteOffset: 46)
      }
      let start = 14 + headerByteCount
      if offset == start { offset += entryByteCount * colorCount }
      for i in 0..<min(colorCount, 256) {
        let entry = try number(start + entryByteCount * i, 3)
        palette.append(
          RGBColor(
            UInt8(truncatingIfNeeded: entry >> 16), UInt8(truncatingIfNeeded: entry >> 8),
            UInt8(truncatingIfNeeded: entry)))
      }
    } else if compression == 3 {
      // The masks are at the same offset, within a long header or behind a short one.
      masks = [
        UInt32(try number(54, 4)), UInt32(try number(58, 4)), UInt32(try number(62, 4)),
      ]
      if offset == 0 { offset = headerByteCount == 40 ? 66 : 14 + headerByteCount }
    } else {
      masks = bitCount == 16 ? [0x7C00, 0x3E0, 0x1F] : [0xFF0000, 0xFF00, 0xFF]
    }
    if bitCount == 32, masks == [0, 0, 0] { masks = [0xFF0000, 0xFF00, 0xFF] }
    firstRowOffset = offset == 0 ? 14 + headerByteCount + entryByteCount * palette.count : offset
    guard masks.isEmpty || bitCount == 24 || masks.allSatisfy(hasWholeMask) else {
      throw FormatError(.unsupported("unusual masks of BMP", advice: Self.advice))
    }
    var rows = bytes.moved(to: firstRowOffset)
    try rows.skip(rowByteCount * height)
  }

  /// Bytes of a row, which end on a multiple of 4.
  private var rowByteCount: Int { (width * bitCount + 31) / 32 * 4 }

  private func hasWholeMask(_ mask: UInt32) -> Bool {
    let bits = mask == 0 ? 0 : mask >> UInt32(mask.trailingZeroBitCount)
    return bitCount == 32 ? bits == 0xFF : mask < 0x10000 && (bits == 0x1F || bits == 0x3F)
  }

  /// The pixels.
  func image(_ file: PictureFile) -> RGBImage {
    var pixels: [UInt8] = []
    pixels.reserveCapacity(3 * width * height)
    for y in 0..<height {
      let row = firstRowOffset + (isTopDown ? y : height - 1 - y) * rowByteCount
      for x in 0..<width {
        let color = color(x, in: file.bytes, row: row)
        pixels.append(color.red)
        pixels.append(color.green)
        pixels.append(color.blue)
      }
    }
    return RGBImage(width: width, height: height, pixels: pixels)
  }

  private func color(_ x: Int, in bytes: [UInt8], row: Int) -> RGBColor {
    switch bitCount {
    case 24:
      let start = row + 3 * x
      return RGBColor(bytes[start + 2], bytes[start + 1], bytes[start])
    case 16, 32:
      let start = row + bitCount / 8 * x
      var pixel = UInt32(bytes[start]) | UInt32(bytes[start + 1]) << 8
      if bitCount == 32 { pixel |= UInt32(bytes[start + 2]) << 16 | UInt32(bytes[start + 3]) << 24 }
      return RGBColor(sample(pixel, masks[0]), sample(pixel, masks[1]), sample(pixel, masks[2]))
    default:
      let byte = Int(bytes[row + x * bitCount / 8])
      let index = byte >> (8 - bitCount - x * bitCount % 8) & (1 << bitCount - 1)
      // An index beyond the palette is black, as in Pillow.
      return index < palette.count ? palette[index] : RGBColor(0, 0, 0)
    }
  }

  /// A sample scaled to 8 bits.
  private func sample(_ pixel: UInt32, _ mask: UInt32) -> UInt8 {
    let shift = UInt32(mask.trailingZeroBitCount)
    return UInt8(truncatingIfNeeded: (pixel & mask) >> shift * 255 / (mask >> shift))
  }
}
