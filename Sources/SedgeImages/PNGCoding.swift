// PNG files to samples and back, by libpng.

internal import CLibPNG
internal import SedgeTensor

/// Decodes a whole PNG (`png_read_row` for every pass and row, `png_read_end`).
///
/// - Parameters:
///   - form: What the samples become.
///   - rowByteCount: Bytes of a decoded row in that form.
/// - Returns: `header.height` rows.
func decodePNG(
  _ file: PictureFile, header: PNGHeader, form: sedge_png_form, rowByteCount: Int
) throws(FormatError) -> [UInt8] {
  var pixels = [UInt8](repeating: 0, count: rowByteCount * header.height)
  var message = [CChar](repeating: 0, count: Int(SEDGE_PNG_MESSAGE_BYTE_COUNT))
  let done = unsafe file.bytes.withUnsafeBufferPointer { bytes in
    var input = unsafe sedge_png_input(bytes: bytes.baseAddress, byteCount: bytes.count, position: 0)
    return unsafe sedge_png_read(&input, form, &pixels, header.height, rowByteCount, &message)
  }
  guard done == 1 else { throw FormatError(.malformed(text(message))) }
  return pixels
}

/// Encodes rows of samples and writes the file, whole or not at all.
///
/// The arguments are those of ``encodePNG(width:height:bitDepth:colorType:pixels:palette:)``.
func writePNG(
  width: Int, height: Int, bitDepth: Int, colorType: Int32, pixels: [UInt8], palette: [RGBColor] = [],
  to path: String
) throws(FormatError) {
  let bytes: [UInt8]
  do {
    bytes = try encodePNG(
      width: width, height: height, bitDepth: bitDepth, colorType: colorType, pixels: pixels, palette: palette
    )
  } catch {
    throw FormatError(error.kind, path: path)
  }
  try unsafe OutputFile.write(bytes.span.bytes, to: path)
}

/// Encodes rows of samples (`png_write_row`).
///
/// - Parameters:
///   - colorType: `PNG_COLOR_TYPE_RGB`, `PNG_COLOR_TYPE_GRAY` or `PNG_COLOR_TYPE_PALETTE`.
///   - pixels: `height` rows without padding; samples of 16 bits with the high byte first.
///   - palette: The colour of each index, at most 256.
func encodePNG(
  width: Int, height: Int, bitDepth: Int, colorType: Int32, pixels: [UInt8], palette: [RGBColor] = []
) throws(FormatError) -> [UInt8] {
  var output = unsafe sedge_png_output()
  defer { unsafe free(output.bytes) }
  var message = [CChar](repeating: 0, count: Int(SEDGE_PNG_MESSAGE_BYTE_COUNT))
  let done = unsafe sedge_png_write(
    &output, UInt32(width), UInt32(height), Int32(bitDepth), colorType, pixels, pixels.count / height,
    palette.flatMap { [$0.red, $0.green, $0.blue] }, Int32(palette.count), &message)
  guard done == 1 else { throw FormatError(.cannotWrite(reason: text(message))) }
  return unsafe [UInt8](UnsafeBufferPointer(start: output.bytes, count: output.byteCount))
}

private func text(_ message: [CChar]) -> String {
  String(decoding: message.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}
