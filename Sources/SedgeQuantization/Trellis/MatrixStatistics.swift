// The magnitudes of a matrix in steps.

internal import SedgePlatform

/// The magnitudes of a matrix's elements, of its rows and of its columns, in steps of a base of 1.
struct MatrixStatistics {
  /// The largest magnitude of an element.
  private(set) var largest: Float = 0
  /// The root mean square of all elements.
  let rms: Double
  /// Logarithms to base 2 of the RMS of each row.
  let rowSizes: [Double]
  /// Logarithms to base 2 of the RMS of each column.
  let columnSizes: [Double]

  init(_ matrix: KeptMatrix, _ grid: StepGrid) {
    let rowFactors = grid.rowSteps(matrix.rows).map { 1 / $0 }
    let columnFactors = grid.columnSteps(matrix.columns).map { 1 / $0 }
    var rowSums: [Double] = []
    var columnSums = [Double](repeating: 0, count: matrix.columns)
    for row in 0..<matrix.rows {
      var sum = 0.0
      for column in 0..<matrix.columns {
        let x = matrix.values[row * matrix.columns + column] * rowFactors[row] * columnFactors[column]
        largest = max(largest, abs(x))
        let square = Double(x) * Double(x)
        sum += square
        columnSums[column] += square
      }
      rowSums.append(sum)
    }
    rms = (rowSums.reduce(0, +) / Double(max(matrix.values.count, 1))).squareRoot()
    rowSizes = rowSums.map { 0.5 * log2(max($0 / Double(matrix.columns), 1e-60)) }
    columnSizes = columnSums.map { 0.5 * log2(max($0 / Double(max(matrix.rows, 1)), 1e-60)) }
  }

  /// Whether every element has a level of 16 bits.
  func fit(_ grid: StepGrid) -> Bool {
    StepGrid.baseLimits.contains(grid.base) && largest < Self.largestTarget * grid.base
  }

  /// A base that is not too small for levels of 16 bits where only the size is limited.
  ///
  /// A matrix that needs fewer bits than the target has a smaller error than a normally distributed one at the target,
  /// which would ask for ever smaller steps.
  func limited(_ base: Float, _ target: EncodingTarget) -> Float {
    guard case .bits = target else { return base }
    return max(base, StepGrid.baseLimits.lowerBound, largest / (Self.largestTarget - 1))
  }

  /// Elements of fewer steps have levels of 16 bits; the rest of the range is for targets that compensation moves.
  private static let largestTarget: Float = 50_000

  /// Logarithms to base 2 of the RMS of each row and column, in steps of a base.
  func sizes(base: Float) -> (rows: [Double], columns: [Double]) {
    let octaves = log2(Double(base))
    return (rowSizes.map { $0 - octaves }, columnSizes.map { $0 - octaves })
  }
}
