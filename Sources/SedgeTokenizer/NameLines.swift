// Lists of names as plain text.

internal import SedgeTensor

/// Reads a text with a name a line.
enum NameLines {
  /// Whether a file that is not called so is a JSON array or object.
  static func looksLikeJSON(_ bytes: [UInt8]) -> Bool {
    let blanks: [UInt8] = [0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF]
    guard let first = bytes.first(where: { !blanks.contains($0) }) else { return false }
    guard first == UInt8(ascii: "[") else { return first == UInt8(ascii: "{") }
    return bytes.contains(UInt8(ascii: "\""))
  }

  /// The names: lines without blanks at their ends, those that are empty left out.
  ///
  /// - Throws: ``FormatError`` where the text is not UTF-8, or is a table, YAML or a list with numbers.
  static func names(in bytes: [UInt8], path: String) throws(FormatError) -> [String] {
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      throw FormatError(.malformed("the text is UTF-16; save it as UTF-8"))
    }
    let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    guard let text = String(validating: bytes[start...], as: UTF8.self) else {
      throw FormatError(.malformed("the text is not UTF-8"))
    }
    if text.hasEndlessMarks { throw FormatError(.endlessMarks("the text")) }
    if text.unicodeScalars.contains(where: {
      $0.value < 0x20 && !"\t\n\r\u{B}\u{C}".unicodeScalars.contains($0)
    }) {
      throw FormatError(.malformed("the file is no text"))
    }
    let lines = text.split(whereSeparator: \.isNewline).map { trimmed(String($0)) }.filter { !$0.isEmpty }
    if let fault = fault(of: lines, path: path.lowercased()) {
      throw FormatError(.malformed("\(fault); write a name a line, or a JSON array of names"))
    }
    return lines
  }

  /// Why the lines are no names; `nil` where they are.
  private static func fault(of lines: [String], path: String) -> String? {
    for (ending, kind) in [
      (".csv", "a table"), (".tsv", "a table"), (".yaml", "YAML"), (".yml", "YAML"), (".xml", "XML"),
      (".toml", "TOML"), (".jsonl", "JSON a line"),
    ] where path.hasSuffix(ending) {
      return "the list is \(kind)"
    }
    for (what, isMet) in marks where isMet(lines) { return what }
    return nil
  }

  /// Signs of lists that hold more than names.
  private static let marks: [(what: String, isMet: @Sendable ([String]) -> Bool)] = [
    ("the file is a page or XML", { $0.first?.hasPrefix("<") == true }),
    ("the list is code or JSON", { $0.contains(where: LineForm.isCode) }),
    ("a line is a comment", { $0.contains(where: LineForm.isComment) }),
    ("a line holds several classes, divided by ;", { $0.contains { $0.utf8.contains(UInt8(ascii: ";")) } }),
    ("each line is quoted", { all($0, LineForm.isQuoted) }),
    ("each line begins with a dash", { all($0) { $0.utf8.starts(with: "- ".utf8) } }),
    ("each line begins with a number", { all($0, LineForm.isNumbered) }),
    ("each line begins with an identifier", { all($0, LineForm.beginsWithIdentifier) }),
    ("each line has columns", { all($0) { $0.utf8.contains(UInt8(ascii: "\t")) } }),
  ]

  /// Whether several lines are all so.
  private static func all(_ lines: [String], _ holds: (String) -> Bool) -> Bool {
    lines.count > 1 && lines.allSatisfy(holds)
  }
}
