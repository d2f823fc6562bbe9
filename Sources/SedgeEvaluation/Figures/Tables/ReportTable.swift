// A table of figures, and the formats that it is written in.

import SedgeTensor

/// Rows of text and figures under titles.
package struct ReportTable: Hashable, Sendable {
  /// A column.
  package struct Column: Hashable, Sendable {
    /// How the cells of a column lie in it.
    package enum Alignment: Hashable, Sendable { case left, right }

    /// The heading.
    package var title: String
    /// How its cells lie in it.
    package var alignment: Alignment

    /// Creates a column; figures lie on the right.
    package init(_ title: String, _ alignment: Alignment = .right) {
      (self.title, self.alignment) = (title, alignment)
    }
  }

  /// A cell.
  package struct Cell: Hashable, Sendable {
    /// The text, or the figure with its decimals; `-` for none.
    package var text: String
    /// The ends of the figure's interval.
    package var interval: (low: String, high: String)? {
      ends.map { ($0[0], $0[1]) }
    }
    /// Whether the figure is the best of its column, and distinguishable from the others.
    package var isBest: Bool
    private var ends: [String]?

    /// A cell of text.
    package init(_ text: String) { (self.text, isBest, ends) = (text, false, nil) }

    /// A cell of a number.
    package init(_ number: Int) { self.init(String(number)) }

    /// A share, 0...1, as percent with two decimals and its interval with one; `-` for `nil`.
    package init(percent share: Double?, interval: Interval? = nil, isBest: Bool = false) {
      text = share.map { fixed($0 * 100, decimals: 2) } ?? "-"
      ends = interval.map { [fixed($0.low * 100, decimals: 1), fixed($0.high * 100, decimals: 1)] }
      self.isBest = isBest
    }

    /// The text, with the interval where there is one: `33.42 [32.9, 34.0]`.
    package var plain: String { interval.map { "\(text) [\($0.low), \($0.high)]" } ?? text }
  }

  /// The columns.
  package let columns: [Column]
  /// The rows, each with a cell for each column.
  package private(set) var rows: [[Cell]] = []

  /// A table without rows.
  package init(columns: [Column]) { self.columns = columns }

  /// Adds a row, which must have a cell for each column.
  package mutating func add(_ row: [Cell]) {
    precondition(row.count == columns.count)
    rows.append(row)
  }
}

/// A number with so many decimals; as ``figure(_:)`` has it where it is not finite or too large for decimals.
func fixed(_ value: Double, decimals: Int) -> String {
  let scale = (0..<decimals).reduce(1.0) { scale, _ in scale * 10 }
  guard let whole = Int(exactly: (abs(value) * scale).rounded()) else { return figure(value) }
  let digits = String(whole)
  let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
  let sign = value < 0 && digits != "0" ? "-" : ""
  return decimals == 0 ? sign + digits : "\(sign)\(padded.dropLast(decimals)).\(padded.suffix(decimals))"
}
