// Tables for the width of a terminal.

import SedgeTensor

/// Columns of text, each as wide as its widest cell, two spaces apart.
struct TextTable {
  /// How a column's cells lie in it.
  enum Alignment {
    /// On the left; where the table is too wide, the cells are shortened.
    case left
    /// On the left, never shortened.
    case whole
    /// On the right, never shortened.
    case right
  }

  private let alignments: [Alignment]
  /// The heading first.
  private var rows: [[String]]

  /// Starts with a heading.
  init(_ columns: [(title: String, alignment: Alignment)]) {
    alignments = columns.map(\.alignment)
    rows = [columns.map(\.title)]
  }

  mutating func add(_ cells: [String]) { rows.append(cells.map(\.escapingControlCharacters)) }

  /// The lines at their full width, without blanks at their ends.
  var lines: [String] { Self.lines(rows, alignments) }

  /// The lines, made to fit a width: titles of several words take two lines, then the widest cells on the left are
  /// shortened in the middle.
  func lines(width: Int) -> [String] {
    guard Self.width(of: rows) > width else { return lines }
    let titles = rows[0].indices.map { column in
      let title = rows[0][column]
      return Self.twoLines(title, atLeast: rows.dropFirst().map { $0[column].columnCount }.max() ?? 0)
    }
    var fitted = [titles.map(\.0), titles.map(\.1)] + rows.dropFirst()
    if titles.allSatisfy({ $0.0.isEmpty }) { fitted.removeFirst() }
    let heading = fitted.count - rows.count + 1
    while case let excess = Self.width(of: fitted) - width, excess > 0 {
      let widths = Self.widths(of: fitted)
      let columns = widths.indices.filter { alignments[$0] == .left && widths[$0] > Self.leastNameWidth }
        .sorted { widths[$0] > widths[$1] }
      guard let widest = columns.first else { break }
      // Down to the next wide column, so that two of them are shortened alike.
      let floor = max(columns.dropFirst().first.map { widths[$0] - 1 } ?? 0, Self.leastNameWidth)
      for row in fitted.indices.dropFirst(heading) {
        fitted[row][widest] = WrappedText.shortened(
          fitted[row][widest], to: max(widths[widest] - excess, floor))
      }
      guard Self.widths(of: fitted)[widest] < widths[widest] else { break }
    }
    return Self.lines(fitted, alignments)
  }

  /// The lines, made to fit a width, of a table whose first column has names of tensors.
  ///
  /// Where they are too wide, the modules of a block stand once above the names of its tensors.
  func linesUnderModules(width: Int) -> [String] {
    guard Self.width(of: rows) > width else { return lines }
    var table = self
    let modules = rows.map { String(Self.module(of: $0[0])) }
    for row in rows.indices.dropFirst() {
      table.rows[row][0] = "  " + rows[row][0].dropFirst(modules[row].count)
    }
    let found = table.lines(width: width)
    let heading = found.count - rows.count + 1
    var lines = Array(found.prefix(heading))
    var last = ""
    for (module, line) in zip(modules.dropFirst(), found.dropFirst(heading)) {
      if module != last, !module.isEmpty { lines.append(module) }
      lines.append(module.isEmpty ? String(line.dropFirst(2)) : line)
      last = module
    }
    return lines
  }

  /// The modules that a tensor's block is in, such as `trunk.stages.2.blocks.26.`: up to the last number that two more
  /// modules follow, or all but the last three.
  private static func module(of name: String) -> Substring {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    let count =
      parts.indices.last { Int(parts[$0]) != nil && $0 + 2 < parts.count }.map { $0 + 1 }
      ?? max(parts.count - 3, 0)
    return count == 0 ? "" : name[..<parts[count].startIndex]
  }

  /// Prints the table in the width of standard output.
  func printed() { for line in lines(width: WrappedText.width) { print("\(line)") } }

  /// Names are not shortened further.
  private static let leastNameWidth = 12

  private static func lines(_ rows: [[String]], _ alignments: [Alignment]) -> [String] {
    let widths = widths(of: rows)
    return rows.map { row in
      let cells = row.indices.map { column in
        let blanks = String(repeating: " ", count: widths[column] - row[column].columnCount)
        return alignments[column] == .right ? blanks + row[column] : row[column] + blanks
      }
      var line = cells.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return line
    }
  }

  private static func widths(of rows: [[String]]) -> [Int] {
    rows[0].indices.map { column in rows.map { $0[column].columnCount }.max() ?? 0 }
  }

  private static func width(of rows: [[String]]) -> Int {
    widths(of: rows).reduce(0, +) + 2 * (rows[0].count - 1)
  }

  /// A title in two lines of about one length, the first of them empty where the title is no wider than the cells below.
  private static func twoLines(_ title: String, atLeast width: Int) -> (String, String) {
    guard title.columnCount > width else { return ("", title) }
    let words = title.split(separator: " ")
    let splits = (0..<words.count).map { count in
      (words.prefix(count).joined(separator: " "), words.dropFirst(count).joined(separator: " "))
    }
    return splits.min { max($0.0.count, $0.1.count) < max($1.0.count, $1.1.count) } ?? ("", title)
  }
}
