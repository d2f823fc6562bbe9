// Operands of pickle opcodes: numbers, text, bytes.

internal import SedgeTensor

extension PickleReader {
  /// Bytes of the longest text that may be a name.
  private static let maximumNameByteCount = 1 << 12

  /// A line, which is Latin-1 where it is not UTF-8.
  mutating func line() throws(FormatError) -> String {
    let line = try lineBytes()
    return try checked(String(validating: line, as: UTF8.self) ?? String(latin1: line))
  }

  private mutating func lineBytes() throws(FormatError) -> [UInt8] {
    let line = try source.line()
    try spend(line.count)
    return line
  }

  // MARK: Numbers

  /// A memo index in decimal digits.
  mutating func decimalIndex() throws(FormatError) -> Int {
    guard let index = Int(try line()), index >= 0 else { throw fault("a memo index is no number") }
    return index
  }

  /// An integer in decimal digits, with the suffix `L` or without, or a Boolean, which is `00` or `01`.
  mutating func decimalInteger() throws(FormatError) -> PickleValue {
    var digits = try line()
    if digits.hasSuffix("L") { digits.removeLast() }
    if digits == "00" || digits == "01" { return .boolean(digits == "01") }
    return Int(digits).map(PickleValue.integer) ?? .inert("a long integer")
  }

  /// An integer in bytes, little-endian, two's complement.
  mutating func longInteger(byteCount: Int) throws(FormatError) -> PickleValue {
    guard byteCount >= 0 else { throw fault("an integer has \(byteCount) bytes") }
    let bytes = try source.bytes(byteCount)
    guard byteCount <= 8 else { return .inert("a long integer") }
    let isNegative = bytes.last.map { $0 >= 0x80 } ?? false
    return .integer(bytes.reversed().reduce(isNegative ? -1 : 0) { $0 << 8 | Int($1) })
  }

  mutating func decimalFloat() throws(FormatError) -> PickleValue {
    _ = try line()
    return .inert("a number")
  }

  mutating func binaryFloat() throws(FormatError) -> PickleValue {
    try source.skip(MemoryLayout<Double>.size)
    return .inert("a number")
  }

  /// A count of bytes in 64 bits.
  mutating func longByteCount() throws(FormatError) -> Int {
    guard let count = Int(exactly: try source.integer(UInt64.self)) else {
      throw fault("the pickle is cut short")
    }
    return count
  }

  // MARK: Text and bytes

  /// Text; a text too long for a name stays in the file.
  mutating func text(byteCount: Int) throws(FormatError) -> PickleValue {
    guard byteCount <= Self.maximumNameByteCount else {
      guard let contents = try source.storedText(byteCount) else { return .inert("a text") }
      return heap.makeBytes(contents, isText: true)
    }
    try spend(byteCount)
    let bytes = try source.bytes(byteCount)
    // Python 3 writes halves of surrogate pairs as if they were characters.
    return .string(
      try checked(String(validating: bytes, as: UTF8.self) ?? String(decoding: bytes, as: UTF8.self)))
  }

  /// A line of text with escapes.
  mutating func unicodeLine() throws(FormatError) -> PickleValue {
    .string(try checked(unescapedUnicode(try lineBytes())))
  }

  private func checked(_ text: String) throws(FormatError) -> String {
    if text.hasEndlessMarks { throw FormatError(.endlessMarks("a text"), byteOffset: source.byteOffset) }
    return text
  }

  /// A string of Python 2; one too long for a name stays in the file.
  mutating func byteString(byteCount: Int) throws(FormatError) -> PickleValue {
    guard byteCount <= Self.maximumNameByteCount else {
      return heap.makeBytes(try source.storedBytes(byteCount), isText: true)
    }
    try spend(byteCount)
    return byteString(Array(try source.bytes(byteCount)))
  }

  /// A string of Python 2 in a line, with quotes and escapes.
  mutating func quotedString() throws(FormatError) -> PickleValue {
    let quoted = try lineBytes()
    guard let quote = quoted.first, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\""),
      quoted.count >= 2, quoted.last == quote
    else { throw fault("a text has no quotes around it") }
    return byteString(unescapedBytes(quoted[1..<quoted.count - 1]))
  }

  /// The value of a string of Python 2: a text where it is ASCII.
  private mutating func byteString(_ bytes: [UInt8]) -> PickleValue {
    guard bytes.allSatisfy({ $0 < 0x80 }) else {
      return heap.makeBytes(StoredBytes(bytes), isText: true)
    }
    return .string(String(decoding: bytes, as: UTF8.self))
  }

  /// Bytes, which stay in the file.
  mutating func bytes(byteCount: Int) throws(FormatError) -> PickleValue {
    heap.makeBytes(try source.storedBytes(byteCount))
  }
}
