// A pull parser for the JSON of a safetensors header or index, and nothing beyond it.

internal import SedgeTensor

/// Reads objects, strings and lists of non-negative integers, which is all that the format has, and passes over any other
/// value, which may nest as deep as the format's own reader lets it. A general decoder would lose the order of keys.
///
/// Source: RFC 8259 for the grammar.
struct SafetensorsHeaderParser {
  private let bytes: [UInt8]
  private let startByteOffset: Int
  /// What is read, for messages: `header` or `index`.
  private let part: String
  private var position = 0

  /// What numbers, `true`, `false` and `null` are made of.
  private static let scalarBytes = Set("+-.0123456789abcdefghijklmnopqrstuvwxyzE".utf8)

  /// How deep values may nest: what the format's own reader allows, less the two levels around them.
  private static let maximumDepth = 125

  /// The length that comes before the header, in bytes.
  static let lengthByteCount = 8

  init(_ bytes: [UInt8], startByteOffset: Int = Self.lengthByteCount, part: String = "header") {
    self.bytes = bytes
    self.startByteOffset = startByteOffset
    self.part = part
  }

  /// Where the parser stands, from the start of the file.
  var byteOffset: Int { startByteOffset + position }

  /// A fault at the place where the parser stands.
  func fault(_ what: String) -> FormatError { FormatError(.malformed(what), byteOffset: byteOffset) }

  /// The text must be UTF-8 and begin with a brace, behind spaces or none.
  mutating func checkEncoding() throws(FormatError) {
    skipSpace()
    guard peek == UInt8(ascii: "{") else { throw fault("the \(part) does not begin with {") }
    guard String(validating: bytes, as: UTF8.self) != nil else { throw fault("the \(part) is not UTF-8") }
  }

  /// Reads an object; `member` must read the value of each key.
  mutating func object(
    _ member: (inout SafetensorsHeaderParser, String) throws(FormatError) -> Void
  ) throws(FormatError) {
    try expect("{")
    if skip("}") { return }
    repeat {
      let key = try string()
      try expect(":")
      try member(&self, key)
    } while skip(",")
    try expect("}")
  }

  /// Reads a list of non-negative integers.
  mutating func integers() throws(FormatError) -> [Int] {
    try expect("[")
    if skip("]") { return [] }
    var values: [Int] = []
    repeat { values.append(try integer()) } while skip(",")
    try expect("]")
    return values
  }

  private mutating func integer() throws(FormatError) -> Int {
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

  /// Reads a string with its escapes.
  mutating func string() throws(FormatError) -> String {
    try expect("\"")
    var text: [UInt8] = []
    while let byte = peek {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"):
        position += 1
        text.append(contentsOf: String(try escape()).utf8)
      case 0..<0x20:
        throw fault("a string has a control character in it")
      default:
        text.append(byte)
        position += 1
      }
    }
    throw fault("the \(part) ends within a string")
  }

  private mutating func escape() throws(FormatError) -> Unicode.Scalar {
    guard let byte = peek else { throw fault("the \(part) ends within a string") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try unicodeEscape()
    default: throw fault("a string has an escape that JSON does not know")
    }
  }

  /// Reads the hexadecimal digits of an escape, and its second half where it is a surrogate pair.
  private mutating func unicodeEscape() throws(FormatError) -> Unicode.Scalar {
    let first = try codeUnit()
    if let scalar = Unicode.Scalar(first) { return scalar }
    if UTF16.isLeadSurrogate(first), bytes[position...].starts(with: "\\u".utf8) {
      position += 2
      let second = try codeUnit()
      if UTF16.isTrailSurrogate(second) {
        return UTF16.decode(UTF16.EncodedScalar([first, second]))
      }
    }
    throw fault("a string has half of a surrogate pair")
  }

  private mutating func codeUnit() throws(FormatError) -> UInt16 {
    let digits = bytes[position...].prefix(4)
    guard digits.count == 4, digits.allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit }),
      let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw fault("a string has an escape without four hexadecimal digits") }
    position += 4
    return unit
  }

  /// Passes over a value of any kind.
  mutating func skipValue(depth: Int = 0) throws(FormatError) {
    guard depth < Self.maximumDepth else {
      throw fault("values in the \(part) nest deeper than \(Self.maximumDepth)")
    }
    skipSpace()
    switch peek {
    case UInt8(ascii: "\""): _ = try string()
    case UInt8(ascii: "{"):
      try object { parser, _ throws(FormatError) in try parser.skipValue(depth: depth + 1) }
    case UInt8(ascii: "["):
      try expect("[")
      if skip("]") { return }
      repeat { try skipValue(depth: depth + 1) } while skip(",")
      try expect("]")
    default:
      let word = bytes[position...].prefix { Self.scalarBytes.contains($0) }
      guard !word.isEmpty else { throw fault("expected a value in the \(part)") }
      position += word.count
    }
  }

  /// Passes over `null`, where it is next.
  mutating func skipNull() -> Bool {
    skipSpace()
    guard bytes[position...].starts(with: "null".utf8) else { return false }
    position += 4
    return true
  }

  /// Nothing but space may follow the object.
  mutating func end() throws(FormatError) {
    skipSpace()
    guard position == bytes.count else { throw fault("something follows the \(part)'s object") }
  }

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = peek, " \t\n\r".utf8.contains(byte) { position += 1 }
  }

  private mutating func skip(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard peek == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(FormatError) {
    guard skip(character) else { throw fault("expected \(character) in the \(part)") }
  }
}
