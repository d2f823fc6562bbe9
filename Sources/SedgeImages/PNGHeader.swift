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

  /// Bytes of the header chunk: length, type, 13 bytes, checksum.
  private static let firstChunkByteCount = 25
  private static let channelCounts = [0: 1, 2: 3, 3: 1, 4: 2, 6: 4]

  /// Numbers of a pixel.
  var channelCount: Int { Self.channelCounts[colorType] ?? 0 }

  /// Whether a pixel is one number: gray without alpha, or a palette index.
  var hasOneChannel: Bool { colorType == 0 || colorType == 3 }

  /// Reads the header and walks the chunks to the end chunk, so that a file cut short is known as such.
  init(_ file: PictureFile) throws(FormatError) {
    var chunks = ByteCursor(wholeFile: file.bytes)
    try chunks.skip(PNGHeader.signature.count)
    guard chunks.remaining >= PNGHeader.firstChunkByteCount else {
      throw chunks.shortage(of: PNGHeader.firstChunkByteCount)
    }
    let first = try PNGHeader.chunk(&chunks)
    if first.type.elementsEqual("CgBI".utf8) {
      throw FormatError(
        .unsupported(
          "Apple's PNG for iPhone apps (CgBI)",
          advice: "restore it with pngcrush -revert-iphone-optimizations, or take the original"))
    }
    guard first.type.elementsEqual("IHDR".utf8), first.data.count == 13 else {
      throw FormatError(.malformed("its first chunk is no header"), byteOffset: 8)
    }
    var fields = ByteCursor(Array(first.data), part: "its header")
    width = Int(try fields.bigEndianInteger(UInt32.self))
    height = Int(try fields.bigEndianInteger(UInt32.self))
    bitDepth = Int(try fields.byte())
    colorType = Int(try fields.byte())
    guard let channelCount = PNGHeader.channelCounts[colorType], [1, 2, 4, 8, 16].contains(bitDepth) else {
      throw FormatError(
        .malformed("colour type \(colorType) with \(bitDepth) bits"), byteOffset: 24)
    }
    let pixelBitCount = channelCount * bitDepth
    try file.check(width: width, height: height) { pixelCount in
      // Deflate makes at most 1,032 bytes of one.
      pixelCount * pixelBitCount / 8 / 1032
    }
    while true {
      let (type, data) = try PNGHeader.chunk(&chunks)
      if type.elementsEqual("IEND".utf8) { return }
      metadata.add(pngChunk: type, data)
    }
  }

  /// Reads a chunk and passes over its checksum.
  private static func chunk(
    _ chunks: inout ByteCursor
  ) throws(FormatError) -> (type: ArraySlice<UInt8>, data: ArraySlice<UInt8>) {
    guard chunks.remaining >= 12 else { throw chunks.shortage(of: 12) }
    let byteCount = Int(try chunks.bigEndianInteger(UInt32.self))
    let type = try chunks.bytes(4)
    guard chunks.remaining >= byteCount + 4 else { throw chunks.shortage(of: byteCount + 4) }
    let data = try chunks.bytes(byteCount)
    try chunks.skip(4)
    return (type, data)
  }
}
