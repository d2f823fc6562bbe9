// Cleaning of a text before it is split into words.

/// The cleaning of OpenCLIP's tokenizer: repair, HTML references, blanks, case.
///
/// Known differences:
/// - Text that was decoded in the wrong encoding ("cafÃ©") is not guessed back, except that control characters
///   U+0080...U+009F are read as Windows-1252.
/// - HTML references nested more than 16 deep are not decoded to the end.
/// - Lines are repaired whole, however long; ftfy cuts them at a million characters.
/// - Composition and widths are those of Unicode 14 and letters those of Swift's newer Unicode, so that characters
///   assigned since may differ from one Python to the next and from here.
enum TextCleaning {
  /// Cleans a text, scalar by scalar: no grapheme clusters are formed.
  static func clean(_ text: String) -> [Unicode.Scalar] {
    var scalars = TextRepair.repaired(Array(text.unicodeScalars))
    scalars = HTMLReferences.decoded(HTMLReferences.decoded(scalars))
    return lowercased(withSingleBlanks(scalars))
  }

  /// One space between words, none around them.
  private static func withSingleBlanks(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    result.reserveCapacity(text.count)
    for word in text.split(whereSeparator: \.isBlank) {
      if !result.isEmpty { result.append(" ") }
      result.append(contentsOf: word)
    }
    return result
  }

  /// Every scalar's full lower-case mapping; a capital sigma at the end of a word becomes a final one.
  static func lowercased(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    result.reserveCapacity(text.count)
    for (index, scalar) in text.enumerated() {
      if scalar.value < 0x80 {
        let isUpper = 0x41...0x5A ~= scalar.value
        result.append(isUpper ? Unicode.Scalar(UInt8(scalar.value) | 0x20) : scalar)
      } else if scalar == "\u{3A3}" {
        result.append(endsWord(text, index) ? "\u{3C2}" : "\u{3C3}")
      } else {
        result.append(contentsOf: scalar.properties.lowercaseMapping.unicodeScalars)
      }
    }
    return result
  }

  /// Whether a cased letter stands before `index` and none behind it, case-ignorable scalars left out.
  private static func endsWord(_ text: [Unicode.Scalar], _ index: Int) -> Bool {
    let before = text[..<index].last { !$0.properties.isCaseIgnorable }
    let behind = text[(index + 1)...].first { !$0.properties.isCaseIgnorable }
    return before?.properties.isCased == true && behind?.properties.isCased != true
  }
}
