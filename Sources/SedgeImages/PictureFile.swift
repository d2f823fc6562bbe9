// A picture file in memory, and the limits of every picture.

internal import SedgeTensor

/// The bytes of a picture file.
struct PictureFile {
  /// The most pixels of a picture that is read: 8,192 x 8,192.
  ///
  /// Decoding takes up to 11 bytes a pixel, those of the result among them, for a progressive JPEG or a TIFF of one strip.
  static let maximumPixelCount = 1 << 26
  /// The most bytes of a file that is read.
  static let maximumByteCount = 1 << 29

  let format: PictureFormat
  let bytes: [UInt8]

  init(path: String) throws(FormatError) {
    let file = try InputFile(path: path)
    let start = try file.bytes(at: 0, count: min(PictureFormat.startByteCount, file.byteCount))
    self.format = try PictureFile.format(of: start)
    guard file.byteCount <= PictureFile.maximumByteCount else {
      throw FormatError(
        .unsupported("\(file.byteCount) bytes for one picture", advice: "at most 512 MiB are read"))
    }
    self.bytes = try file.bytes(at: 0, count: file.byteCount)
  }

  private static func format(of start: [UInt8]) throws(FormatError) -> PictureFormat {
    let expected = "PNG, JPEG, WebP, TIFF or BMP picture"
    if start.isEmpty { throw FormatError(.malformed("it is empty, expected a \(expected)")) }
    if let format = PictureFormat(start: start) { return format }
    if let other = UnreadFormat(start: start) {
      throw FormatError(.unsupported("the format \(other.name)", advice: other.advice))
    }
    throw FormatError(.malformed("its first bytes are those of no \(expected)"))
  }

  /// Refuses a size that a header claims and the file cannot have.
  ///
  /// - Parameter leastByteCount: Bytes that so many pixels take when they are packed as tightly as the format can.
  func check(width: Int, height: Int, leastByteCount: (_ pixelCount: Int) -> Int) throws(FormatError) {
    guard width > 0, height > 0 else {
      throw FormatError(.malformed("a picture of \(width) x \(height) pixels"))
    }
    let (pixelCount, overflow) = width.multipliedReportingOverflow(by: height)
    guard !overflow, pixelCount <= PictureFile.maximumPixelCount else {
      throw FormatError(
        .unsupported(
          "\(width) x \(height) pixels",
          advice: "at most \(PictureFile.maximumPixelCount) pixels are read: scale the picture down"))
    }
    guard bytes.count >= leastByteCount(pixelCount) else {
      throw FormatError(
        .malformed("\(width) x \(height) pixels cannot come from \(bytes.count) bytes"))
    }
  }
}
