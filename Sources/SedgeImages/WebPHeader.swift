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
    let end = 8 + (bytes.littleEndian(at: 4, byteCount: 4) ?? 0)
    guard end <= bytes.count else {
      throw FormatError(.truncated(expectedBytes: end, actualBytes: bytes.count))
    }
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
    readMetadata(bytes[..<end])
  }

  /// Finds the blocks that the extended header announces.
  private mutating func readMetadata(_ bytes: ArraySlice<UInt8>) {
    let bytes = Array(bytes)
    guard bytes.dropFirst(12).starts(with: Array("VP8X".utf8)),
      let flags = bytes.littleEndian(at: 20, byteCount: 1)
    else { return }
    var offset = 12
    while let length = bytes.littleEndian(at: offset + 4, byteCount: 4), offset + 8 + length <= bytes.count {
      let (type, data) = (bytes[offset..<offset + 4], bytes[offset + 8..<offset + 8 + length])
      if flags & 0x08 != 0, metadata.exif == nil, type.elementsEqual("EXIF".utf8) {
        metadata.exif = Array(data)
      }
      if flags & 0x04 != 0, metadata.xmp == nil, type.elementsEqual("XMP ".utf8) {
        metadata.xmp = Array(data)
      }
      offset += 8 + length + length % 2
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
