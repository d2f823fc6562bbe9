// The first picture of a TIFF file: its header.

internal import CTIFF
internal import SedgeTensor

/// The first picture of a TIFF file: its header checked, its samples decoded on demand.
struct TIFFPicture {
  let width: Int
  let height: Int
  let color: TIFFColor
  /// Samples of a pixel, alpha and others among them.
  let sampleCount: Int
  /// Bits of a sample.
  let bitCount: Int
  let isSigned: Bool
  let orientation: Orientation
  /// Whether its compression keeps every sample; JPEG does not.
  let isLossless: Bool
  let isPlanar: Bool
  let tiff: TIFFFile

  /// Most bytes of samples that a compression makes of one byte; others are not read.
  private static let largestRatios = [1: 1, 5: 2731, 7: 1536, 8: 1032, 32773: 64, 32946: 1032]
  private static let otherCompressions = [
    2: "CCITT", 3: "CCITT", 4: "CCITT", 6: "old-style JPEG", 34712: "JPEG 2000", 34925: "LZMA",
    50000: "Zstandard",
    50001: "WebP", 50002: "JPEG XL",
  ]
  private static let otherColors = [6: "luma and chroma", 8: "CIELAB", 9: "CIELAB", 32803: "a colour filter"]
  static let advice = "save the picture as PNG, or as TIFF of 8 bits"

  /// Reads and checks the first directory.
  init(_ file: PictureFile) throws(FormatError) {
    let directory = try Self.checkedDirectory(file)
    tiff = try TIFFFile(file)
    width = tiff.long(TIFFTAG_IMAGEWIDTH)
    height = tiff.long(TIFFTAG_IMAGELENGTH)
    sampleCount = tiff.short(TIFFTAG_SAMPLESPERPIXEL, 1)
    bitCount = tiff.short(TIFFTAG_BITSPERSAMPLE, 1)
    isPlanar = tiff.short(TIFFTAG_PLANARCONFIG, 1) == Int(PLANARCONFIG_SEPARATE)
    let compression = tiff.short(TIFFTAG_COMPRESSION, 1)
    try Self.check(compression: compression)
    isLossless = compression != Int(COMPRESSION_JPEG) && compression != Int(COMPRESSION_OJPEG)
    let format = tiff.short(TIFFTAG_SAMPLEFORMAT, 1)
    isSigned = format == Int(SAMPLEFORMAT_INT)
    guard isSigned || format == Int(SAMPLEFORMAT_UINT) || format == Int(SAMPLEFORMAT_VOID) else {
      throw FormatError(.unsupported("floating-point samples of TIFF", advice: Self.advice))
    }
    let photometric = tiff.short(TIFFTAG_PHOTOMETRIC, 0)
    guard let color = TIFFColor(rawValue: photometric), color != .luma || compression == 7 && !isPlanar else {
      let name = Self.otherColors[photometric] ?? "number \(photometric)"
      throw FormatError(.unsupported("the colour space \(name) of TIFF", advice: Self.advice))
    }
    guard color == .palette || directory.integer(262) != TIFFColor.palette.rawValue else {
      throw FormatError(.malformed("it has no palette"))
    }
    self.color = color
    guard color.bitCounts.contains(bitCount), bitCount >= 8 || sampleCount == 1 else {
      throw FormatError(
        .unsupported("\(sampleCount) samples of \(bitCount) bits in TIFF", advice: Self.advice))
    }
    guard (color.sampleCount...8).contains(sampleCount), color != .luma || sampleCount == 3 else {
      throw FormatError(
        .malformed("\(sampleCount) samples a pixel, expected \(color.sampleCount)"))
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
      throw FormatError(.malformed("it has no directory"))
    }
    let (newSubfileType, compression, dngVersion) = (254, 259, 50706)
    if directory.contains(dngVersion) || (directory.integer(newSubfileType) ?? 0) & 1 != 0 {
      throw FormatError(
        .unsupported(
          "a camera's raw picture or a preview (DNG, NEF and such)",
          advice: "develop the picture and save it as PNG, JPEG or TIFF"))
    }
    try check(compression: directory.integer(compression) ?? 1)
    return directory
  }

  private static func check(compression: Int) throws(FormatError) {
    guard largestRatios[compression] == nil else { return }
    let name = otherCompressions[compression] ?? "\(compression)"
    throw FormatError(
      .unsupported("the compression \(name) of TIFF", advice: "save it with LZW or deflate, or as PNG"))
  }
}
