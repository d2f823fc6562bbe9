// Bytes of a file, read in pieces, or bytes in memory.

/// The stretch of a file that was read last, shared by the cursors on that file.
///
/// Random access through a window costs one read of the file for each 64 KiB that are visited in order.
package final class ByteWindow {
  private let file: InputFile?
  private var bytes: [UInt8]
  /// Offset of the first byte at hand.
  private var start: Int
  /// Whether offsets count from the start of a file.
  package let isInFile: Bool

  /// Bytes of a file that are read at once.
  static let byteCount = 1 << 16

  /// A window on a file, of which nothing is read yet.
  package init(_ file: InputFile) {
    self.file = file
    bytes = []
    start = 0
    isInFile = true
  }

  /// Bytes in memory.
  ///
  /// - Parameter byteOffset: The offset of the first byte in its file; `nil` where the bytes are in no file as they are.
  package init(_ bytes: [UInt8], byteOffset: Int? = nil) {
    file = nil
    self.bytes = bytes
    start = byteOffset ?? 0
    isInFile = byteOffset != nil
  }

  /// Offsets of all bytes that there are.
  package var range: Range<Int> { file.map { 0..<$0.byteCount } ?? start..<start + bytes.count }

  /// Whether the bytes are in memory and no file is read.
  package var isInMemory: Bool { file == nil }

  /// The byte at an offset within ``range``; any other offset traps.
  ///
  /// - Throws: ``FormatError`` where the file cannot be read or has shrunk.
  package func byte(at byteOffset: Int) throws(FormatError) -> UInt8 {
    if byteOffset < start || byteOffset - start >= bytes.count { try load(byteOffset, count: 1) }
    return bytes[byteOffset - start]
  }

  /// The bytes of a range within ``range``; any other range traps.
  ///
  /// - Throws: ``FormatError`` where the file cannot be read or has shrunk.
  package func bytes(in range: Range<Int>) throws(FormatError) -> ArraySlice<UInt8> {
    if range.lowerBound < start || range.upperBound > start + bytes.count {
      try load(range.lowerBound, count: range.count)
    }
    return bytes[range.lowerBound - start..<range.upperBound - start]
  }

  private func load(_ byteOffset: Int, count: Int) throws(FormatError) {
    guard let file else { preconditionFailure("byte \(byteOffset) is not in memory") }
    bytes = try file.bytes(
      at: byteOffset, count: min(max(count, Self.byteCount), file.byteCount - byteOffset))
    start = byteOffset
    precondition(bytes.count >= count, "a range beyond the end of the file")
  }
}
