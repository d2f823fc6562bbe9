// Reading forward through bytes that are not trusted.

/// A position in a range of bytes; every read is checked against the end of the range.
///
/// Cursors are values: a copy reads on from the same position and shares the ``ByteWindow``.
package struct ByteCursor {
  private let window: ByteWindow
  /// Offset of the first byte of the range.
  private let start: Int
  /// Offset of the next byte.
  package private(set) var byteOffset: Int
  /// Offset of the end of the range.
  package let end: Int
  /// The part of the file that the range is, for errors, such as `the zip directory`; `nil` where it is the whole file.
  private let part: String?

  /// A cursor at the start of a range of a window; a range beyond the window traps.
  package init(_ window: ByteWindow, _ range: Range<Int>, part: String?) {
    precondition(range.lowerBound >= window.range.lowerBound && range.upperBound <= window.range.upperBound)
    self.window = window
    start = range.lowerBound
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

  /// A cursor at the start of all bytes of a file.
  package init(wholeFile bytes: [UInt8]) {
    let window = ByteWindow(bytes, byteOffset: 0)
    self.init(window, window.range, part: nil)
  }

  /// The number of bytes left.
  package var remaining: Int { max(end - byteOffset, 0) }

  /// Whether no byte is left.
  package var isAtEnd: Bool { remaining == 0 }

  /// Whether the bytes are in memory and no file is read.
  package var isInMemory: Bool { window.isInMemory }

  /// An error at the next byte, or at one before it.
  package func fault(_ kind: FormatError.Kind, back byteCount: Int = 0) -> FormatError {
    FormatError(kind, byteOffset: window.isInFile ? max(byteOffset - byteCount, 0) : nil)
  }

  /// An error: the range ends before the next `byteCount` bytes do.
  package func shortage(of byteCount: Int = 1) -> FormatError {
    if let part { return fault(.malformed("\(part) is cut short")) }
    let (expected, overflow) = byteOffset.addingReportingOverflow(byteCount)
    return FormatError(.truncated(expectedBytes: overflow ? .max : expected, actualBytes: end))
  }

  /// Reads one byte.
  package mutating func byte() throws(FormatError) -> UInt8 {
    guard byteOffset < end else { throw shortage() }
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
    guard count >= 0, count <= remaining else { throw shortage(of: count) }
    byteOffset += count
    return byteOffset - count..<byteOffset
  }

  /// Passes over everything before the next byte of a value; everything where there is none.
  package mutating func skip(to value: UInt8) throws(FormatError) {
    while !isAtEnd {
      let piece = try window.bytes(in: byteOffset..<byteOffset + min(remaining, ByteWindow.byteCount))
      let found = piece.firstIndex(of: value) ?? piece.endIndex
      byteOffset += found - piece.startIndex
      if found < piece.endIndex { return }
    }
  }

  /// A cursor at another offset of the range, behind whose end no byte is left; an offset before its start traps.
  package func moved(to byteOffset: Int) -> ByteCursor {
    precondition(byteOffset >= start)
    var cursor = self
    cursor.byteOffset = byteOffset
    return cursor
  }

  /// Reads an integer, lowest byte first.
  package mutating func integer<Value: FixedWidthInteger>(
    _ type: Value.Type = Value.self
  ) throws(FormatError) -> Value {
    try bytes(MemoryLayout<Value>.size).reversed().reduce(0) { $0 << 8 | Value(truncatingIfNeeded: $1) }
  }

  /// Reads an integer, highest byte first.
  package mutating func bigEndianInteger<Value: FixedWidthInteger>(
    _ type: Value.Type = Value.self
  ) throws(FormatError) -> Value {
    try integer(type).byteSwapped
  }

  /// Reads the number of parts that follow, 64 bits; a number of which the bytes left cannot hold so many parts is an error.
  ///
  /// - Parameter partByteCount: The fewest bytes of a part; at least 1.
  package mutating func count(ofParts partByteCount: Int) throws(FormatError) -> Int {
    let count = try integer(Int.self)
    guard count >= 0, count <= remaining / partByteCount else { throw shortage(of: remaining + 1) }
    return count
  }
}
