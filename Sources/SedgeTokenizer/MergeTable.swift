// The merges of a byte-pair vocabulary: parsed, checked, and looked up by pair.

internal import SedgeTensor

/// The merges of two tokens into one.
///
/// Tokens: 256 bytes, the same 256 at the end of a word, then one for each merge. A merge's parts are bytes or results
/// of earlier merges, so a merge that becomes possible through another always has the greater token.
struct MergeTable: Sendable {
  /// The merges as text, a line each, separated by one "\n".
  let text: [UInt8]
  private var symbols: SymbolTable
  private var merged: [UInt64: Int32] = [:]

  /// How many tokens there are, the two of start and end not counted.
  var tokenCount: Int { symbols.count }

  /// Parses exactly `mergeCount` lines "left right".
  ///
  /// - Throws: ``FormatError`` naming the line, counted from 1, that is no merge of known symbols or repeats one.
  init(lines text: [UInt8], mergeCount: Int) throws(FormatError) {
    self.text = text
    symbols = SymbolTable(capacity: 512 + mergeCount)
    for symbol in ByteAlphabet.symbols { _ = symbols.add(symbol[...]) }
    for symbol in ByteAlphabet.symbols { _ = symbols.add((symbol + ByteAlphabet.endOfWord)[...]) }
    merged.reserveCapacity(mergeCount)
    var number = 0
    var start = 0
    while start < text.count {
      let end = text[start...].firstIndex(of: 0x0A) ?? text.count
      number += 1
      guard number <= mergeCount else { break }
      try add(text[start..<end], lineNumber: number)
      start = end + 1
    }
    guard number == mergeCount, text.last != 0x0A else {
      let found = text.count(where: { $0 == 0x0A }) + (text.isEmpty ? 0 : 1)
      throw FormatError(.malformed("the vocabulary has \(found) lines of merges, expected \(mergeCount)"))
    }
  }

  /// The token that two neighbours become.
  func merge(_ left: Int32, _ right: Int32) -> Int32? { merged[pairKey(left, right)] }

  /// The bytes of a token, a space behind the last of a word.
  func text(of token: Int32) -> [UInt8] { ByteAlphabet.text(of: symbols[Int(token)]) }

  private mutating func add(_ line: ArraySlice<UInt8>, lineNumber: Int) throws(FormatError) {
    guard let blank = line.firstIndex(of: 0x20), !line[(blank + 1)...].contains(0x20) else {
      throw FormatError(
        .malformed("line \(lineNumber) of the vocabulary is not two symbols and a space between"))
    }
    let (leftText, rightText) = (line[..<blank], line[(blank + 1)...])
    guard let left = symbols.number(of: leftText), let right = symbols.number(of: rightText) else {
      throw FormatError(
        .malformed("line \(lineNumber) of the vocabulary merges a symbol that no line before it makes"))
    }
    let token = Int32(symbols.count)
    guard symbols.add(leftText, rightText) else {
      throw FormatError(
        .malformed("line \(lineNumber) of the vocabulary makes a symbol that is there already"))
    }
    merged[pairKey(left, right)] = token
  }

  private func pairKey(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }
}
