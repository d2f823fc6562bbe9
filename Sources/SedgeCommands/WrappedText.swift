// Text for the width of a terminal.

import SedgePlatform
import SedgeTensor

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Lines that are broken, and names that are shortened, to fit a terminal.
enum WrappedText {
  /// The columns of standard output: those of `COLUMNS`, of the terminal, or 80.
  static let width = columns(of: STDOUT_FILENO) ?? 80

  /// The columns of standard error; `nil` for a file, a pipe or a program, where a message stays in one line.
  static var diagnosticsWidth: Int? { Console.current.isTerminal ? terminalWidth : nil }

  private static let terminalWidth = columns(of: STDERR_FILENO)

  /// The least width that text is made for.
  private static let leastWidth = 40

  /// The columns that the user asks for, or those of a terminal (`ioctl` with `TIOCGWINSZ`).
  private static func columns(of descriptor: Int32) -> Int? {
    if let columns = ProcessInfo.processInfo.environment["COLUMNS"].flatMap({ Int($0) }), columns > 0 {
      return max(columns, leastWidth)
    }
    var size = winsize()
    guard isatty(descriptor) == 1, unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0
    else { return nil }
    return max(Int(size.ws_col), leastWidth)
  }

  /// Breaks a line at blanks; lines after the first begin with `indent` blanks. A longer word stays whole.
  static func lines(_ text: String, indent: Int) -> [String] { lines(text, indent: indent, width: width) }

  /// Breaks a line at blanks.
  ///
  /// A word that is longer than a line stays whole, and so does an argument of the command line that has blanks: it can be
  /// copied from a message.
  ///
  /// - Parameter indent: The blanks before every line but the first; by default the column where the text begins behind a
  ///   label and two blanks, or two more than before the line.
  static func lines(_ text: String, indent: Int? = nil, width: Int) -> [String] {
    guard text.columnCount > width else { return [text.replacing(keptBlank, with: " ")] }
    let indent = indent ?? hangingIndent(of: text)
    let margin = text.prefix { $0 == " " }
    var lines: [String] = []
    var line = String(margin)
    // Counted word by word: a line of 10,000 columns would be counted as often as it has words.
    var columns = margin.count
    var hasWord = false
    for word in protected(text.dropFirst(margin.count)).split(
      separator: " ", omittingEmptySubsequences: false)
    {
      let added = word.columnCount
      if hasWord, columns + 1 + added > width {
        lines.append(line)
        line = String(repeating: " ", count: indent) + word
        columns = indent + added
      } else {
        line += (hasWord ? " " : "") + word
        columns += (hasWord ? 1 : 0) + added
      }
      hasWord = true
    }
    return (lines + [line]).map { line in
      var line = line.replacing(keptBlank, with: " ")
      while line.last == " " { line.removeLast() }
      return line
    }
  }

  /// Words that stay together: a number beside what it is the number of.
  static func together(_ text: String) -> String { text.replacing(" ", with: keptBlank) }

  /// Where the text of a line begins.
  private static func hangingIndent(of line: String) -> Int {
    let margin = line.prefix { $0 == " " }
    let text = line.dropFirst(margin.count)
    if let gap = text.firstRange(of: "  "),
      let start = text[gap.lowerBound...].firstIndex(where: { $0 != " " })
    {
      let label = line[..<start]
      if label.columnCount <= widestLabel { return label.columnCount }
    }
    return margin.count + 2
  }

  /// The columns of the widest label with the blanks behind it.
  private static let widestLabel = 16

  /// Stands for a blank at which a line is not broken: a character for private use.
  private static let keptBlank = "\u{F0020}"

  /// The text with the blanks of arguments of the command line kept.
  private static func protected(_ text: Substring) -> String {
    arguments.reduce(String(text)) { $0.replacing($1, with: together($1)) }
  }

  private static var arguments: [String] {
    Console.current.arguments.map(\.escapingControlCharacters).filter { $0.contains(" ") && $0.contains("/") }
  }

  /// A name of at most so many columns, of whose middle an ellipsis takes the place.
  static func shortened(_ name: String, to count: Int) -> String {
    guard name.columnCount > count, count > 1 else { return name }
    let start = (count - 1) / 3
    var (head, tail) = (name.prefix(start), name.suffix(count - 1 - start))
    while head.columnCount > start { head.removeLast() }
    while tail.columnCount > count - 1 - start { tail.removeFirst() }
    return head + "…" + tail
  }
}

extension OutputLine {
  /// The text, each of its lines broken where it is wider.
  func wrapped(to width: Int) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false)
      .flatMap { WrappedText.lines(String($0), width: width) }.joined(separator: "\n")
  }
}

extension StringProtocol {
  /// The columns that the text takes on a terminal: two for a character of East Asian full width or an emoji.
  var columnCount: Int { reduce(0) { $0 + ($1.isWide ? 2 : 1) } }
}

extension Character {
  /// Whether a terminal shows the character in two columns (Unicode's East Asian Width W and F, as far as it is common).
  fileprivate var isWide: Bool {
    guard let first = unicodeScalars.first, first.value >= 0x1100 else { return false }
    switch first.value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
      0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6,
      0x20000...0x3FFFD:
      return true
    default: return first.properties.isEmojiPresentation
    }
  }
}
