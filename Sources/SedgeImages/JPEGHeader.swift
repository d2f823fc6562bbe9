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
    let bytes = file.bytes
    var offset = 2
    var isBeforeScans = true
    while true {
      while offset < bytes.count, bytes[offset] != 0xFF { offset += 1 }
      while offset < bytes.count, bytes[offset] == 0xFF { offset += 1 }
      guard offset < bytes.count else {
        throw FormatError(
          .truncated(expectedBytes: bytes.count + 2, actualBytes: bytes.count))
      }
      let marker = bytes[offset]
      offset += 1
      switch marker {
      case 0x00, 0x01, 0xD0...0xD8: continue
      case 0xD9:
        guard componentCount > 0 else { throw FormatError(.malformed("it has no frame")) }
        return
      default: break
      }
      let length = bytes.bigEndian(at: offset, byteCount: 2) ?? 2
      guard length >= 2 else {
        throw FormatError(.malformed("a segment of \(length) bytes"), byteOffset: offset)
      }
      guard offset + length <= bytes.count else {
        throw FormatError(
          .truncated(expectedBytes: offset + length, actualBytes: bytes.count))
      }
      let segment = offset + 2..<offset + length
      offset += length
      if marker == 0xDA { isBeforeScans = false }
      if marker == 0xE1, isBeforeScans {
        metadata.add(jpegSegment: bytes[segment])
      } else if JPEGHeader.isFrame(marker) {
        try readFrame(marker, Array(bytes[segment]), file)
      }
    }
  }

  private static func isFrame(_ marker: UInt8) -> Bool {
    (0xC0...0xCF).contains(marker) && marker != 0xC4 && marker != 0xC8 && marker != 0xCC
  }

  private mutating func readFrame(
    _ marker: UInt8, _ segment: [UInt8], _ file: PictureFile
  ) throws(FormatError) {
    guard componentCount == 0 else { throw FormatError(.malformed("it has two frames")) }
    guard segment.count >= 6, let height = segment.bigEndian(at: 1, byteCount: 2),
      let width = segment.bigEndian(at: 3, byteCount: 2)
    else { throw FormatError(.malformed("its frame header is too short")) }
    guard (0xC0...0xC2).contains(marker), segment[0] == 8 else {
      throw FormatError(
        .unsupported(
          "lossless, hierarchical, arithmetic or \(segment[0])-bit JPEG coding",
          advice: "save the picture as an ordinary JPEG or as PNG"))
    }
    let componentCount = Int(segment[5])
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
