// Counted levels.

internal import CSedgeCoding

/// How often each level was counted in each context and by each quantizer.
struct LevelCounts {
  /// The least level.
  let first: Int
  /// The number of levels from the least to the largest.
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
    let (first, span) = (first, span)
    unsafe contexts.withLayout(rows: rows, columns: columns) { contextLayout in
      var layout = unsafe contextLayout
      unsafe levels.withUnsafeBufferPointer { levels in
        unsafe counts.withUnsafeMutableBufferPointer { counts in
          unsafe sedge_count_levels(&layout, levels.baseAddress, Int32(first), span, counts.baseAddress)
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
