// The cheapest way to code levels.

internal import CSedgeCoding

/// How often each level was counted in each context and by each quantizer.
struct LevelCounts {
  let first: Int
  let span: Int
  let contextCount: Int
  /// contextCount x 2 x span.
  private(set) var counts: [UInt64]

  /// Counts a matrix of levels.
  init(_ levels: [Int16], rows: Int, columns: Int, contexts: Contexts) {
    let (least, most) = (Int(levels.min() ?? 0), Int(levels.max() ?? 0))
    first = least
    span = most - least + 1
    contextCount = contexts.count
    counts = [UInt64](repeating: 0, count: contexts.count * 2 * span)
    let coding = LevelCoding(
      lanes: 1, lowBits: 0, firstSymbol: 0, symbolCount: 1, hasEscape: false, contextCount: contexts.count,
      rowClasses: contexts.rowClasses, columnClasses: contexts.columnClasses, tables: [])
    let (first, span) = (first, span)
    unsafe coding.withLayout(rows: rows, columns: columns) { layout in
      unsafe levels.withUnsafeBufferPointer { levels in
        unsafe counts.withUnsafeMutableBufferPointer { counts in
          unsafe sedge_count_levels(layout, levels.baseAddress, Int32(first), span, counts.baseAddress)
        }
      }
    }
  }

  /// How often a quantizer has a level in a context; `place` counts from ``first``.
  subscript(context: Int, quantizer: Int, place: Int) -> Int {
    Int(counts[(2 * context + quantizer) * span + place])
  }

  /// Counts of levels without their low bits, of one context, of one quantizer or both.
  func symbols(context: Int, quantizers: ClosedRange<Int>, lowBits: Int) -> [Int] {
    let start = first >> lowBits
    var result = [Int](repeating: 0, count: ((first + span - 1) >> lowBits) - start + 1)
    for quantizer in quantizers {
      let base = (2 * context + quantizer) * span
      for place in 0..<span where counts[base + place] > 0 {
        result[((first + place) >> lowBits) - start] += Int(counts[base + place])
      }
    }
    return result
  }
}

/// The classes of rows and columns, whose sum is an element's context.
struct Contexts: Hashable {
  var count = 1
  var rowClasses: [UInt8]?
  var columnClasses: [UInt8]?

  /// Bits that the classes take.
  var bitCount: Int {
    [rowClasses, columnClasses].compactMap(\.self).reduce(0) { $0 + BitWriter.bitCount(of: $1.map(Int.init)) }
  }

  /// The context of an element.
  func context(row: Int, column: Int) -> Int {
    min(Int(rowClasses?[row] ?? 0) + Int(columnClasses?[column] ?? 0), count - 1)
  }
}

extension LevelCoding {
  /// The coding that takes the fewest bits, and how many these are, all parameters counted.
  ///
  /// - Parameter scale: How many levels there will be for each that was counted.
  static func best(
    for counts: LevelCounts, contexts: Contexts, rows: Int, columns: Int, scale: Double = 1
  ) -> (coding: LevelCoding, bits: Double) {
    let lanes = laneCount(rows: rows, columns: columns)
    var best: (coding: LevelCoding, bits: Double)?
    for lowBits in 0...4 {
      for isShared in [true, false] {
        let tables = symbolCounts(counts, lowBits: lowBits, isShared: isShared)
        let total = tables.reduce([Int](repeating: 0, count: tables[0].count)) { zip($0, $1).map(+) }
        for tail in [0, 1e-4, 4e-4, 1.6e-3, 6.4e-3, 0.025, 0.1, 0.4, 1] {
          guard let range = mainSymbols(total, tail: tail) else { continue }
          let candidate = coding(
            tables, range: range, lowBits: lowBits, firstSymbol: counts.first >> lowBits, contexts: contexts,
            lanes: lanes, scale: scale)
          if best.map({ candidate.bits < $0.bits }) ?? true { best = candidate }
        }
      }
    }
    guard var best else { preconditionFailure("some number of symbols always fits") }
    best.bits += Double(contexts.bitCount + 32 * lanes + 24)
    return best
  }

  /// As many as make decoding fast, and their states are few bytes beside what they code.
  private static func laneCount(rows: Int, columns: Int) -> Int {
    min(columns, rows * columns < 1 << 14 ? 1 : rows * columns < 1 << 17 ? 4 : largestLanes)
  }

  private static func symbolCounts(_ counts: LevelCounts, lowBits: Int, isShared: Bool) -> [[Int]] {
    (0..<counts.contextCount).flatMap { context in
      isShared
        ? [counts.symbols(context: context, quantizers: 0...1, lowBits: lowBits)]
        : (0...1).map { counts.symbols(context: context, quantizers: $0...$0, lowBits: lowBits) }
    }
  }

