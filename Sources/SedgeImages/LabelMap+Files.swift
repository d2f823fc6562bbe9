// Label maps from files and to files.

internal import CLibPNG
public import SedgeTensor

extension LabelMap {
  /// Reads a PNG or TIFF file whose pixels are class indices, as they are stored: gray samples or palette indices.
  ///
  /// Gray of 1, 2 and 4 bits is not scaled, and a palette's colours play no part. Samples of TIFF may be signed.
  ///
  /// - Throws: ``FormatError`` when the file cannot be read, has more than one channel, is of a format that does not keep
  ///   class indices, or does not have all of its pixels.
  public init(path: String) throws(FormatError) {
    self = try FormatError.locating(path: path) { () throws(FormatError) in
      try Self.map(PictureFile(path: path))
    }
  }

  private static func map(_ file: PictureFile) throws(FormatError) -> LabelMap {
    let advice =
      "a label map is a PNG or TIFF of one channel, gray or with a palette, whose values are class indices"
    switch file.format {
    case .png:
      let header = try PNGHeader(file)
      guard header.hasOneChannel else {
        throw FormatError(unsupported(channelCount: header.channelCount, advice: advice))
      }
      return try png(file, header)
    case .tiff:
      let picture = try TIFFPicture(file)
      guard picture.sampleCount == 1 else {
        throw FormatError(unsupported(channelCount: picture.sampleCount, advice: advice))
      }
      guard picture.color != .grayFromWhite else {
        throw FormatError(
          .unsupported("gray that counts from white, for class indices", advice: advice))
      }
      guard picture.isLossless else {
        throw FormatError(
          .unsupported("JPEG within TIFF for class indices", advice: "JPEG changes values: \(advice)"))
      }
      return try picture.labels().turnedUpright(from: picture.orientation)
    case .jpeg:
      throw FormatError(
        .unsupported("JPEG for class indices", advice: "JPEG changes values: \(advice)"))
    case .webp, .bmp:
      throw FormatError(
        .unsupported("\(file.format == .webp ? "WebP" : "BMP") for class indices", advice: advice)
      )
    }
  }

  private static func unsupported(channelCount: Int, advice: String) -> FormatError.Kind {
    channelCount > 2
      ? .unsupported(
        "colours for class indices",
        advice: "colours are for viewers: \(advice); take the original, or map each colour to its index")
      : .unsupported("alpha for class indices", advice: "\(advice); leave the alpha channel out")
  }

  private static func png(_ file: PictureFile, _ header: PNGHeader) throws(FormatError) -> LabelMap {
    let sampleByteCount = header.bitDepth == 16 ? 2 : 1
    let bytes = try decodePNG(
      file, header: header, form: SEDGE_PNG_RAW, rowByteCount: header.width * sampleByteCount)
    let labels =
      sampleByteCount == 1
      ? bytes.map(Int.init)
      : stride(from: 0, to: bytes.count, by: 2).map { Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]) }
    return LabelMap(width: header.width, height: header.height, labels: labels)
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

  /// Writes the class indices as a PNG file of 8 bits with a palette, whole or not at all.
  ///
  /// Programs that read indices, such as those for PASCAL VOC's labels, find the class indices; viewers show the colours.
  ///
  /// - Parameter palette: The colour of each index, at most 256. An index without a colour traps.
  /// - Throws: ``FormatError`` when the file cannot be written.
  package func writePNG(to path: String, palette: [RGBColor]) throws(FormatError) {
    precondition(palette.count <= 256 && labels.allSatisfy(palette.indices.contains))
    try SedgeImages.writePNG(
      width: width, height: height, bitDepth: 8, colorType: PNG_COLOR_TYPE_PALETTE,
      pixels: labels.map { UInt8($0) }, palette: palette, to: path)
  }
}
