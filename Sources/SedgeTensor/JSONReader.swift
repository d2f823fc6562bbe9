// JSON read strictly and in its order, value by value.

/// A reader of JSON objects, arrays, strings and non-negative integers; any other value can be skipped.
///
/// A general decoder would lose the order of keys and the offsets of faults. Nesting is bounded as in the reader of the
/// safetensors format.
///
/// Source: RFC 8259 for the grammar.
package struct JSONReader {
  private let bytes: [UInt8]
  private let startByteOffset: Int
  /// The text that is read, for errors, such as `the header`.
  private let part: String
  private var position = 0

  /// Characters of numbers, `true`, `false` and `null`.
  private static let scalarBytes = Set("+-.0123456789abcdefghijklmnopqrstuvwxyzE".utf8)
  private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// Depth of nested values that are skipped, less the two levels around them.
  private static let maximumDepth = 125

  /// Starts at the beginning of a text.
  ///
  /// - Parameters:
  ///   - startByteOffset: The offset of the text in its file.
  ///   - part: The text, for errors, such as `the header`.
  ///   - skipsByteOrderMark: Whether a byte order mark may come first.
  /// - Throws: ``FormatError`` where the text is not UTF-8.
  package init(
    _ bytes: [UInt8], startByteOffset: Int = 0, part: String, skipsByteOrderMark: Bool = false
  ) throws(FormatError) {
    self.bytes = bytes
    self.startByteOffset = startByteOffset
    self.part = part
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      throw fault("\(part) is UTF-16; save it as UTF-8")
    }
    guard String(validating: bytes, as: UTF8.self) != nil else {
      position = Self.validPrefixByteCount(bytes)
      throw fault("\(part) is not UTF-8")
    }
    if skipsByteOrderMark, bytes.starts(with: Self.byteOrderMark) { position = Self.byteOrderMark.count }
  }

  /// Offset of the next byte, from the start of the file.
  package var byteOffset: Int { startByteOffset + position }

  /// An error at the next byte.
  package func fault(_ what: String) -> FormatError { FormatError(.malformed(what), byteOffset: byteOffset) }

  /// The length of the longest prefix that is UTF-8.
  private static func validPrefixByteCount(_ bytes: [UInt8]) -> Int {
    var (decoder, iterator, count) = (UTF8(), bytes.makeIterator(), 0)
    while case .scalarValue(let scalar) = decoder.decode(&iterator) {
      count += UTF8.width(scalar)
    }
    return count
  }

  // MARK: Objects and arrays

  /// Reads an object; `member` must read the value of each key.
  package mutating func object(
    _ member: (inout JSONReader, _ key: String) throws(FormatError) -> Void
  ) throws(FormatError) {
    try expect("{", "an object")
    if skip("}") { return }
    repeat {
      let key = try string()
      guard skip(":") else { throw fault("expected a colon in \(part), found \(found)") }
      try member(&self, key)
    } while try continues("the object", until: "}")
  }

  /// Reads an array; `element` must read each value.
  package mutating func array(
    _ element: (inout JSONReader) throws(FormatError) -> Void
  ) throws(FormatError) {
    try expect("[", "an array")
    if skip("]") { return }
    repeat { try element(&self) } while try continues("the array", until: "]")
  }

  /// Skips the comma or the end behind a member or element; whether it was the comma.
  private mutating func continues(_ value: String, until end: Unicode.Scalar) throws(FormatError) -> Bool {
    if skip(end) { return false }
    guard skip(",") else { throw fault("expected a comma or the end of \(value), found \(found)") }
    guard !isNext(end) else { throw fault("a comma comes before the end of \(value)") }
    return true
  }

  /// Reads an array of non-negative integers.
  package mutating func integers() throws(FormatError) -> [Int] {
    var values: [Int] = []
    try array { reader throws(FormatError) in values.append(try reader.integer()) }
    return values
  }

  /// Ends the reading: only space may follow.
  package mutating func end() throws(FormatError) {
    skipSpace()
    guard position == bytes.count else { throw fault("expected the end of \(part), found \(found)") }
  }

  // MARK: Numbers and strings

  /// Reads a non-negative integer.
  package mutating func integer() throws(FormatError) -> Int {
    skipSpace()
    let digits = bytes[position...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard let first = digits.first, first != UInt8(ascii: "0") || digits.count == 1 else {
      throw fault("expected a non-negative integer")
    }
    guard let value = Int(String(decoding: digits, as: UTF8.self)) else {
      throw fault("an integer is greater than 2^63 - 1")
    }
    position += digits.count
    if let next = peek, ".eE".utf8.contains(next) { throw fault("expected an integer, found a fraction") }
    return value
  }

  /// Reads an integer that may be negative.
  package mutating func signedInteger() throws(FormatError) -> Int {
    skip("-") ? -(try integer()) : try integer()
  }

  /// Reads a number of any kind as the nearest double: infinite beyond the range of doubles.
  package mutating func number() throws(FormatError) -> Double {
    skipSpace()
    let word = bytes[position...].prefix { Self.scalarBytes.contains($0) }
    guard Self.isNumber(word), let value = Double(String(decoding: word, as: UTF8.self)) else {
      throw fault("expected a value in \(part), found \(found)")
    }
    position += word.count
    return value
  }

  /// Reads `true` or `false`.
  package mutating func boolean() throws(FormatError) -> Bool {
    skipSpace()
    for (word, value) in [("true", true), ("false", false)] where bytes[position...].starts(with: word.utf8) {
      position += word.utf8.count
      return value
    }
    throw fault("expected true or false in \(part)")
  }

  /// Reads a string with its escapes.
  package mutating func string() throws(FormatError) -> String {
    try expect("\"", "a string")
    var text: [UInt8] = []
    while let byte = peek {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        let text = String(decoding: text, as: UTF8.self)
        if text.hasEndlessMarks { throw FormatError(.endlessMarks("a string"), byteOffset: byteOffset) }
        return text
      case UInt8(ascii: "\\"):
        text.append(contentsOf: String(try escape()).utf8)
      case 0..<0x20:
        throw fault("a string has a control character, expected an escape")
      default:
        text.append(byte)
        position += 1
      }
    }
    throw fault("\(part) ends within a string")
  }

  /// Reads an escape; an error points at its backslash.
  private mutating func escape() throws(FormatError) -> Unicode.Scalar {
    let start = position
    guard position + 1 < bytes.count else { throw fault("\(part) ends within a string") }
    let letter = bytes[position + 1]
    position += 2
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(letter)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      if let scalar = unicodeEscape() { return scalar }
      position = start
      throw fault("an escape in a string is no Unicode character")
    default:
      position = start
      throw fault("a string has an escape that JSON does not have")
    }
  }

  /// Reads the digits of an escape, and the second escape of a surrogate pair.
  private mutating func unicodeEscape() -> Unicode.Scalar? {
    guard let first = codeUnit() else { return nil }
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard UTF16.isLeadSurrogate(first), bytes[position...].starts(with: "\\u".utf8) else { return nil }
    position += 2
    guard let second = codeUnit(), UTF16.isTrailSurrogate(second) else { return nil }
    return UTF16.decode(UTF16.EncodedScalar([first, second]))
  }

  private mutating func codeUnit() -> UInt16? {
    let digits = bytes[position...].prefix(4)
    guard digits.count == 4 else { return nil }
    position += 4
    return UInt16(hexadecimalDigits: digits)
  }

  // MARK: Other values

  /// Skips a value of any kind.
  package mutating func skipValue() throws(FormatError) { try skipValue(depth: 0) }

  private mutating func skipValue(depth: Int) throws(FormatError) {
    guard depth < Self.maximumDepth else {
      throw fault("values in \(part) nest deeper than \(Self.maximumDepth)")
    }
    skipSpace()
    switch peek {
    case UInt8(ascii: "\""): _ = try string()
    case UInt8(ascii: "{"):
      try object { reader, _ throws(FormatError) in try reader.skipValue(depth: depth + 1) }
    case UInt8(ascii: "["):
      try array { reader throws(FormatError) in try reader.skipValue(depth: depth + 1) }
    default:
      let word = bytes[position...].prefix { Self.scalarBytes.contains($0) }
      guard ["true", "false", "null"].contains(where: { word.elementsEqual($0.utf8) }) || Self.isNumber(word)
      else { throw fault("expected a value in \(part), found \(found)") }
      position += word.count
    }
  }

  /// Whether a word is a number: a sign, digits without a leading zero, a fraction, an exponent.
  private static func isNumber(_ word: ArraySlice<UInt8>) -> Bool {
    var rest = word
    func skip(_ bytes: String) -> Bool {
      guard let first = rest.first, bytes.utf8.contains(first) else { return false }
      rest.removeFirst()
      return true
    }
    func skipDigits() -> Int {
      let count = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.count
      rest.removeFirst(count)
      return count
    }
    _ = skip("-")
    let startsWithZero = rest.first == UInt8(ascii: "0")
    let digitCount = skipDigits()
    guard digitCount == 1 || digitCount > 1 && !startsWithZero else { return false }
    if skip("."), skipDigits() == 0 { return false }
    if skip("eE") {
      _ = skip("+-")
      if skipDigits() == 0 { return false }
    }
    return rest.isEmpty
  }

  /// Skips `null`, if it is next.
  package mutating func skipNull() -> Bool {
    skipSpace()
    guard bytes[position...].starts(with: "null".utf8) else { return false }
    position += 4
    return true
  }

  // MARK: Characters

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  /// Skips white space.
  package mutating func skipSpace() {
    while let byte = peek, " \t\n\r".utf8.contains(byte) { position += 1 }
  }

  /// Whether a value or a sign that begins with a character is next.
  package mutating func isNext(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    return peek == UInt8(ascii: character)
  }

  private mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard isNext(character) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar, _ value: String) throws(FormatError) {
    guard skip(character) else { throw fault("expected \(value) in \(part), found \(found)") }
  }

  /// The kind of the next value, for errors.
  package var found: String {
    guard let byte = peek else { return "the end" }
    return switch byte {
    case UInt8(ascii: "{"): "an object"
    case UInt8(ascii: "["): "an array"
    case UInt8(ascii: "\""): "a string"
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): "a number"
    case UInt8(ascii: "t"), UInt8(ascii: "f"): "true or false"
    case UInt8(ascii: "n"): "null"
    case UInt8(ascii: "]"), UInt8(ascii: "}"): "a closing bracket"
    case UInt8(ascii: "'"): "a single quote, where JSON has double quotes"
    case UInt8(ascii: "/"), UInt8(ascii: "#"): "a comment, which JSON does not have"
    default: "no JSON"
    }
  }
}