  /// The symbols without the rare ones at both ends, which are escaped; at most 255, or `nil`.
  private static func mainSymbols(_ counts: [Int], tail: Double) -> Range<Int>? {
    let limit = Int(tail / 2 * Double(counts.reduce(0, +)))
    var (low, high) = (0, counts.count)
    var (below, above) = (0, 0)
    while high - low > 1, below + counts[low] <= limit {
      below += counts[low]
      low += 1
    }
    while high - low > 1, above + counts[high - 1] <= limit {
      above += counts[high - 1]
      high -= 1
    }
    return high - low <= 255 ? low..<high : nil
  }

  private static func coding(
    _ tables: [[Int]], range: Range<Int>, lowBits: Int, firstSymbol: Int, contexts: Contexts, lanes: Int,
    scale: Double
  ) -> (coding: LevelCoding, bits: Double) {
    let hasEscape =
      tables.contains {
        $0[..<range.lowerBound].contains { $0 > 0 } || $0[range.upperBound...].contains { $0 > 0 }
      }
      || scale > 1
    var bits = 0.0
    var result: [FrequencyTable?] = []
    for counts in tables {
      let all = counts.reduce(0, +)
      guard all > 0 || scale > 1 else {
        result.append(nil)
        continue
      }
      var symbols = Array(counts[range])
      let escaped = all - symbols.reduce(0, +)
      if hasEscape { symbols.append(escaped) }
      let table = FrequencyTable(counts: symbols)
      bits +=
        scale * (table.bits(of: symbols) + Double(lowBits * all + 16 * escaped)) + Double(table.bitCount)
      result.append(table)
    }
    let coding = LevelCoding(
      lanes: lanes, lowBits: lowBits, firstSymbol: firstSymbol + range.lowerBound,
      symbolCount: range.count + (hasEscape ? 1 : 0), hasEscape: hasEscape, contextCount: contexts.count,
      rowClasses: contexts.rowClasses, columnClasses: contexts.columnClasses, tables: result)
    return (coding, bits)
  }

  /// What levels cost in each context and by each quantizer, in bits: contexts x 2 x 4, a number for zero and the three of
  /// the parabola of |level| that is nearest to the others.
  func costs(_ counts: LevelCounts) -> [Float] {
    (0..<contextCount).flatMap { context in
      (0..<2).flatMap { quantizer in
        let table = tables[isShared ? context : 2 * context + quantizer]
        return table.map { parabola($0, counts, context, quantizer) } ?? [0, 0, 0, 0]
      }
    }
  }

  private func parabola(_ table: FrequencyTable, _ counts: LevelCounts, _ context: Int, _ quantizer: Int)
    -> [Float]
  {
    var (none, moments, products) = (Double(lowBits + 12), [Double](repeating: 0, count: 5), [0.0, 0, 0])
    for place in 0..<counts.span {
      let level = counts.first + place
      let symbol = (level >> lowBits) - firstSymbol
      guard (0..<symbolCount).contains(symbol) else { continue }
      let bits = Double(lowBits) + 12 - FrequencyTable.logarithms[table.frequencies[symbol]]
      if level == 0 {
        none = bits
        continue
      }
      let weight = Double(counts[context, quantizer, place]) + 1e-3
      var power = weight
      for i in 0..<5 {
        moments[i] += power
        if i < 3 { products[i] += power * bits }
        power *= Double(abs(level))
      }
    }
    return ([none] + Self.solved(moments, products)).map(Float.init)
  }

  /// The coefficients of the parabola with the least weighted squared error; a straight line or constant where that is
  /// all there is to tell.
  private static func solved(_ m: [Double], _ p: [Double]) -> [Double] {
    guard m[0] > 0 else { return [0, 0, 0] }
    let determinant = { (a: [Double], b: [Double], c: [Double]) -> Double in
      a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0]) + a[2]
        * (b[0] * c[1] - b[1] * c[0])
    }
    let columns = [[m[0], m[1], m[2]], [m[1], m[2], m[3]], [m[2], m[3], m[4]]]
    let all = determinant(columns[0], columns[1], columns[2])
    if all > 1e-6 * m[0] * m[2] * m[4] {
      let result = [
        determinant(p, columns[1], columns[2]) / all, determinant(columns[0], p, columns[2]) / all,
        determinant(columns[0], columns[1], p) / all,
      ]
      if result[2] >= 0 { return result }
    }
    let line = m[0] * m[2] - m[1] * m[1]
    guard line > 1e-6 * m[0] * m[2] else { return [p[0] / m[0], 0, 0] }
    let slope = max(0, (m[0] * p[1] - m[1] * p[0]) / line)
    return [(p[0] - slope * m[1]) / m[0], slope, 0]
  }
}
