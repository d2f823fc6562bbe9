// Character references of HTML, such as "&eacute;" and "&#233;".

/// Decodes character references in two ways: only the certain ones, or all that a browser would.
enum HTMLReferences {
  /// Decodes references that end with ";", once, from left to right.
  ///
  /// Knows upper-case spellings such as "&EACUTE;" too. A reference by number to ";" stays.
  static func decodedWhereCertain(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    decoded(text, by: certainReference)
  }

  /// Decodes references as HTML's own rules have it, the semicolon often optional; once, from left to right.
  static func decoded(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    decoded(text, by: reference)
  }

  private static func decoded(
    _ text: [Unicode.Scalar], by reference: (ArraySlice<Unicode.Scalar>) -> Decoded?
  ) -> [Unicode.Scalar] {
    guard text.contains("&") else { return text }
    var result: [Unicode.Scalar] = []
    var index = 0
    while index < text.count {
      if text[index] == "&", let (value, end) = reference(text[(index + 1)...]) {
        result.append(contentsOf: value)
        index = end
      } else {
        result.append(text[index])
        index += 1
      }
    }
    return result
  }

  // MARK: One reference

  /// What was decoded, and where the text goes on.
  private typealias Decoded = (value: [Unicode.Scalar], end: Int)

  private static func certainReference(_ text: ArraySlice<Unicode.Scalar>) -> Decoded? {
    let isNumeric = text.first == "#"
    let body = (isNumeric ? text.dropFirst() : text).prefix(25).prefix(while: \.isASCIILetterOrDigit)
    guard 1...24 ~= body.count, body.endIndex < text.endIndex, text[body.endIndex] == ";" else { return nil }
    let end = body.endIndex + 1
    if isNumeric {
      guard let (value, decodedEnd) = numericReference(text), decodedEnd == end, value != [";"] else {
        return nil
      }
      return (value, end)
    }
    return entities.certain[Array(text[..<end])].map { ($0, end) }
  }

  private static func reference(_ text: ArraySlice<Unicode.Scalar>) -> Decoded? {
    text.first == "#" ? numericReference(text) : namedReference(text)
  }

  /// The longest name that is known, and at least two characters long, or all of up to 32 characters.
  private static func namedReference(_ text: ArraySlice<Unicode.Scalar>) -> Decoded? {
    let body = text.prefix(32).prefix { !"\t\n\u{C} <&#;".unicodeScalars.contains($0) }
    let end = body.endIndex < text.endIndex && text[body.endIndex] == ";" ? body.endIndex + 1 : body.endIndex
    guard !body.isEmpty else { return nil }
    if let value = entities.html[Array(text[..<end])] { return (value, end) }
    var shorter = end - 1
    while shorter - text.startIndex > 1 {
      if let value = entities.html[Array(text[..<shorter])] { return (value, shorter) }
      shorter -= 1
    }
    return nil
  }

  /// "#" and digits, or "#x" and hexadecimal digits; the semicolon is taken where there is one.
  private static func numericReference(_ text: ArraySlice<Unicode.Scalar>) -> Decoded? {
    var digits = text.dropFirst()
    var radix: UInt32 = 10
    if digits.first == "x" || digits.first == "X" {
      digits = digits.dropFirst()
      radix = 16
    }
    var value: UInt32 = 0
    var end = digits.startIndex
    while end < digits.endIndex, let digit = digits[end].digitValue, digit < radix {
      value = min(value * radix + digit, 0x11_0000)
      end += 1
    }
    guard end > digits.startIndex else { return nil }
    if end < digits.endIndex, digits[end] == ";" { end += 1 }
    return (scalars(forNumber: value), end)
  }

  /// HTML's replacements for numbers that are no characters.
  private static func scalars(forNumber number: UInt32) -> [Unicode.Scalar] {
    guard number != 0, let scalar = Unicode.Scalar(number) else { return ["\u{FFFD}"] }
    switch number {
    case 0x80...0x9F: return [Windows1252.scalar(forControl: scalar)]
    case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0xFDD0...0xFDEF: return []
    default: return number & 0xFFFE == 0xFFFE ? [] : [scalar]
    }
  }

  // MARK: Names

  /// Keyed by scalars: strings that are only canonically equivalent must not match.
  private typealias Entities = [[Unicode.Scalar]: [Unicode.Scalar]]

  /// The names of HTML, and those with a semicolon together with their upper-case spellings.
  private static let entities: (html: Entities, certain: Entities) = {
    var html: Entities = [:]
    var certain: Entities = [:]
    for (name, scalars) in EmbeddedData.htmlEntities {
      let key = Array(name.unicodeScalars)
      if key.first == "^" {
        certain[Array(key.dropFirst())] = scalars
      } else {
        html[key] = scalars
        if key.last == ";" { certain[key] = scalars }
      }
    }
    return (html, certain)
  }()
}

extension Unicode.Scalar {
  fileprivate var isASCIILetterOrDigit: Bool {
    switch value {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: false
    }
  }

  /// The value of an ASCII digit, letters counting on from 10.
  fileprivate var digitValue: UInt32? {
    switch value {
    case 0x30...0x39: value - 0x30
    case 0x41...0x5A: value - 0x41 + 10
    case 0x61...0x7A: value - 0x61 + 10
    default: nil
    }
  }
}
