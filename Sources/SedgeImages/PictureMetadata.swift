// Metadata of a picture, for its orientation.

internal import SedgeByteCompression
internal import SedgeTensor

/// The blocks of a file that may hold the orientation of the picture.
///
/// They are judged as Pillow's `ImageOps.exif_transpose` does: EXIF comes first, and XMP counts where EXIF has no
/// orientation. A malformed block is ignored.
struct PictureMetadata {
  /// The first EXIF block, with or without the words `Exif` before it.
  var exif: [UInt8]?
  /// ImageMagick's EXIF block in hexadecimal digits, behind three lines.
  var rawProfile: [UInt8]?
  /// The XMP packet, XML text.
  var xmp: [UInt8]?

  /// The most bytes that a compressed text of a PNG may have, as in Pillow: 1 MiB.
  private static let maximumTextByteCount = 1 << 20
  /// The most bytes that all compressed texts of a PNG may have together, as in Pillow: 64 MiB; later ones are ignored.
  private static let maximumInflatedByteCount = 1 << 26
  private var inflatedByteCount = 0
  static let exifPrefix = Array("Exif\0\0".utf8)
  static let xmpPrefix = Array("http://ns.adobe.com/xap/1.0/\0".utf8)

  /// Starts with an XMP packet, or with nothing.
  init(xmp: [UInt8]? = nil) { self.xmp = xmp }

  /// The orientation; upright where there is none.
  var orientation: Orientation {
    if let block = exif ?? rawProfile.flatMap(Self.binary),
      let directory = TIFFDirectory(bytes: Self.tiff(in: block)),
      directory.contains(Orientation.tag)
    {
      return directory.integer(Orientation.tag).flatMap(Orientation.init) ?? .upright
    }
    return xmp.flatMap(Self.orientation) ?? .upright
  }

  /// Takes an APP1 segment of a JPEG file; a longer EXIF block is continued in further segments.
  mutating func add(jpegSegment segment: ArraySlice<UInt8>) {
    if segment.starts(with: Self.exifPrefix) {
      // In place: a block in many segments takes no more time than one in few.
      if exif == nil {
        exif = Array(segment)
      } else {
        exif?.append(contentsOf: segment.dropFirst(Self.exifPrefix.count))
      }
    } else if segment.starts(with: Self.xmpPrefix) {
      xmp = Array(segment.dropFirst(Self.xmpPrefix.count))
    }
  }

  /// Takes a chunk of a PNG file (third edition, 11.3.3 and 11.3.4.5); of several of one kind the last counts.
  mutating func add(pngChunk type: ArraySlice<UInt8>, _ data: ArraySlice<UInt8>) {
    switch String(decoding: type, as: UTF8.self) {
    case "eXIf":
      exif = Array(data)
    case "tEXt":
      if let (keyword, text) = Self.split(data) { add(text: Array(text), keyword: keyword) }
    case "zTXt":
      if let (keyword, rest) = Self.split(data), rest.first == 0,
        let text = inflated(rest.dropFirst(), keyword)
      {
        add(text: text, keyword: keyword)
      }
    case "iTXt":
      guard let (keyword, rest) = Self.split(data), rest.count > 2,
        let (_, translated) = Self.split(rest.dropFirst(2)), let (_, text) = Self.split(translated)
      else { return }
      let isCompressed = rest[rest.startIndex] != 0
      if isCompressed, rest[rest.startIndex + 1] != 0 { return }
      if let text = isCompressed ? inflated(text, keyword) : Array(text) { add(text: text, keyword: keyword) }
    default: break
    }
  }

  /// The keywords of texts that may hold the orientation: ImageMagick's profile and XMP.
  private static let keywords = ["Raw profile type exif", "XML:com.adobe.xmp"].map { Array($0.utf8) }

  private mutating func add(text: [UInt8], keyword: ArraySlice<UInt8>) {
    if keyword.elementsEqual(Self.keywords[0]) { rawProfile = text }
    if keyword.elementsEqual(Self.keywords[1]) { xmp = text }
  }

  /// The bytes before and behind the first zero byte.
  private static func split(_ data: ArraySlice<UInt8>) -> (ArraySlice<UInt8>, ArraySlice<UInt8>)? {
    data.firstIndex(of: 0).map { (data[..<$0], data[($0 + 1)...]) }
  }

  /// Inflates a text; `nil` where it is damaged or longer than ``maximumTextByteCount``.
  private mutating func inflated(_ data: ArraySlice<UInt8>, _ keyword: ArraySlice<UInt8>) -> [UInt8]? {
    guard Self.keywords.contains(where: keyword.elementsEqual),
      inflatedByteCount < Self.maximumInflatedByteCount
    else { return nil }
    let text = try? Inflater.inflate(
      Array(data), as: .zlib, name: "the text", limit: Self.maximumTextByteCount, ignoresTrailingBytes: true)
    // What was inflated in vain counts as the limit.
    inflatedByteCount += text?.count ?? Self.maximumTextByteCount
    return text
  }

  /// The bytes of ImageMagick's text: a blank line, the name, the length, hexadecimal digits.
  private static func binary(ofProfile text: [UInt8]) -> [UInt8]? {
    let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let blanks = Set(" \t\r\n\u{B}\u{C}".utf8)
    return [UInt8](hexadecimal: lines.dropFirst(3).joined().filter { !blanks.contains($0) })
  }

  /// An EXIF block without the words before it, which stand there once, twice or not at all.
  private static func tiff(in block: [UInt8]) -> [UInt8] {
    var rest = block[...]
    for _ in 0..<2 where rest.starts(with: exifPrefix) { rest = rest.dropFirst(exifPrefix.count) }
    return Array(rest)
  }

  /// The orientation in an XMP packet, written as an attribute or as an element.
  private static func orientation(inXMP packet: [UInt8]) -> Orientation? {
    let name = Array("tiff:Orientation".utf8)
    var rest = packet[...]
    while let start = rest.firstRange(of: name) {
      rest = rest[start.upperBound...]
      for before in ["=\"", ">"] where rest.starts(with: before.utf8) {
        let digit = rest.dropFirst(before.utf8.count).first
        if let digit, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) {
          return Orientation(rawValue: Int(digit - UInt8(ascii: "0")))
        }
      }
    }
    return nil
  }
}
