// Windows-1252 where it differs from Latin-1.

/// The part of Windows-1252 where Latin-1 has control characters.
enum Windows1252 {
  private static let characters = Array(
    "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8D}Ž\u{8F}\u{90}‘’“”•–—˜™š›œ\u{9D}žŸ".unicodeScalars)

  /// What a control character U+0080...U+009F was meant to be; any other scalar as it is.
  static func scalar(forControl scalar: Unicode.Scalar) -> Unicode.Scalar {
    0x80...0x9F ~= scalar.value ? characters[Int(scalar.value) - 0x80] : scalar
  }
}
