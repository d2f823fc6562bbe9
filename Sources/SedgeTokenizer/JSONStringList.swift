// The one kind of JSON that is read here: an array of strings.

internal import SedgeTensor

/// Reads a JSON array of strings (RFC 8259) and nothing else.
struct JSONStringList {
  private let bytes: [UInt8]
  private var offset = 0

  /// The strings of an array; a byte order mark before it is passed over.
  ///
  /// - Throws: ``FormatError`` with the byte offset where the text stops being such an array.
  static func strings(in bytes: [UInt8]) throws(FormatError) -> [String] {
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      throw FormatError(.malformed("the text is UTF-16; save it as UTF-8"), byteOffset: 0)
    }
    var parser = JSONStringList(bytes: bytes)
    return try parser.list()
  }

  private init(bytes: [UInt8]) {
    self.bytes = bytes
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { offset = 3 }
  }

  private mutating func list() throws(FormatError) -> [String] {
    try open()
    var strings: [String] = []
    if nextByte() == UInt8(ascii: "]") {
      offset += 1
    } else {
      var isOpen = true
      while isOpen {
        strings.append(try element(strings.count))
        isOpen = try continues()
      }
    }
    guard nextByte() == nil else { throw fault("something follows the array") }
    return strings
  }

  private mutating func open() throws(FormatError) {
    let first = nextByte()
    guard first == UInt8(ascii: "[") else {
      throw fault("expected a JSON array of strings, found \(kind(of: first))")
    }
    offset += 1
  }

  private mutating func element(_ index: Int) throws(FormatError) -> String {
    let first = nextByte()
    guard first == UInt8(ascii: "\"") else {
      throw fault("element \(index) of the array is \(kind(of: first)), expected a string")
    }
    offset += 1
    return try string()
  }

  /// Passes the comma, or the end of the array.
  private mutating func continues() throws(FormatError) -> Bool {
    let next = nextByte()
    guard next == UInt8(ascii: ",") || next == UInt8(ascii: "]") else {
      throw fault("expected a comma or the end of the array, found \(kind(of: next))")
    }
    offset += 1
    return next == UInt8(ascii: ",")
  }

  /// The rest of a string behind its opening quote.
  private mutating func string() throws(FormatError) -> String {
    let start = offset
    var text: [UInt8] = []
    while offset < bytes.count {
      let byte = bytes[offset]
      offset += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else {
          offset = start
          throw fault("the string is not UTF-8")
        }
        return string
      case UInt8(ascii: "\\"): text.append(contentsOf: try escape())
      case 0..<0x20:
        offset -= 1
        throw fault("a control character in a string, expected an escape")
      default: text.append(byte)
      }
    }
    throw fault("the string has no end")
  }

  /// The rest of an escape behind its backslash, in UTF-8.
  private mutating func escape() throws(FormatError) -> [UInt8] {
    let letter = offset < bytes.count ? bytes[offset] : 0
    offset += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [letter]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"): return try unicodeEscape()
    default:
      offset -= 2
      throw fault("no such escape")
    }
  }

  private mutating func unicodeEscape() throws(FormatError) -> [UInt8] {
    let start = offset - 2
    var value = hexadecimal()
    if let high = value, 0xD800...0xDBFF ~= high, bytes[offset...].starts(with: Array("\\u".utf8)) {
      offset += 2
      value = hexadecimal().flatMap {
        0xDC00...0xDFFF ~= $0 ? 0x10000 + (high - 0xD800) << 10 + $0 - 0xDC00 : nil
      }
    }
    guard let value, let scalar = Unicode.Scalar(value) else {
      offset = start
      throw fault("the escape is no Unicode character")
    }
    return Array(String(scalar).utf8)
  }

  private mutating func hexadecimal() -> UInt32? {
    guard offset + 4 <= bytes.count else { return nil }
    let digits = bytes[offset..<(offset + 4)]
    offset += 4
    guard digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else { return nil }
    return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
  }

  /// The next byte that is no blank, which stays unread.
  private mutating func nextByte() -> UInt8? {
    while offset < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[offset]) { offset += 1 }
    return offset < bytes.count ? bytes[offset] : nil
  }

  private func kind(of byte: UInt8?) -> String {
    guard let byte else { return "the end" }
    return switch byte {
    case UInt8(ascii: "{"): "an object"
    case UInt8(ascii: "["): "an array"
    case UInt8(ascii: "\""): "a string"
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): "a number"
    case UInt8(ascii: "t"), UInt8(ascii: "f"): "true or false"
    case UInt8(ascii: "n"): "null"
    case UInt8(ascii: "]"): "nothing: a comma too many"
    case UInt8(ascii: "'"): "in single quotes, where JSON has double quotes"
    case UInt8(ascii: "/"), UInt8(ascii: "#"): "a comment, which JSON does not have"
    default: "no JSON"
    }
  }

  private func fault(_ what: String) -> FormatError {
    FormatError(.malformed(what), byteOffset: offset)
  }
}
