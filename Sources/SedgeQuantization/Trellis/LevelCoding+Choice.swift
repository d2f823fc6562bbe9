// The choice of the coding with the fewest bits.

extension LevelCoding {
  /// The coding that takes the fewest bits, and these bits, parameters included.
  ///
  /// All combinations of low bits, shared or separate tables, and escaped shares of levels are tried.
  ///
  /// - Parameter scale: The number of levels to be coded for each counted one.
  static func best(
    for counts: LevelCounts, contexts: Contexts, rows: Int, columns: Int, scale: Double = 1
  ) -> (coding: LevelCoding, bits: Double) {
    let lanes = laneCount(rows: rows, columns: columns)
    var best: (coding: LevelCoding, bits: Double)?
    for lowBits in 0...4 {
      for isShared in [true, false] {
        let tables = symbolCounts(counts, lowBits: lowBits, isShared: isShared)
        let total = tables.reduce([Int](repeating: 0, count: tables[0].count)) { zip($0, $1).map(+) }
        for tail in escapedShares {
          guard let range = mainSymbols(total, tail: tail) else { continue }
          let candidate = coding(
            tables, range: range, lowBits: lowBits, firstSymbol: counts.first >> lowBits, contexts: contexts,
            lanes: lanes, scale: scale)
          if best.map({ candidate.bits < $0.bits }) ?? true { best = candidate }
        }
      }
    }
    guard var best else { preconditionFailure("some number of symbols always fits") }
    best.bits += Double(contexts.bitCount + laneBits * lanes + fixedBits)
    return best
  }

  /// Shares of the levels that are escaped at most, tried one after another.
  private static let escapedShares = [0, 1e-4, 4e-4, 1.6e-3, 6.4e-3, 0.025, 0.1, 0.4, 1]
  /// The final state of a lane: two words of 16 bits.
  private static let laneBits = 32
  /// The other parameters: lanes, low bits, flags, first symbol and counts.
  private static let fixedBits = 24

  /// Lanes make decoding fast and take ``laneBits`` each: beyond the first, below 0.01 bits for each level.
  private static func laneCount(rows: Int, columns: Int) -> Int {
    let count = rows * columns
    return min(columns, count < 1 << 14 ? 1 : count < 1 << 17 ? 4 : largestLanes)
  }

  private static func symbolCounts(_ counts: LevelCounts, lowBits: Int, isShared: Bool) -> [[Int]] {
    (0..<counts.contextCount).flatMap { context in
      isShared
        ? [counts.symbols(context: context, quantizers: 0...1, lowBits: lowBits)]
        : (0...1).map { counts.symbols(context: context, quantizers: $0...$0, lowBits: lowBits) }
    }
  }

  /// The symbols without the rare ones at both ends, which are escaped; `nil` where these are more than 255.
  ///
  /// - Parameter tail: The largest escaped share of the levels.
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
      symbolCount: range.count + (hasEscape ? 1 : 0), hasEscape: hasEscape, contexts: contexts, tables: result
    )
    return (coding, bits)
  }
}
