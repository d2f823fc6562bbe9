// Text for a terminal of 80 columns.

/// Lines that are broken, and names that are shortened, to fit a terminal.
enum WrappedText {
  /// The columns of a line.
  static let width = 80

  /// Breaks a line at blanks; lines after the first begin with `indent` blanks. A longer word stays whole.
  static func lines(_ text: String, indent: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      if !line.isEmpty, line.contains(where: { $0 != " " }), line.count + 1 + word.count > width {
        lines.append(line)
        line = String(repeating: " ", count: indent) + word
      } else {
        line = lines.isEmpty && line.isEmpty ? String(word) : line + " " + word
      }
    }
    return lines + [line]
  }

  /// A name of at most so many characters, of whose middle an ellipsis takes the place.
  static func shortened(_ name: String, to count: Int) -> String {
    guard name.count > count, count > 1 else { return name }
    let start = (count - 1) / 3
    return name.prefix(start) + "…" + name.suffix(count - 1 - start)
  }
}

extension TextTable {
  /// The lines, of which the cells of the widest column on the left are shortened in the middle where they are too wide.
  func lines(width: Int) -> [String] {
    let lines = lines
    guard let widest = lines.map(\.count).max(), widest > width else { return lines }
    return shortening(by: widest - width).lines
  }
}
