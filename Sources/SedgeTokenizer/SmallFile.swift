// Reading small text files whole.

internal import SedgeTensor

/// The most bytes of a file that is read whole.
let smallFileByteCount = 16 << 20

/// The most names of a list, and lines of a text with one a line.
let maximumNameCount = 1 << 20

/// All bytes of a file of at most ``smallFileByteCount``.
func smallFile(_ path: String) throws(FormatError) -> [UInt8] {
  let file = try InputFile(path: path)
  guard file.byteCount <= smallFileByteCount else {
    throw FormatError(
      .malformed("\(file.byteCount) bytes, expected at most \(smallFileByteCount)"), path: path)
  }
  return try file.bytes(at: 0, count: file.byteCount)
}
