// The markers of a JPEG file, before it is decoded (ITU-T T.81, annex B).

internal import SedgeTensor

/// The frame header and the metadata of a JPEG file that reaches its end-of-image marker.
struct JPEGHeader {
  private(set) var width = 0
  private(set) var height = 0
  /// 1 for gray, 3 for colour, 4 for CMYK.
  private(set) var componentCount = 0
  /// The metadata before the coded data.
  private(set) var metadata = PictureMetadata()

  /// Walks the markers from start to end of image.
  ///
  /// Bytes between segments are passed over, which leads through the coded data too: there a byte 0xFF is followed by
  /// 0 or by a restart marker.
  init(_ file: PictureFile) throws(FormatError) {
    var segments = ByteCursor(wholeFile: file.bytes)
    try segments.skip(2)
    var isBeforeScans = true
    while true {
      let marker = try JPEGHeader.marker(&segments)
      switch marker {
      case 0x00, 0x01, 0xD0...0xD8: continue
      case 0xD9:
        guard componentCount > 0 else { throw FormatError(.malformed("it has no frame")) }
        return
      default: break
      }
      let byteCount = Int(try segments.bigEndianInteger(UInt16.self))
      guard byteCount >= 2 else {
        throw segments.fault(.malformed("a segment of \(byteCount) bytes"), back: 2)
      }
      let segment = try segments.bytes(byteCount - 2)
      if marker == 0xDA { isBeforeScans = false }
      if marker == 0xE1, isBeforeScans {
        metadata.add(jpegSegment: segment)
      } else if JPEGHeader.isFrame(marker) {
        try readFrame(marker, Array(segment), file)
      }
    }
  }

  /// Passes over everything before the next marker.
  private static func marker(_ segments: inout ByteCursor) throws(FormatError) -> UInt8 {
    try segments.skip(to: 0xFF)
    while !segments.isAtEnd {
      let marker = try segments.byte()
      if marker != 0xFF { return marker }
    }
    throw segments.shortage(of: 2)
  }

  private static func isFrame(_ marker: UInt8) -> Bool {
    (0xC0...0xCF).contains(marker) && marker != 0xC4 && marker != 0xC8 && marker != 0xCC
  }

  private mutating func readFrame(
    _ marker: UInt8, _ segment: [UInt8], _ file: PictureFile
  ) throws(FormatError) {
    guard componentCount == 0 else { throw FormatError(.malformed("it has two frames")) }
    var fields = ByteCursor(segment, part: "its frame header")
    let bitCount = try fields.byte()
    let height = Int(try fields.bigEndianInteger(UInt16.self))
    let width = Int(try fields.bigEndianInteger(UInt16.self))
    let componentCount = Int(try fields.byte())
    guard (0xC0...0xC2).contains(marker), bitCount == 8 else {
      throw FormatError(
        .unsupported(
          "lossless, hierarchical, arithmetic or \(bitCount)-bit JPEG coding",
          advice: "save the picture as an ordinary JPEG or as PNG"))
    }
    guard [1, 3, 4].contains(componentCount) else {
      throw FormatError(
        .malformed("\(componentCount) colour components, expected 1, 3 or 4"))
    }
    try file.check(width: width, height: height) { pixelCount in
      // Each block of 8 x 8 pixels takes one bit or more.
      pixelCount / 64 / 8
    }
    self.width = width
    self.height = height
    self.componentCount = componentCount
  }
}
