// A line for people, with whatever files brought into it made safe.

import SedgeTensor

/// A line, or several, of text for a terminal.
///
/// It is written as a literal; every value that is inserted has its control characters escaped, so that a name in a file
/// can neither steer the terminal nor forge a line. Line breaks of the literal itself stay.
struct OutputLine: ExpressibleByStringInterpolation {
  /// The text as it is printed.
  private(set) var text: String

  init(stringLiteral text: String) { self.text = text }
  init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }

  /// Several lines, each of them escaped.
  init(lines: some Sequence<String>) {
    text = lines.map(\.escapingControlCharacters).joined(separator: "\n")
  }

  struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var text = ""

    init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity) }

    mutating func appendLiteral(_ literal: String) { text += literal }

    mutating func appendInterpolation(_ value: some Any) { text += "\(value)".escapingControlCharacters }

    /// Inserts a text of several lines, such as that of an error, whose line breaks are its own.
    mutating func appendInterpolation(lines value: some Any) {
      text +=
        OutputLine(
          lines: "\(value)".split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        )
        .text
    }
  }

  static func + (left: OutputLine, right: OutputLine) -> OutputLine {
    var line = left
    line.text += right.text
    return line
  }
}
