// The steps of a matrix.

import SedgePlatform

/// The step of every element of a matrix: `base * 2^((rowExponent + columnExponent) / 8)`.
package struct StepGrid: Hashable, Sendable {
  /// Exponents are eighths of an octave within these limits.
  package static let exponentLimits = -127...127
  /// The accepted bases: their products with exponents and levels are finite, and so are the reciprocals.
  package static let baseLimits: ClosedRange<Float> = 0x1p-80...0x1p60

  /// The step where both exponents are 0.
  package var base: Float
  /// One for each row; `nil` where all are 0.
  package var rowExponents: [Int]?
  /// One for each column; `nil` where all are 0.
  package var columnExponents: [Int]?

  /// Collects the fields.
  package init(base: Float, rowExponents: [Int]? = nil, columnExponents: [Int]? = nil) {
    self.base = base
    self.rowExponents = rowExponents
    self.columnExponents = columnExponents
  }

  /// 2^(0/8), 2^(1/8) ... 2^(7/8), rounded to float32.
  private static let eighths: [Float] = [
    0x1p0, 0x1.172b84p0, 0x1.306fep0, 0x1.4bfdaep0, 0x1.6a09e6p0, 0x1.8ace54p0, 0x1.ae89fap0, 0x1.d5818ep0,
  ]

  /// 2^(exponent / 8), computed as the format defines it: one of eight constants times a power of two.
  static func power(_ exponent: Int) -> Float {
    eighths[exponent & 7] * Float(sign: .plus, exponent: exponent >> 3, significand: 1)
  }

  /// `base * 2^(rowExponent / 8)` of each row.
  func rowSteps(_ rows: Int) -> [Float] {
    guard let rowExponents else { return [Float](repeating: base, count: rows) }
    precondition(rowExponents.count == rows)
    return rowExponents.map { base * Self.power($0) }
  }

  /// `2^(columnExponent / 8)` of each column.
  func columnSteps(_ columns: Int) -> [Float] {
    guard let columnExponents else { return [Float](repeating: 1, count: columns) }
    precondition(columnExponents.count == columns)
    return columnExponents.map(Self.power)
  }

  /// The exponents that make steps inversely proportional to the square roots of importances, so that all elements
  /// contribute equally to the output error; `nil` where all exponents are equal.
  ///
  /// - Parameter importances: The squared error of the output for a squared error of 1; 0 or more.
  static func exponents(for importances: [Double]) -> [Int]? {
    let positive = importances.filter { $0 > 0 && $0.isFinite }
    guard !positive.isEmpty else { return nil }
    let mean = positive.reduce(0) { $0 + log2($1) } / Double(positive.count)
    let exponents = importances.map { importance in
      let octaves = importance > 0 && importance.isFinite ? log2(importance) - mean : -16
      return min(max(Int((-4 * octaves).rounded()), -64), 64)
    }
    return exponents.allSatisfy { $0 == exponents[0] } ? nil : exponents
  }
}
