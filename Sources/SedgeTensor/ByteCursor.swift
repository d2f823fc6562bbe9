// Reading forward through bytes that are not trusted.

/// A position in a range of bytes; every read is checked against the end of the range.
///
/// Cursors are values: a copy reads on from the same position and shares the ``ByteWindow``.
package struct ByteCursor {
  private let window: ByteWindow
  /// Offset of the next byte.
  package private(set) var byteOffset: Int
  /// Offset of the end of the range.
  package let end: Int
  /// The part of the file that the range is, for errors, such as `the zip directory`.
  private let part: String

  /// A cursor at the start of a range of a window; a range beyond the window traps.
  package init(_ window: ByteWindow, _ range: Range<Int>, part: String) {
    precondition(range.lowerBound >= window.range.lowerBound && range.upperBound <= window.range.upperBound)
    self.window = window
    byteOffset = range.lowerBound
    end = range.upperBound
    self.part = part
  }

  /// A cursor at the start of a range of a file.
  package init(_ file: InputFile, _ range: Range<Int>, part: String) {
    self.init(ByteWindow(file), range, part: part)
  }

  /// A cursor at the start of bytes in memory.
  ///
  /// - Parameter byteOffset: The offset of the first byte in its file; `nil` where the bytes are in no file as they are.
  package init(_ bytes: [UInt8], byteOffset: Int? = nil, part: String) {
    let window = ByteWindow(bytes, byteOffset: byteOffset)
    self.init(window, window.range, part: part)
  }

  /// The number of bytes left.
  package var remaining: Int { end - byteOffset }

  /// Whether no byte is left.
  package var isAtEnd: Bool { byteOffset == end }

  /// Whether the bytes are in memory and no file is read.
  package var isInMemory: Bool { window.isInMemory }

  /// An error at the next byte, or at one before it.
  package func fault(_ kind: FormatError.Kind, back byteCount: Int = 0) -> FormatError {
    FormatError(kind, byteOffset: window.isInFile ? max(byteOffset - byteCount, 0) : nil)
  }

  /// An error: the range ends too early.
  package var shortage: FormatError { fault(.malformed("\(part) is cut short")) }

  /// Reads one byte.
  package mutating func byte() throws(FormatError) -> UInt8 {
    guard byteOffset < end else { throw shortage }
    let byte = try window.byte(at: byteOffset)
    byteOffset += 1
    return byte
  }

  /// Reads `count` bytes; a negative count is an error, too.
  package mutating func bytes(_ count: Int) throws(FormatError) -> ArraySlice<UInt8> {
    let range = try skip(count)
    return try window.bytes(in: range)
  }

  /// Takes the next `count` bytes for a cursor of their own.
  package mutating func cursor(_ count: Int, part: String) throws(FormatError) -> ByteCursor {
    ByteCursor(window, try skip(count), part: part)
  }

  /// Passes over `count` bytes without reading them.
  ///
  /// - Returns: Where they are.
  @discardableResult
  package mutating func skip(_ count: Int) throws(FormatError) -> Range<Int> {
    guard count >= 0, count <= remaining else { throw shortage }
    byteOffset += count
    return byteOffset - count..<byteOffset
  }

  /// Reads a little-endian integer.
  package mutating func integer<Value: FixedWidthInteger>(
    _ type: Value.Type = Value.self
  ) throws(FormatError) -> Value {
    try bytes(MemoryLayout<Value>.size).reversed().reduce(0) { $0 << 8 | Value(truncatingIfNeeded: $1) }
  }
}
