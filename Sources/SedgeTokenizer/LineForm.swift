// Forms of lines that are more than a name.

/// Tells lines of code, numbered lists and the like by their bytes, in one pass.
enum LineForm {
  /// Whether a bracket begins the line, or follows an equals sign.
  static func isCode(_ line: String) -> Bool {
    var isExpected = true
    for byte in line.utf8 {
      if isExpected, "[({".utf8.contains(byte) { return true }
      isExpected = byte == UInt8(ascii: "=") || isExpected && isBlank(byte)
    }
    return false
  }

  /// Whether `# ` or `//` begins the line.
  static func isComment(_ line: String) -> Bool {
    let bytes = line.utf8
    if bytes.starts(with: "//".utf8) { return true }
    return bytes.first == UInt8(ascii: "#") && bytes.dropFirst().first.map(isBlank) == true
  }

  /// Whether the line is in quotes, a comma behind them or not.
  static func isQuoted(_ line: String) -> Bool {
    var bytes = Substring(line).utf8
    if bytes.last == UInt8(ascii: ",") { bytes.removeLast() }
    guard bytes.count >= 2, let quote = bytes.first, bytes.last == quote else { return false }
    return quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'")
  }

  /// Whether a number and a divider come before the name.
  static func isNumbered(_ line: String) -> Bool {
    let rest = line.utf8.drop { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard rest.startIndex > line.startIndex else { return false }
    let divider = rest.drop(while: isBlank)
    let hasBlank = divider.startIndex > rest.startIndex
    guard let first = divider.first else { return false }
    // A blank alone divides, too, and may be followed by any other character.
    return hasBlank || ":;,.)".utf8.contains(first) && divider.dropFirst().contains { !isBlank($0) }
  }

  /// Whether an identifier of WordNet comes before the name, such as `n01440764`.
  static func beginsWithIdentifier(_ line: String) -> Bool {
    let bytes = line.utf8.prefix(10)
    guard bytes.count == 10, bytes.first == UInt8(ascii: "n"), bytes.last.map(isBlank) == true else {
      return false
    }
    return bytes.dropFirst().dropLast().allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
