// Cuts cleaned text into the words that byte-pair encoding sees.

/// The words of a text, in order: special tokens, English endings such as `'s`, runs of letters, single digits, and
/// runs of anything else but blanks.
///
/// The rules are those of CLIP's pattern, matched without regard to case as OpenCLIP does.
struct WordSplitter: Sequence, IteratorProtocol {
  /// The special tokens as they stand in text.
  static let startText = "<start_of_text>"
  static let endText = "<end_of_text>"

  private static let fixedWords: [[Unicode.Scalar]] =
    [startText, endText, "'s", "'t", "'re", "'ve", "'m", "'ll", "'d"].map { Array($0.unicodeScalars) }

  private let text: [Unicode.Scalar]
  private var position = 0

  /// Splits text that ``TextCleaning`` has cleaned.
  init(_ text: [Unicode.Scalar]) { self.text = text }

  /// The next word, in UTF-8.
  mutating func next() -> [UInt8]? {
    while position < text.count, text[position].wordRole == .blank { position += 1 }
    guard position < text.count else { return nil }
    let start = position
    position += wordLength()
    var word: [UInt8] = []
    for scalar in text[start..<position] { word.append(contentsOf: UTF8.encode(scalar) ?? .init()) }
    return word
  }

  private func wordLength() -> Int {
    if let length = fixedWordLength() { return length }
    let role = text[position].wordRole
    if role == .number { return 1 }
    var end = position + 1
    while end < text.count, text[end].wordRole == role { end += 1 }
    return end - position
  }

  private func fixedWordLength() -> Int? {
    guard text[position] == "'" || text[position] == "<" else { return nil }
    return Self.fixedWords.first { word in
      // A long s is an s in another case, and the only such letter that lower-casing leaves.
      word.count <= text.count - position
        && zip(word, text[position...]).allSatisfy { $0 == $1 || ($0 == "s" && $1 == "\u{17F}") }
    }?.count
  }
}

extension Unicode.Scalar {
  /// What a scalar is to the splitter.
  enum WordRole { case letter, number, blank, other }

  /// The scalar's role, by its general category.
  var wordRole: WordRole {
    if value < 0x80 {
      if 0x61...0x7A ~= value || 0x41...0x5A ~= value { return .letter }
      if 0x30...0x39 ~= value { return .number }
      return isBlank ? .blank : .other
    }
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return .letter
    case .decimalNumber, .letterNumber, .otherNumber: return .number
    // The iota below is no letter but has one as its other case, so that no rule of the pattern takes it.
    default: return isBlank || value == 0x345 ? .blank : .other
    }
  }

  /// Whether text is split at the scalar: white space, and the four separators of ASCII.
  var isBlank: Bool {
    value < 0x80 ? value == 0x20 || 0x09...0x0D ~= value || 0x1C...0x1F ~= value : properties.isWhitespace
  }
}
