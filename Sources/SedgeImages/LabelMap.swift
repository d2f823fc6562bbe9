// A class index for every pixel.

internal import CLibPNG
public import SedgeTensor

/// A class index for every pixel of a picture.
public struct LabelMap: Sendable, Hashable {
  /// Pixels of a row.
  public let width: Int
  /// The number of rows.
  public let height: Int
  /// The class indices: rows from the top, pixels from the left; `width * height` of them.
  public let labels: [Int]

  /// Puts a size on class indices; a count that does not fit the size traps.
  public init(width: Int, height: Int, labels: [Int]) {
    precondition(width > 0 && height > 0 && labels.count == width * height)
    self.width = width
    self.height = height
    self.labels = labels
  }

  /// Reads a PNG file whose pixels are class indices, as they are stored: gray samples or palette indices.
  ///
  /// Gray of 1, 2 and 4 bits is not scaled, and a palette's colours play no part.
  ///
  /// - Throws: ``FormatError`` when the file cannot be read, is no PNG of one channel, or does not have all of its
  ///   pixels.
  public init(path: String) throws(FormatError) {
    let file = try PictureFile(path: path)
    let advice = "a label map is a PNG with one channel, gray or with a palette"
    guard file.format == .png else {
      throw FormatError(.unsupported("JPEG for class indices", advice: advice), path: path)
    }
    let header = try PNGHeader(file)
    guard header.hasOneChannel else {
      throw FormatError(.unsupported("colour or alpha for class indices", advice: advice), path: path)
    }
    let sampleByteCount = header.bitDepth == 16 ? 2 : 1
    let bytes = try decodePNG(
      file, header: header, form: SEDGE_PNG_RAW, rowByteCount: header.width * sampleByteCount)
    let labels =
      sampleByteCount == 1
      ? bytes.map(Int.init)
      : stride(from: 0, to: bytes.count, by: 2).map { Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]) }
    self.init(width: header.width, height: header.height, labels: labels)
  }

  /// Writes the class indices as a gray PNG file, whole or not at all: 8 bits where 255 suffices, else 16.
  ///
  /// The samples are the indices themselves, so that other programs read them as they are. The same map makes the
  /// same bytes, with the same libpng and zlib. An index below 0 or above 65,535 traps.
  ///
  /// - Throws: ``FormatError`` when the file cannot be written.
  public func writePNG(to path: String) throws(FormatError) {
    let isWide = labels.contains { $0 > 255 }
    var samples = [UInt8]()
    samples.reserveCapacity(labels.count * (isWide ? 2 : 1))
    for label in labels {
      let label = UInt16(label)
      if isWide { samples.append(UInt8(label >> 8)) }
      samples.append(UInt8(truncatingIfNeeded: label))
    }
    try SedgeImages.writePNG(
      width: width, height: height, bitDepth: isWide ? 16 : 8, colorType: PNG_COLOR_TYPE_GRAY,
      pixels: samples,
      to: path)
  }
}
