// The cost of each level in bits, as the search for levels takes it.

extension LevelCoding {
  /// The cost of levels in each context and quantizer, in bits: contexts x 2 x 4.
  ///
  /// The four numbers are the cost of zero, and the coefficients of the parabola in |level| with the least squared error
  /// over all other levels, weighted by their counts.
  func costs(_ counts: LevelCounts) -> [Float] {
    (0..<contexts.count).flatMap { context in
      (0..<2).flatMap { quantizer in
        let table = tables[isShared ? context : 2 * context + quantizer]
        return table.map { parabola($0, counts, context, quantizer) } ?? [0, 0, 0, 0]
      }
    }
  }

  private func parabola(_ table: FrequencyTable, _ counts: LevelCounts, _ context: Int, _ quantizer: Int)
    -> [Float]
  {
    var zeroBits = Double(lowBits + 12)
    // Σ w |l|^i for i = 0...4, and Σ w |l|^i bits for i = 0...2.
    var (moments, products) = ([Double](repeating: 0, count: 5), [0.0, 0, 0])
    for place in 0..<counts.span {
      let level = counts.first + place
      let symbol = (level >> lowBits) - firstSymbol
      guard (0..<symbolCount).contains(symbol) else { continue }
      let bits = Double(lowBits) + 12 - FrequencyTable.logarithms[table.frequencies[symbol]]
      if level == 0 {
        zeroBits = bits
        continue
      }
      // Levels that were not counted have a small weight, so that the parabola is defined for them too.
      let weight = Double(counts[context, quantizer, place]) + 1e-3
      var power = weight
      for i in 0..<5 {
        moments[i] += power
        if i < 3 { products[i] += power * bits }
        power *= Double(abs(level))
      }
    }
    return ([zeroBits] + Self.fittedParabola(moments, products)).map(Float.init)
  }

  /// The least-squares parabola of given moments (normal equations by Cramer's rule), increasing and not concave.
  ///
  /// A line where the equations are near singular or the parabola is concave, a constant where those of the line are.
  private static func fittedParabola(_ m: [Double], _ p: [Double]) -> [Double] {
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
