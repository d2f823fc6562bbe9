// How a vocabulary writes bytes as printable characters.

/// The 256 characters that stand for bytes in CLIP's vocabulary, and the order of their tokens.
///
/// Bytes that are printable in Latin-1 stand for themselves; the others, in ascending order, are U+0100 and up. The
/// tokens of single bytes come in the same order.
enum ByteAlphabet {
  /// What stands behind the last byte of a word.
  static let endOfWord: [UInt8] = Array("</w>".utf8)

  /// The byte of each of the first 256 tokens.
  static let bytes: [UInt8] = {
    let printable = (0...255).filter(isPrintable)
    return (printable + (0...255).filter { !isPrintable($0) }).map(UInt8.init)
  }()

  /// The token of each byte inside a word; at the end of one it is greater by 256.
  static let tokens: [Int32] = {
    var tokens = [Int32](repeating: 0, count: 256)
    for (token, byte) in bytes.enumerated() { tokens[Int(byte)] = Int32(token) }
    return tokens
  }()

  /// The character of each of the first 256 tokens, in UTF-8.
  static let symbols: [[UInt8]] = {
    var next: UInt32 = 0x100
    return bytes.map { byte in
      var value = UInt32(byte)
      if !isPrintable(Int(byte)) {
        value = next
        next += 1
      }
      return Array(Unicode.Scalar(value).map(String.init)?.utf8 ?? "".utf8)
    }
  }()

  /// The bytes that a symbol stands for, a space in place of ``endOfWord``.
  static func text(of symbol: ArraySlice<UInt8>) -> [UInt8] {
    let ends = symbol.count > endOfWord.count && symbol.suffix(endOfWord.count).elementsEqual(endOfWord)
    let body = ends ? symbol.dropLast(endOfWord.count) : symbol
    let values = String(decoding: body, as: UTF8.self).unicodeScalars.map(\.value)
    return values.map { $0 < 0x100 ? UInt8($0) : hidden[Int($0 - 0x100) % hidden.count] }
      + (ends ? [0x20] : [])
  }

  private static let hidden = (0...255).filter { !isPrintable($0) }.map(UInt8.init)

  private static func isPrintable(_ byte: Int) -> Bool {
    0x21...0x7E ~= byte || 0xA1...0xAC ~= byte || 0xAE...0xFF ~= byte
  }
}
