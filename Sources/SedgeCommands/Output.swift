// Results on standard output, everything else on standard error.

import SedgePlatform
import SedgeTensor

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Prints a line on standard output.
///
/// Swift's own `print` is not available in this module, so that nothing reaches a terminal unescaped.
func print(_ line: OutputLine = "") { Swift.print(line.text) }

@available(*, unavailable, message: "print a literal: what is inserted into it is escaped")
func print(_ items: Any..., separator: String = " ", terminator: String = "\n") {}

/// Writes a line to standard error.
func printError(_ line: OutputLine) {
  write(Array((line.text + "\n").utf8), to: STDERR_FILENO)
}

/// Writes bytes to a descriptor (`write`), as far as it takes them.
func write(_ bytes: [UInt8], to descriptor: Int32) {
  var rest = bytes[...]
  while !rest.isEmpty {
    let count = unsafe rest.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
    guard count > 0 else { return }
    rest = rest.dropFirst(count)
  }
}

/// Prints a value as one JSON object with keys in snake_case and in alphabetical order.
///
/// Numbers that JSON does not have are the strings `inf`, `-inf` and `nan`.
func printJSON(_ value: some Encodable) throws { try printJSON(value, [.prettyPrinted]) }

/// Prints a value as one line, otherwise as ``printJSON(_:)``.
func printJSONLine(_ value: some Encodable) throws { try printJSON(value, []) }

private func printJSON(_ value: some Encodable, _ formatting: JSONEncoder.OutputFormatting) throws {
  let encoder = JSONEncoder()
  encoder.keyEncodingStrategy = .convertToSnakeCase
  encoder.outputFormatting = formatting.union([.sortedKeys, .withoutEscapingSlashes])
  encoder.nonConformingFloatEncodingStrategy = .convertToString(
    positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
  printJSON(text: String(decoding: try encoder.encode(value), as: UTF8.self) + "\n")
}

/// Prints a part of a JSON text as it is, with the characters that steer a terminal as its own escapes.
func printJSON(text: String) { Swift.print(text.escapingControlCharactersOfJSON, terminator: "") }

/// Columns of text, each as wide as its widest cell, two spaces apart.
struct TextTable {
  /// How a column's cells lie in it.
  enum Alignment { case left, right }

  private let alignments: [Alignment]
  private var rows: [[String]]

  /// Starts with a heading.
  init(_ columns: [(title: String, alignment: Alignment)]) {
    alignments = columns.map(\.alignment)
    rows = [columns.map(\.title)]
  }

  mutating func add(_ cells: [String]) { rows.append(cells.map(\.escapingControlCharacters)) }

  /// The lines, without blanks at their ends.
  var lines: [String] {
    let widths = alignments.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = row.indices.map { column in
        let blanks = String(repeating: " ", count: widths[column] - row[column].count)
        return alignments[column] == .left ? row[column] + blanks : blanks + row[column]
      }
      var line = cells.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return line
    }
  }

  func printed() { for line in lines { print("\(line)") } }

  /// The table with so many columns less, taken from the widest column whose cells lie on the left.
  func shortening(by excess: Int) -> TextTable {
    let widths = alignments.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    let columns = alignments.indices.filter { alignments[$0] == .left }
    guard let column = columns.max(by: { widths[$0] < widths[$1] }) else { return self }
    var table = self
    for row in rows.indices {
      table.rows[row][column] = WrappedText.shortened(
        rows[row][column], to: max(widths[column] - excess, 12))
    }
    return table
  }
}

/// Names in the order they first come, those that differ only in numbers together: `36 x stages.*.blocks.*.gamma`.
func namePatterns(of names: [String]) -> [String] {
  var groups: [(pattern: String, names: [String])] = []
  for name in names {
    let pattern = name.replacing(/[0-9]+/, with: "*")
    if let known = groups.firstIndex(where: { $0.pattern == pattern }) {
      groups[known].names.append(name)
    } else {
      groups.append((pattern, [name]))
    }
  }
  return groups.map {
    $0.names.count > 1 ? "\($0.names.count) x \($0.pattern)" : $0.names[0]
  }
}
