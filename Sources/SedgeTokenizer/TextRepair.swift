// Undoes what typography, terminals and careless programs do to text.

/// The deterministic repairs of ftfy 6's `fix_text`, in its order, until nothing changes (or 16 times).
enum TextRepair {
  /// Repairs each line for itself.
  ///
  /// HTML references are decoded up to the first line with a "<", from where the text is taken for HTML.
  static func repaired(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    guard text.contains(where: mayNeedRepair) else { return text }
    var result: [Unicode.Scalar] = []
    var isHTML = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      isHTML = isHTML || line.contains("<")
      result.append(contentsOf: repairedLine(Array(line), decodesReferences: !isHTML))
      result.append("\n")
    }
    result.removeLast()
    return result
  }

  /// False for plain ASCII, which stays as it is.
  private static func mayNeedRepair(_ scalar: Unicode.Scalar) -> Bool {
    !(0x20...0x7E ~= scalar.value) && scalar != "\n" && scalar != "\t" || scalar == "&"
  }

  /// One round of repairs may make another possible, as in "&amp;lt;"; text that needs more rounds than this was made
  /// to need them.
  private static let maximumRounds = 16

  private static func repairedLine(_ line: [Unicode.Scalar], decodesReferences: Bool) -> [Unicode.Scalar] {
    var line = line
    for _ in 0..<maximumRounds {
      let before = line
      if decodesReferences { line = HTMLReferences.decodedWhereCertain(line) }
      line = withoutTerminalEscapes(line.flatMap(replacement))
      line.removeAll(where: isStrayControl)
      line = CanonicalComposition.composed(line)
      if line == before { break }
    }
    return line
  }

  private static let replacements = Dictionary(
    uniqueKeysWithValues: EmbeddedData.characterRepairs.map {
      (Unicode.Scalar(hexadecimal: $0.name), $0.scalars)
    })

  /// Windows-1252 for control characters, letters for ligatures, plain forms of width, quotes and line breaks.
  private static func replacement(of scalar: Unicode.Scalar) -> [Unicode.Scalar] {
    if 0x20...0x7E ~= scalar.value { return [scalar] }
    let scalar = Windows1252.scalar(forControl: scalar)
    return replacements[scalar] ?? [scalar]
  }

  /// Takes out sequences such as those that colour text: escape, "[", digits and ";", a letter.
  private static func withoutTerminalEscapes(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    guard text.contains("\u{1B}") else { return text }
    var result: [Unicode.Scalar] = []
    var index = 0
    while index < text.count {
      if let end = endOfTerminalEscape(text, from: index) {
        index = end
      } else {
        result.append(text[index])
        index += 1
      }
    }
    return result
  }

  private static func endOfTerminalEscape(_ text: [Unicode.Scalar], from start: Int) -> Int? {
    guard text[start] == "\u{1B}", start + 1 < text.count, text[start + 1] == "[" else { return nil }
    var end = start + 2
    while end < text.count, text[end] == ";" || text[end].properties.generalCategory == .decimalNumber {
      end += 1
    }
    guard end < text.count, text[end].isASCII, text[end].properties.isAlphabetic else { return nil }
    return end + 1
  }

  /// Control characters that are neither blanks nor known to shape text, marks of byte order and of annotations.
  private static func isStrayControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x00...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0x206A...0x206F, 0xFEFF, 0xFFF9...0xFFFC: true
    default: false
    }
  }
}
