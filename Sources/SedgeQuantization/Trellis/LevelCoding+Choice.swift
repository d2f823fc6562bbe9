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
        for tail in [0, 1e-4, 4e-4, 1.6e-3, 6.4e-3] {
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

  /// What levels -128...127 cost in each context and by each quantizer, in bits: contexts x 2 x 256.
  func costs() -> [Float] {
    var costs: [Float] = []
    for context in 0..<contextCount {
      for quantizer in 0..<2 {
        let table = tables[isShared ? context : 2 * context + quantizer]
        for level in -128...127 {
          let symbol = (level >> lowBits) - firstSymbol
          let count = hasEscape ? symbolCount - 1 : symbolCount
          let frequency = table.map { (0..<count).contains(symbol) ? $0.frequencies[symbol] : 0 } ?? 0
          let escape = hasEscape ? (table.map { $0.frequencies[symbolCount - 1] } ?? 0) : 0
          let bits =
            frequency > 0
            ? 12 - FrequencyTable.logarithms[frequency] : 28 - FrequencyTable.logarithms[max(escape, 1)]
          costs.append(Float(bits) + Float(lowBits))
        }
      }
    }
    return costs
  }
}
