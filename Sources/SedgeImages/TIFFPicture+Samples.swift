// The samples of a TIFF as a picture or a label map, by libtiff.

internal import CTIFF
internal import SedgeTensor

extension TIFFPicture {
  /// The picture as it is stored, not yet turned, in 8 bits.
  func image() throws(FormatError) -> RGBImage {
    guard !isSigned, bitCount <= 16 else {
      throw FormatError(
        .unsupported(
          "\(isSigned ? "signed " : "")samples of \(bitCount) bits in a picture", advice: Self.advice))
    }
    let palette = color == .palette ? tiff.palette(bitCount: bitCount) : []
    guard color != .palette || palette.count == 1 << bitCount else {
      throw FormatError(.malformed("it has no palette"))
    }
    let isPremultiplied = sampleCount > color.sampleCount && tiff.extraSample == Int(EXTRASAMPLE_ASSOCALPHA)
    var pixels = [UInt8](repeating: 0, count: 3 * width * height)
    try forEachRow { x, y, samples in
      var place = 3 * (y * width + x)
      for i in stride(from: 0, to: samples.count, by: sampleCount) {
        let alpha = isPremultiplied ? byte(samples[i + color.sampleCount]) : 255
        let pixel = rgb(samples, at: i, palette: palette, alpha: alpha)
        (pixels[place], pixels[place + 1], pixels[place + 2]) = (pixel.red, pixel.green, pixel.blue)
        place += 3
      }
    }
    return RGBImage(width: width, height: height, pixels: pixels)
  }

  /// The samples of a picture of one channel, not yet turned.
  func labels() throws(FormatError) -> LabelMap {
    var labels = [Int](repeating: 0, count: width * height)
    try forEachRow { x, y, samples in
      let start = y * width + x
      for i in samples.indices { labels[start + i] = samples[i] }
    }
    return LabelMap(width: width, height: height, labels: labels)
  }

  /// The high byte of 16 bits, or fewer bits scaled to the full range.
  private func byte(_ sample: Int) -> Int {
    bitCount == 16 ? sample >> 8 : bitCount < 8 ? sample * 255 / (1 << bitCount - 1) : sample
  }

  /// The colour of the pixel whose samples begin at an index; what was multiplied by alpha is divided by it.
  private func rgb(_ samples: [Int], at start: Int, palette: [RGBColor], alpha: Int) -> RGBColor {
    func channel(_ index: Int) -> Int {
      let value = byte(samples[start + index])
      return alpha == 255 ? value : alpha == 0 ? 0 : min(255, 255 * value / alpha)
    }
    func color8(_ red: Int, _ green: Int, _ blue: Int) -> RGBColor {
      RGBColor(
        UInt8(truncatingIfNeeded: red), UInt8(truncatingIfNeeded: green), UInt8(truncatingIfNeeded: blue))
    }
    switch color {
    case .palette:
      return palette[samples[start]]
    case .gray, .grayFromWhite:
      let gray = color == .grayFromWhite ? 255 - channel(0) : channel(0)
      return color8(gray, gray, gray)
    case .rgb, .luma:
      return color8(channel(0), channel(1), channel(2))
    case .cmyk:
      let light = 255 - channel(3)
      func lit(_ ink: Int) -> Int { light - (ink * light + 127) / 255 }
      return color8(lit(channel(0)), lit(channel(1)), lit(channel(2)))
    }
  }

  /// Decodes all strips or tiles and hands over the samples of each of their rows, pixel by pixel.
  private func forEachRow(_ body: (_ x: Int, _ y: Int, _ samples: [Int]) -> Void) throws(FormatError) {
    let isTiled = tiff.isTiled
    let blockWidth = isTiled ? tiff.long(TIFFTAG_TILEWIDTH) : width
    let blockHeight = isTiled ? tiff.long(TIFFTAG_TILELENGTH) : rowsPerStrip
    let planeCount = isPlanar ? sampleCount : 1
    let rowByteCount = (blockWidth * bitCount * (sampleCount / planeCount) + 7) / 8
    let fullRowCount = isTiled ? blockHeight : min(blockHeight, height)
    let (blockByteCount, overflow) = rowByteCount.multipliedReportingOverflow(by: fullRowCount)
    guard blockWidth > 0, blockHeight > 0, rowByteCount == tiff.rowByteCount, !overflow,
      blockByteCount <= TIFFFile.largestBlockByteCount,
      blockWidth <= max(2 * width, 2048), blockHeight <= max(2 * height, 2048)
    else {
      throw FormatError(.malformed("blocks of \(blockWidth) x \(blockHeight) pixels"))
    }
    let columnCount = (width + blockWidth - 1) / blockWidth
    let rowCount = (height + blockHeight - 1) / blockHeight
    guard tiff.blockCount == columnCount * rowCount * planeCount else {
      throw FormatError(
        .malformed("\(tiff.blockCount) blocks, expected \(columnCount * rowCount * planeCount)"))
    }
    for index in 0..<columnCount * rowCount {
      let (x, y) = (index % columnCount * blockWidth, index / columnCount * blockHeight)
      let (usedWidth, usedHeight) = (min(blockWidth, width - x), min(blockHeight, height - y))
      var planes: [[UInt8]] = []
      for plane in 0..<planeCount {
        var block = [UInt8](repeating: 0, count: rowByteCount * (isTiled ? blockHeight : usedHeight))
        try tiff.readBlock(plane * columnCount * rowCount + index, into: &block)
        planes.append(block)
      }
      var samples = [Int](repeating: 0, count: usedWidth * sampleCount)
      for row in 0..<usedHeight {
        for (plane, block) in planes.enumerated() {
          let count = usedWidth * sampleCount / planeCount
          for i in 0..<count {
            samples[planeCount == 1 ? i : i * sampleCount + plane] = sample(
              i, of: block, row: row * rowByteCount)
          }
        }
        body(x, y + row, samples)
      }
    }
  }

  /// Rows of a strip; all of them where the file has no such tag.
  private var rowsPerStrip: Int {
    let count = tiff.long(TIFFTAG_ROWSPERSTRIP)
    return count == 0 ? height : min(count, height)
  }

  /// A number of a row that begins at a byte; libtiff has put it into the machine's byte order.
  private func sample(_ i: Int, of block: [UInt8], row: Int) -> Int {
    let byteCount = bitCount / 8
    guard byteCount > 0 else {
      let byte = Int(block[row + i * bitCount / 8])
      return byte >> (8 - bitCount - i * bitCount % 8) & (1 << bitCount - 1)
    }
    var value = 0
    for k in 0..<byteCount {
      #if _endian(little)
        value |= Int(block[row + i * byteCount + k]) << (8 * k)
      #else
        value = value << 8 | Int(block[row + i * byteCount + k])
      #endif
    }
    return isSigned && value >> (bitCount - 1) != 0 ? value - 1 << bitCount : value
  }
}
