// The square-root-free Cholesky factorization.

package import SedgeOperators

/// `M = Rᵀ D R` with a unit upper triangular R: the square-root-free Cholesky factorization, in float64.
///
/// Blocks of rows, each eliminated from all that follow (right-looking). The result does not depend on the number of
/// threads.
package struct Factorization {
  /// The matrix's side.
  let count: Int
  /// D.
  package private(set) var diagonal: Buffer<Double>
  /// Row-major, on and above the diagonal: row k is D's k times R's row k.
  private let rows: Buffer<Double>
  private let algebra: LinearAlgebra

  /// Rows that are eliminated together.
  private static let block = 128

  /// Factors a matrix.
  ///
  /// - Parameters:
  ///   - rows: count x count; elements below the diagonal are ignored. It is overwritten.
  ///   - floor: The least value of D's elements; above 0.
  /// - Complexity: count³ / 3 floating-point operations.
  package init(_ rows: Buffer<Double>, count: Int, floor: Double, algebra: LinearAlgebra, _ workers: Workers)
  {
    precondition(rows.count == count * count && floor > 0)
    (self.rows, self.count, self.algebra) = (rows, count, algebra)
    diagonal = Buffer([Double](repeating: 0, count: count))
    for start in stride(from: 0, to: count, by: Self.block) {
      let block = start..<min(start + Self.block, count)
      let factors = factorDiagonalBlock(block, floor: floor)
      solvePanel(block, factors, workers)
      updateTrailing(block, workers)
    }
  }

  /// Some of R's elements, row-major; those on and below the diagonal have no meaning.
  package func elements(_ rowRange: Range<Int>, _ columns: Range<Int>) -> [Double] {
    var result: [Double] = []
    result.reserveCapacity(rowRange.count * columns.count)
    for row in rowRange {
      let divisor = diagonal[row]
      for value in rows.values(row * count + columns.lowerBound, columns.count) {
        result.append(value / divisor)
      }
    }
    return result
  }

  /// Factors a block's own square; returns the negative of R in it.
  private func factorDiagonalBlock(_ block: Range<Int>, floor: Double) -> Buffer<Double> {
    let factors = Buffer([Double](repeating: 0, count: block.count * block.count))
    for row in block {
      eliminate(block.lowerBound..<row, from: row, columns: row..<block.upperBound, factors, block)
      let pivot = max(rows[row * count + row], floor)
      diagonal[row] = pivot
      for column in row + 1..<max(block.upperBound, row + 1) {
        factors[(row - block.lowerBound) * block.count + column - block.lowerBound] =
          -rows[row * count + column] / pivot
      }
    }
    return factors
  }

  /// Eliminates the rows of a block from each other, right of the block.
  private func solvePanel(_ block: Range<Int>, _ factors: Buffer<Double>, _ workers: Workers) {
    let tiles = LinearAlgebra.tiles(count - block.upperBound)
    workers.run(tiles.count) { _, item in
      let columns = block.upperBound + tiles[item].lowerBound..<block.upperBound + tiles[item].upperBound
      for row in block {
        eliminate(block.lowerBound..<row, from: row, columns: columns, factors, block)
      }
    }
  }

  private func eliminate(
    _ earlier: Range<Int>, from row: Int, columns: Range<Int>, _ factors: Buffer<Double>, _ block: Range<Int>
  ) {
    algebra.combine(
      Rows(buffer: rows, start: earlier.lowerBound * count + columns.lowerBound, stride: count),
      earlier.count,
      factors: Rows(buffer: factors, start: row - block.lowerBound, stride: block.count),
      count: columns.count, into: rows, at: row * count + columns.lowerBound)
  }

  /// Eliminates a block from all rows below it.
  private func updateTrailing(_ block: Range<Int>, _ workers: Workers) {
    let left = count - block.upperBound
    guard left > 0 else { return }
    let panel = Rows(buffer: rows, start: block.lowerBound * count + block.upperBound, stride: count)
    let factors = Buffer(block.map { -1 / diagonal[$0] })
    algebra.addUpperProduct(
      algebra.packed(panel, depth: block.count, count: left, factors: factors, workers),
      algebra.packed(panel, depth: block.count, count: left, workers),
      to: Rows(buffer: rows, start: block.upperBound * (count + 1), stride: count), workers)
  }
}
