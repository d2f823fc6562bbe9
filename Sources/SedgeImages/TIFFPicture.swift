// TIFF files to pictures and label maps, by libtiff.

internal import CTIFF
internal import SedgeTensor

/// The first picture of a TIFF file: its header checked, its samples decoded on demand.
struct TIFFPicture {
  /// What the samples of a pixel mean (TIFF 6.0, PhotometricInterpretation).
  enum Color: Int {
    case grayFromWhite = 0
    case gray = 1
    case rgb = 2
    case palette = 3
    case cmyk = 5
    /// Luma and chroma, in which JPEG data lie; libtiff makes them red, green and blue.
    case luma = 6

    /// Samples of a pixel that are colour.
    var sampleCount: Int {
      switch self {
      case .gray, .grayFromWhite, .palette: 1
      case .rgb, .luma: 3
      case .cmyk: 4
      }
    }

    /// Bits of a sample that are read.
    var bitCounts: [Int] {
      switch self {
      case .gray, .grayFromWhite: [1, 2, 4, 8, 16, 32]
      case .rgb, .cmyk: [8, 16]
      case .palette: [1, 2, 4, 8]
      case .luma: [8]
      }
    }
  }

  let width: Int
  let height: Int
  let color: Color
  /// Samples of a pixel, alpha and others among them.
  let sampleCount: Int
  /// Bits of a sample.
  let bitCount: Int
  let isSigned: Bool
  let orientation: Orientation
  /// Whether its compression keeps every sample; JPEG does not.
  let isLossless: Bool
  private let isPlanar: Bool
  private let tiff: TIFFFile
  private let path: String

  /// Most bytes of samples that a compression makes of one byte; others are not read.
  private static let largestRatios = [1: 1, 5: 2731, 7: 1536, 8: 1032, 32773: 64, 32946: 1032]
  private static let otherCompressions = [
    2: "CCITT", 3: "CCITT", 4: "CCITT", 6: "old-style JPEG", 34712: "JPEG 2000", 34925: "LZMA",
    50000: "Zstandard",
    50001: "WebP", 50002: "JPEG XL",
  ]
  private static let otherColors = [6: "luma and chroma", 8: "CIELAB", 9: "CIELAB", 32803: "a colour filter"]
  private static let advice = "save the picture as PNG, or as TIFF of 8 bits"

  /// Reads and checks the first directory.
  init(_ file: PictureFile) throws(FormatError) {
    let directory = try Self.checkedDirectory(file)
    path = file.path
    tiff = try TIFFFile(file)
    width = tiff.long(TIFFTAG_IMAGEWIDTH)
    height = tiff.long(TIFFTAG_IMAGELENGTH)
    sampleCount = tiff.short(TIFFTAG_SAMPLESPERPIXEL, 1)
    bitCount = tiff.short(TIFFTAG_BITSPERSAMPLE, 1)
    isPlanar = tiff.short(TIFFTAG_PLANARCONFIG, 1) == Int(PLANARCONFIG_SEPARATE)
    let compression = tiff.short(TIFFTAG_COMPRESSION, 1)
    try Self.check(compression: compression, path: path)
    isLossless = compression != Int(COMPRESSION_JPEG) && compression != Int(COMPRESSION_OJPEG)
    let format = tiff.short(TIFFTAG_SAMPLEFORMAT, 1)
    isSigned = format == Int(SAMPLEFORMAT_INT)
    guard isSigned || format == Int(SAMPLEFORMAT_UINT) || format == Int(SAMPLEFORMAT_VOID) else {
      throw FormatError(.unsupported("floating-point samples of TIFF", advice: Self.advice), path: path)
    }
    let photometric = tiff.short(TIFFTAG_PHOTOMETRIC, 0)
    guard let color = Color(rawValue: photometric), color != .luma || compression == 7 && !isPlanar else {
      let name = Self.otherColors[photometric] ?? "number \(photometric)"
      throw FormatError(.unsupported("the colour space \(name) of TIFF", advice: Self.advice), path: path)
    }
    guard color == .palette || directory.integer(262) != Color.palette.rawValue else {
      throw FormatError(.malformed("it has no palette"), path: path)
    }
    self.color = color
    guard color.bitCounts.contains(bitCount), bitCount >= 8 || sampleCount == 1 else {
      throw FormatError(
        .unsupported("\(sampleCount) samples of \(bitCount) bits in TIFF", advice: Self.advice), path: path)
    }
    guard (color.sampleCount...8).contains(sampleCount), color != .luma || sampleCount == 3 else {
      throw FormatError(
        .malformed("\(sampleCount) samples a pixel, expected \(color.sampleCount)"), path: path)
    }
    let (bits, ratio) = (bitCount * sampleCount, Self.largestRatios[compression] ?? 1)
    try file.check(width: width, height: height) { $0 / 8 * bits / ratio }
    orientation =
      directory.contains(Orientation.tag)
      ? directory.integer(Orientation.tag).flatMap(Orientation.init) ?? .upright
      : PictureMetadata(xmp: tiff.xmp).orientation
    if color == .luma { tiff.decodeToRGB() }
  }

  /// Refuses, before libtiff sees the file, what it has weak decoders for, and raw pictures of cameras, which show a
  /// small preview first.
  private static func checkedDirectory(_ file: PictureFile) throws(FormatError) -> TIFFDirectory {
    guard let directory = TIFFDirectory(bytes: file.bytes) else {
      throw FormatError(.malformed("it has no directory"), path: file.path)
    }
    let (newSubfileType, compression, dngVersion) = (254, 259, 50706)
    if directory.contains(dngVersion) || (directory.integer(newSubfileType) ?? 0) & 1 != 0 {
      throw FormatError(
        .unsupported(
          "a camera's raw picture or a preview (DNG, NEF and such)",
          advice: "develop the picture and save it as PNG, JPEG or TIFF"), path: file.path)
    }
    try check(compression: directory.integer(compression) ?? 1, path: file.path)
    return directory
  }

  private static func check(compression: Int, path: String) throws(FormatError) {
    guard largestRatios[compression] == nil else { return }
    let name = otherCompressions[compression] ?? "\(compression)"
    throw FormatError(
      .unsupported("the compression \(name) of TIFF", advice: "save it with LZW or deflate, or as PNG"),
      path: path)
  }

  /// The picture as it is stored, not yet turned, in 8 bits.
  func image() throws(FormatError) -> RGBImage {
    guard !isSigned, bitCount <= 16 else {
      throw FormatError(
        .unsupported(
          "\(isSigned ? "signed " : "")samples of \(bitCount) bits in a picture", advice: Self.advice),
        path: path)
    }
    let palette = color == .palette ? tiff.palette(bitCount: bitCount) : []
    guard color != .palette || palette.count == 1 << bitCount else {
      throw FormatError(.malformed("it has no palette"), path: path)
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
      throw FormatError(.malformed("blocks of \(blockWidth) x \(blockHeight) pixels"), path: path)
    }
    let columnCount = (width + blockWidth - 1) / blockWidth
    let rowCount = (height + blockHeight - 1) / blockHeight
    guard tiff.blockCount == columnCount * rowCount * planeCount else {
      throw FormatError(
        .malformed("\(tiff.blockCount) blocks, expected \(columnCount * rowCount * planeCount)"), path: path)
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

  /// Rows of a strip; all of them where the file does not tell.
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
