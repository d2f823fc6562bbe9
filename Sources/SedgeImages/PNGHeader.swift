// The chunks of a PNG file, before any is decoded (PNG specification, third edition, chapters 5 and 11).

internal import SedgeTensor

/// The header chunk and the metadata of a PNG file that has all of its chunks.
struct PNGHeader {
  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  let width: Int
  let height: Int
  /// Bits of a sample or of a palette index: 1, 2, 4, 8 or 16.
  let bitDepth: Int
  /// The bits palette (1), colour (2), alpha (4).
  let colorType: Int
  private(set) var metadata = PictureMetadata()

  private static let channelCounts = [0: 1, 2: 3, 3: 1, 4: 2, 6: 4]

  /// Numbers of a pixel.
  var channelCount: Int { Self.channelCounts[colorType] ?? 0 }

  /// Whether a pixel is one number: gray without alpha, or a palette index.
  var hasOneChannel: Bool { colorType == 0 || colorType == 3 }

  /// Reads the header and walks the chunks to the end chunk, so that a file cut short is known as such.
  init(_ file: PictureFile) throws(FormatError) {
    let bytes = file.bytes
    if bytes.count >= 16, bytes[12..<16].elementsEqual("CgBI".utf8) {
      throw FormatError(
        .unsupported(
          "Apple's PNG for iPhone apps (CgBI)",
          advice: "restore it with pngcrush -revert-iphone-optimizations, or take the original"))
    }
    guard let width = bytes.bigEndian(at: 16, byteCount: 4),
      let height = bytes.bigEndian(at: 20, byteCount: 4),
      bytes.count >= 33
    else { throw FormatError(.truncated(expectedBytes: 33, actualBytes: bytes.count)) }
    guard bytes[8..<16].elementsEqual([0, 0, 0, 13] + Array("IHDR".utf8)) else {
      throw FormatError(.malformed("its first chunk is no header"), byteOffset: 8)
    }
    self.width = width
    self.height = height
    self.bitDepth = Int(bytes[24])
    self.colorType = Int(bytes[25])
    guard let channelCount = PNGHeader.channelCounts[colorType], [1, 2, 4, 8, 16].contains(bitDepth) else {
      throw FormatError(
        .malformed("colour type \(colorType) with \(bitDepth) bits"), byteOffset: 24)
    }
    let pixelBitCount = channelCount * bitDepth
    try file.check(width: width, height: height) { pixelCount in
      // Deflate makes at most 1,032 bytes of one.
      pixelCount * pixelBitCount / 8 / 1032
    }
    try readChunks(file)
  }

  private mutating func readChunks(_ file: PictureFile) throws(FormatError) {
    let bytes = file.bytes
    var offset = PNGHeader.signature.count
    while true {
      guard let length = bytes.bigEndian(at: offset, byteCount: 4), offset + 12 + length <= bytes.count else {
        let length = bytes.bigEndian(at: offset, byteCount: 4) ?? 0
        throw FormatError(
          .truncated(expectedBytes: offset + 12 + length, actualBytes: bytes.count))
      }
      let type = bytes[offset + 4..<offset + 8]
      if type.elementsEqual("IEND".utf8) { return }
      metadata.add(pngChunk: type, bytes[offset + 8..<offset + 8 + length])
      offset += 12 + length
    }
  }
}
