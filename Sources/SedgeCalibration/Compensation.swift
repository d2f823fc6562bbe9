// Rounding with compensation: later columns reduce the output error of earlier ones.

import SedgeOperators

/// The order in which a matrix's columns are rounded.
///
/// The order matters where all columns have one step: the error is then proportional to the sum of
/// ``Compensation/diagonal``. With steps proportional to the diagonal's elements to the power of -1/2 it is proportional to
/// their geometric mean, which is the same in any order.
package enum ColumnOrder: Sendable {
  /// From the first to the last.
  case natural
  /// Columns with the largest inputs first, so that most columns are left to compensate the largest errors.
  case descending
}

/// Error-compensating rounding by the second moment of a layer's inputs.
///
/// With E the errors of a matrix's weights and H the second moment of its inputs, the mean square of the output's
/// error is tr(E H Eᵀ). With `H = U D Uᵀ` and a unit upper triangular U, columns in the order of rounding, it is the sum
/// over columns c of `D[c]` times the square of `E[c] + Σ U[k][c] E[k]` over the columns k that were rounded before. So
/// the best target of a column is the weight less that sum (Frantar et al., "GPTQ", in the form of Chee et al., "QuIP").
///
/// The product of D is the determinant of H, in any order; orders differ in its distribution over the columns.
package struct Compensation: Sendable {
  /// D: the output error for a squared rounding error of 1, for each column of the matrix; all above 0.
  package let diagonal: [Float]
  /// The columns in the order in which they are rounded.
  package let order: [Int]
  /// U, row-major, in the order of rounding: row k has the weights of column k's error in later columns.
  private let factors: FloatBuffer
  private let algebra: LinearAlgebra

  /// Columns whose errors are added to columns beyond the block by one matrix product.
  private static let block = 64
  /// The least damping: the rounding error of a moment in float32.
  private static let leastDamping = 0x1p-20

  /// Factors a second moment.
  ///
  /// - Parameters:
  ///   - moment: n x n, symmetric, finite. Some or all inputs may be always 0.
  ///   - n: Columns of the matrices to be rounded.
  ///   - damping: The addition to the diagonal, as a share of its mean; at least 2⁻²⁰ is added.
  ///   - order: The order of rounding.
  ///   - threads: At least 1; `nil` for one on each processor. The result is the same bits for any number.
  /// - Complexity: n³ / 3 floating-point operations in float64, and 8 n² bytes besides the 4 n² that are kept.
  package init(
    moment: [Float], count n: Int, damping: Double = 0.01, order: ColumnOrder = .descending,
    threads: Int? = nil
  ) {
    self.init(moment: moment, count: n, damping: damping, order: order, threads: threads, algebra: .best)
  }

  /// Factors a second moment with given functions.
  package init(
    moment: [Float], count n: Int, damping: Double, order: ColumnOrder, threads: Int?, algebra: LinearAlgebra
  ) {
    precondition(moment.count == n * n && damping >= 0)
    let workers = Workers(count: threads)
    let importance = (0..<n).map { moment[$0 * n + $0] }
    let mean = importance.reduce(0) { $0 + Double($1) } / Double(max(n, 1))
    precondition(mean.isFinite, "the moment is not finite")
    // Where all inputs are 0, all errors count alike.
    let damping = mean > 0 ? max(damping, Self.leastDamping) * mean : 1
    let sequence =
      order == .natural
      ? Array(0..<n) : (0..<n).sorted { (importance[$1], $0) < (importance[$0], $1) }
    // The factorization first eliminates the column that is rounded last.
    let eliminated = Array(sequence.reversed())
    let matrix = Buffer<Double>(count: n * n)
    workers.run(n) { _, row in
      var values = eliminated[row...].map { Double(moment[eliminated[row] * n + $0]) }
      values[0] += damping
      matrix.set(row * n + row, to: values.span)
    }
    // No conditional variance is below what was added to the diagonal.
    let factored = Factorization(matrix, count: n, floor: damping, algebra: algebra, workers)
    var diagonal = [Float](repeating: 0, count: n)
    for (place, column) in eliminated.enumerated() { diagonal[column] = Float(factored.diagonal[place]) }
    (self.order, self.diagonal, self.algebra) = (sequence, diagonal, algebra)
    factors = Self.reversedTransposed(factored, workers)
  }

  /// `factors[k][c]` is R's element of row n - 1 - c and column n - 1 - k.
  private static func reversedTransposed(_ factored: Factorization, _ workers: Workers) -> FloatBuffer {
    let n = factored.count
    let result = FloatBuffer(count: n * n)
    let tiles = LinearAlgebra.tiles(n)
    let pairs = tiles.indices.flatMap { i in (i..<tiles.count).map { (tiles[i], tiles[$0]) } }
    workers.run(pairs.count) { _, item in
      let (rows, columns) = pairs[item]
      let mirror = { (range: Range<Int>) in n - range.upperBound..<n - range.lowerBound }
      let elements = factored.elements(mirror(columns), mirror(rows))
      for row in rows {
        let last = columns.count * rows.count - 1 - (row - rows.lowerBound)
        let values = columns.indices.map { Float(elements[last - ($0 - columns.lowerBound) * rows.count]) }
        result.set(row * n + columns.lowerBound, to: values.span)
      }
    }
    return result
  }

  /// Rounds a matrix column by column, in the order of ``order``.
  ///
  /// - Parameters:
  ///   - weights: rows x n, row-major.
  ///   - threads: At least 1; `nil` for one on each processor. The result is the same bits for any number.
  ///   - round: Gets a column's number and its targets, one for each row, and replaces them by the decoded values.
  /// - Returns: The decoded values, rows x n, row-major.
  /// - Complexity: rows n² floating-point operations besides the rounding.
  package func round(
    _ weights: [Float], rows: Int, threads: Int? = nil,
    round: (_ column: Int, _ targets: inout [Float]) throws -> Void
  ) rethrows -> [Float] {
    let n = order.count
    precondition(weights.count == rows * n)
    guard !weights.isEmpty else { return [] }
    let (workers, sequence) = (Workers(count: threads), order.map(Int32.init))
    let original = algebra.columns(of: weights, rowCount: rows, order: sequence)
    let columns = FloatBuffer(count: original.count)
    columns.copy(to: 0, from: original, at: 0, original.count)
    let (errors, minusOne) = (FloatBuffer(count: Self.block * rows), FloatBuffer([-1]))
    for start in stride(from: 0, to: n, by: Self.block) {
      let end = min(start + Self.block, n)
      for column in start..<end {
        // Errors have the opposite sign, so that they are added.
        algebra.combine(
          Rows(buffer: errors, stride: rows), column - start,
          factors: Rows(buffer: factors, start: start * n + column, stride: n), count: rows, into: columns,
          at: column * rows)
        var targets = columns.values(column * rows, rows)
        try round(order[column], &targets)
        precondition(targets.count == rows)
        columns.set(column * rows, to: targets.span)
        let place = (column - start) * rows
        errors.copy(to: place, from: original, at: column * rows, rows)
        algebra.combine(
          Rows(buffer: columns, start: column * rows, stride: rows), 1,
          factors: Rows(buffer: minusOne, stride: 1), count: rows, into: errors, at: place)
      }
      guard end < n else { break }
      let later = Rows(buffer: factors, start: start * n + end, stride: n)
      algebra.addProduct(
        algebra.packed(later, depth: end - start, count: n - end, workers),
        algebra.packed(Rows(buffer: errors, stride: rows), depth: end - start, count: rows, workers),
        to: Rows(buffer: columns, start: end * rows, stride: rows), workers)
    }
    return algebra.matrix(of: columns, rowCount: rows, order: sequence)
  }
}
