// The contexts of a matrix, each with frequencies of its own.

internal import CSedgeCoding

/// The classes of rows and columns, whose sum is an element's context.
struct Contexts: Hashable {
  /// The number of contexts.
  var count = 1
  /// One for each row; the sum with the column's, limited, is the context. `nil` where all are 0.
  var rowClasses: [UInt8]?
  /// One for each column; `nil` where all are 0.
  var columnClasses: [UInt8]?

  static let largestCount = 16

  /// Bits that the classes take.
  var bitCount: Int {
    [rowClasses, columnClasses].compactMap(\.self).reduce(0) { $0 + BitWriter.bitCount(of: $1.map(Int.init)) }
  }

  /// The context of an element.
  func context(row: Int, column: Int) -> Int {
    min(Int(rowClasses?[row] ?? 0) + Int(columnClasses?[column] ?? 0), count - 1)
  }

  /// Calls `body` with the layout of a matrix of levels in one lane, all bits of a level in its symbol.
  func withLayout<Result>(rows: Int, columns: Int, _ body: (sedge_level_layout) -> Result) -> Result {
    let rowClasses = rowClasses ?? [UInt8](repeating: 0, count: rows)
    let columnClasses = columnClasses ?? [UInt8](repeating: 0, count: columns)
    precondition(rowClasses.count == rows && columnClasses.count == columns)
    return unsafe rowClasses.withUnsafeBufferPointer { rowClasses in
      unsafe columnClasses.withUnsafeBufferPointer { columnClasses in
        unsafe body(
          sedge_level_layout(
            rows: rows, columns: columns, lanes: 1, low_bits: 0, first_symbol: 0, escape: -1,
            context_count: count, row_classes: rowClasses.baseAddress,
            column_classes: columnClasses.baseAddress))
      }
    }
  }
}

extension Contexts {
  /// No classes, and classes of rows, of columns and of both, half an octave or an octave wide.
  static func candidates(rowSizes: [Double], columnSizes: [Double]) -> [Contexts] {
    var result = [Contexts()]
    let columnMean = columnSizes.reduce(0, +) / Double(max(columnSizes.count, 1))
    for resolution in [2.0, 1.0] {
      let rows = classes(rowSizes, resolution)
      let columns = classes(columnSizes, resolution)
      let additional = classes(columnSizes.map { $0 - columnMean }, resolution)
      let (rowMost, columnMost) = (Int(rows.max() ?? 0), Int(columns.max() ?? 0))
      if rowMost > 0 { result.append(Contexts(count: rowMost + 1, rowClasses: rows)) }
      if columnMost > 0 { result.append(Contexts(count: columnMost + 1, columnClasses: columns)) }
      if rowMost > 0, columnMost > 0 {
        let count = min(rowMost + columnMost + 1, Contexts.largestCount)
        result.append(Contexts(count: count, rowClasses: rows, columnClasses: additional))
      }
    }
    return result
  }

  /// Sizes as classes from 0; class 0 also has all sizes far below the largest.
  private static func classes(_ sizes: [Double], _ resolution: Double) -> [UInt8] {
    let numbers = sizes.map { Int(($0 * resolution).rounded()) }
    let most = numbers.max() ?? 0
    let least = max(numbers.min() ?? 0, most - (Contexts.largestCount - 1))
    return numbers.map { UInt8(max($0, least) - least) }
  }

  /// The same for some of the columns.
  func columns(_ chosen: [Int]) -> Contexts {
    Contexts(
      count: count, rowClasses: rowClasses, columnClasses: columnClasses.map { all in chosen.map { all[$0] } }
    )
  }
}
