// The chunks of a WebP file, before it is decoded (RFC 9649).

internal import CWebP
internal import SedgeTensor

/// The size and the metadata of a WebP file that has all of its chunks.
struct WebPHeader {
  let width: Int
  let height: Int
  private(set) var metadata = PictureMetadata()

  /// Reads the size (`WebPGetFeatures`) and walks the chunks.
  init(_ file: PictureFile) throws(FormatError) {
    let bytes = file.bytes
    var container = ByteCursor(wholeFile: bytes)
    try container.skip(4)
    let byteCount = Int(try container.integer(UInt32.self))
    var chunks = try container.cursor(byteCount, part: "its data")
    var features = WebPBitstreamFeatures()
    let status = unsafe WebPGetFeatures(bytes, bytes.count, &features)
    guard status == VP8_STATUS_OK else { throw FormatError(.malformed(webPText(status))) }
    guard features.has_animation == 0 else {
      throw FormatError(
        .unsupported("an animation", advice: "save the frame that is meant as PNG or JPEG"))
    }
    width = Int(features.width)
    height = Int(features.height)
    try file.check(width: width, height: height) { pixelCount in
      // A flat picture takes next to nothing, whatever its size; above 2^24 pixels it must take a little.
      pixelCount > 1 << 24 ? pixelCount / 32768 : 0
    }
    try? readMetadata(&chunks)
  }

  /// Finds the blocks that the extended header announces, up to a chunk that is cut short.
  private mutating func readMetadata(_ chunks: inout ByteCursor) throws(FormatError) {
    try chunks.skip(4)
    var flags: UInt8?
    while !chunks.isAtEnd {
      let type = String(decoding: try chunks.bytes(4), as: UTF8.self)
      let data = try chunks.bytes(Int(try chunks.integer(UInt32.self)))
      if flags == nil {
        guard type == "VP8X", let first = data.first else { return }
        flags = first
      }
      if let flags, flags & 0x08 != 0, metadata.exif == nil, type == "EXIF" { metadata.exif = Array(data) }
      if let flags, flags & 0x04 != 0, metadata.xmp == nil, type == "XMP " { metadata.xmp = Array(data) }
      if !data.count.isMultiple(of: 2) { try chunks.skip(1) }
    }
  }
}

/// Decodes a whole WebP as it is stored, not yet turned (`WebPDecode`).
func decodeWebP(_ file: PictureFile, header: WebPHeader) throws(FormatError) -> RGBImage {
  var pixels = [UInt8](repeating: 0, count: 3 * header.width * header.height)
  let status = unsafe sedge_webp_decode(
    file.bytes, file.bytes.count, &pixels, Int32(header.width), Int32(header.height))
  guard status == VP8_STATUS_OK else { throw FormatError(.malformed(webPText(status))) }
  return RGBImage(width: header.width, height: header.height, pixels: pixels)
}

private func webPText(_ status: VP8StatusCode) -> String {
  switch status {
  case VP8_STATUS_OUT_OF_MEMORY: "its decoder needs more memory than there is"
  case VP8_STATUS_NOT_ENOUGH_DATA, VP8_STATUS_SUSPENDED: "its coded data end too early"
  default: "its coded data are damaged"
  }
}
