// Text to tokens, exactly as CLIP was trained.

package import SedgeTensor

/// CLIP's byte-pair tokenizer.
///
/// Gives the tokens of OpenCLIP's `SimpleTokenizer` with lower-casing; what text cleaning leaves out (guessing at text
/// that was decoded in the wrong encoding) is written at ``encode(_:)-(String)``. Tokens are 256 bytes, 256 bytes at
/// the end of a word, one for each of 48,894 merges, and last the two that mark start and end.
package struct Tokenizer: Sendable {
  /// The most tokens of a text, those of start and end counted.
  package let contextLength: Int
  private let merges: MergeTable

  /// Parses the merges of a vocabulary, one "left right" a line.
  ///
  /// - Parameters:
  ///   - merges: The 48,894 merges alone; or CLIP's own list, which begins with a line that has "#version" in it and of
  ///     which the merges behind the 48,894th are left out, as CLIP does.
  ///   - contextLength: The most tokens of a text, at least 2.
  /// - Throws: `FormatError` naming the line at fault, or the number of lines.
  package init(merges: String, contextLength: Int = 77) throws(FormatError) {
    try self.init(vocabulary: Array(merges.utf8), contextLength: contextLength)
  }

  /// Reads the compact form that ``serialized`` gives.
  ///
  /// - Throws: `FormatError` where the bytes are anything else.
  package init(serialized: [UInt8], contextLength: Int = 77) throws(FormatError) {
    try self.init(lines: serialized, mergeCount: Self.mergeCount, contextLength: contextLength)
  }

  /// Takes exactly `mergeCount` lines.
  package init(lines: [UInt8], mergeCount: Int, contextLength: Int) throws(FormatError) {
    precondition(contextLength >= 2, "a text has at least the tokens of start and end")
    self.contextLength = contextLength
    merges = try MergeTable(lines: lines, mergeCount: mergeCount)
  }

  /// Another context length for the same vocabulary.
  init(_ other: Tokenizer, contextLength: Int) {
    precondition(contextLength >= 2, "a text has at least the tokens of start and end")
    self.contextLength = contextLength
    merges = other.merges
  }

  /// The merges of CLIP's vocabulary.
  static let mergeCount = 48_894

  /// The merges in use as UTF-8 text, "\n" between lines; the same bytes whatever source they were read from.
  package var serialized: [UInt8] { merges.text }

  /// How many tokens there are; 49,408 in CLIP.
  package var vocabularySize: Int { merges.tokenCount + 2 }

  /// The token that begins every text.
  package var startToken: Int32 { Int32(merges.tokenCount) }

  /// The token that ends every text, and the greatest.
  package var endToken: Int32 { startToken + 1 }

  // MARK: Encoding

  /// The tokens of a text: ``startToken``, the words, ``endToken``.
  ///
  /// At most ``contextLength`` tokens: a longer text loses its tail and keeps the end token. Time grows with the
  /// length n of the text as n log n. The text is repaired as by ftfy (quotes, widths, ligatures, control characters,
  /// HTML references, canonical composition), lower-cased and its blanks are made one. Mojibake such as "cafÃ©", which
  /// ftfy guesses back to "café", is encoded as it stands.
  package func encode(_ text: String) -> [Int32] {
    var cache: [[UInt8]: [Int32]] = [:]
    return encode(text, cache: &cache)
  }

  /// The tokens of many texts, each as by ``encode(_:)-(String)``; a word that comes again is not worked out again.
  package func encode(_ texts: [String]) -> [[Int32]] {
    var cache: [[UInt8]: [Int32]] = [:]
    return texts.map { encode($0, cache: &cache) }
  }

  /// Whether a text has no more tokens than ``contextLength``, so that none of it is cut off.
  package func fits(_ text: String) -> Bool {
    // Every token but the two at the ends stands for a byte at least; cleaning makes at most three bytes of one.
    if 3 * text.utf8.count + 2 <= contextLength { return true }
    var count = 2
    for word in WordSplitter(TextCleaning.clean(text)) {
      count += tokens(ofWord: word).count
      if count > contextLength { return false }
    }
    return true
  }

  /// The tokens of a text with zeros behind, ``contextLength`` in all.
  package func padded(_ text: String) -> [Int32] {
    let tokens = encode(text)
    return tokens + [Int32](repeating: 0, count: contextLength - tokens.count)
  }

  private func encode(_ text: String, cache: inout [[UInt8]: [Int32]]) -> [Int32] {
    var tokens = [startToken]
    for word in WordSplitter(TextCleaning.clean(text)) {
      guard tokens.count < contextLength - 1 else { break }
      if let known = cache[word] {
        tokens.append(contentsOf: known)
      } else {
        let new = self.tokens(ofWord: word)
        cache[word] = new
        tokens.append(contentsOf: new)
      }
    }
    return tokens.prefix(contextLength - 1) + [endToken]
  }

  private func tokens(ofWord word: [UInt8]) -> [Int32] {
    if word.elementsEqual(WordSplitter.startText.utf8) { return [startToken] }
    if word.elementsEqual(WordSplitter.endText.utf8) { return [endToken] }
    return merges.tokens(ofWord: word)
  }

  // MARK: Decoding

  /// The text of tokens, for messages: a space behind each word, start and end tokens by name.
  ///
  /// - Parameter tokens: Each from 0 up to, not including, ``vocabularySize``; any other traps.
  package func decode(_ tokens: [Int32]) -> String {
    let bytes = tokens.flatMap { token in
      switch token {
      case startToken: Array(WordSplitter.startText.utf8)
      case endToken: Array(WordSplitter.endText.utf8)
      default: merges.text(of: token)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
