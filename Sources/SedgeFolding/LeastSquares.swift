// The least squares solution of the least length.

import SedgeOperators

/// The shortest of all `x` for which the length of `A x - b` is least.
///
/// Where the rows of `A` are clearly independent, Cholesky's decomposition finds it in a tenth of the time
/// (``solutionOfIndependentRows(_:_:cutoff:)``). Otherwise the rows of `A` are written in an orthonormal basis, `A = C Q`;
/// `x` lies in the space of that basis, `x = Qᵀ c`, so that what is left is `C c = b` with independent columns, which are
/// written in a basis of their own. Computed in float64.
///
/// - Parameters:
///   - rows: The rows of `A`, all of one length.
///   - cutoff: A row whose part outside the basis is shorter than this share of the longest row adds nothing to it.
/// - Complexity: O(m² n) for m rows of n.
package func shortestLeastSquares(_ rows: [[Double]], _ b: [Double], cutoff: Double) -> [Double] {
  precondition(rows.count == b.count)
  if let x = solutionOfIndependentRows(rows, b, cutoff: cutoff) { return x }
  let outer = RowBasis(rows, cutoff: cutoff)
  let columns = outer.vectors.indices.map { j in outer.coefficients.map { $0[j] } }
  let inner = RowBasis(columns, cutoff: 0)
  // Each column is a sum of its own basis vector and of those before it: solved backwards, one unknown at a time.
  var c = [Double](repeating: 0, count: columns.count)
  for k in inner.vectors.indices.reversed() {
    var rest = dot(inner.vectors[k], b)
    for later in inner.pivots[(k + 1)...] { rest -= inner.coefficients[later][k] * c[later] }
    c[inner.pivots[k]] = rest / inner.coefficients[inner.pivots[k]][k]
  }
  var x = [Double](repeating: 0, count: rows.first?.count ?? 0)
  for (factor, vector) in zip(c, outer.vectors) { add(factor, vector, to: &x) }
  return x
}

/// The shortest solution of `A x = b`: `x = Aᵀ y`, where `A Aᵀ y = b`, by Cholesky's decomposition `A Aᵀ = L Lᵀ`.
///
/// - Returns: `nil` where the rows are not independent enough for it: the part of a row outside those before it is shorter than
///   the cutoff, or than a ten-thousandth of the longest row; or where rounding leaves a residual.
private func solutionOfIndependentRows(_ rows: [[Double]], _ b: [Double], cutoff: Double) -> [Double]? {
  guard let width = rows.first?.count, rows.count <= width else { return nil }
  let count = rows.count
  var products = [Double](repeating: 0, count: count * count)
  Workers().update(&products, boundaries: Workers.equalParts(of: count * count, size: count)) { i, row in
    for j in 0...i { row[j] = dot(rows[i], rows[j]) }
  }
  let longest = (0..<count).map { products[$0 * count + $0] }.max() ?? 0
  let shortest = max(cutoff, 1e-4) * longest.squareRoot()
  var lower: [[Double]] = []
  for i in 0..<count {
    var row = Array(products[i * count...i * count + i])
    for j in 0..<i { row[j] = (row[j] - dot(row, lower[j], count: j)) / lower[j][j] }
    let square = row[i] - dot(row, row, count: i)
    guard square > shortest * shortest else { return nil }
    row[i] = square.squareRoot()
    lower.append(row)
  }
  var x = [Double](repeating: 0, count: width)
  var rest = b
  // Each step corrects what the one before lost to rounding.
  for _ in 0..<3 {
    for i in rest.indices { rest[i] = (rest[i] - dot(lower[i], rest, count: i)) / lower[i][i] }
    for i in rest.indices.reversed() {
      rest[i] /= lower[i][i]
      for j in 0..<i { rest[j] -= rest[i] * lower[i][j] }
    }
    for (factor, row) in zip(rest, rows) { add(factor, row, to: &x) }
    rest = zip(rows, b).map { $1 - dot($0, x) }
  }
  return dot(rest, rest) <= 1e-20 * dot(b, b) ? x : nil
}

/// Rows as sums over an orthonormal basis: modified Gram-Schmidt, the longest rest first, each vector cleaned twice.
private struct RowBasis {
  /// Orthonormal.
  private(set) var vectors: [[Double]] = []
  /// The row that each vector was made from.
  private(set) var pivots: [Int] = []
  /// `rows[i]` is the sum over j of `coefficients[i][j] * vectors[j]`, and a rest below the cutoff.
  private(set) var coefficients: [[Double]]

  init(_ rows: [[Double]], cutoff: Double) {
    coefficients = [[Double]](repeating: [], count: rows.count)
    var rest = rows
    let largest = rows.map { dot($0, $0) }.max() ?? 0
    var open = Set(rows.indices)
    while let pivot = longest(of: open, in: rest), case let square = dot(rest[pivot], rest[pivot]),
      square > cutoff * cutoff * largest
    {
      var vector = rest[pivot]
      for other in vectors { add(-dot(other, vector), other, to: &vector) }
      let length = dot(vector, vector).squareRoot()
      guard length > 0 else { break }
      for i in vector.indices { vector[i] /= length }
      for row in rows.indices {
        let share = open.contains(row) ? dot(rest[row], vector) : 0
        coefficients[row].append(share)
        if share != 0 { add(-share, vector, to: &rest[row]) }
      }
      vectors.append(vector)
      pivots.append(pivot)
      open.remove(pivot)
    }
  }

  private func longest(of open: Set<Int>, in rest: [[Double]]) -> Int? {
    open.map { (row: $0, square: dot(rest[$0], rest[$0])) }
      .max { ($0.square, $1.row) < ($1.square, $0.row) }?.row
  }
}

private func dot(_ a: [Double], _ b: [Double]) -> Double { dot(a, b, count: a.count) }

/// The dot product of the first elements as four independent sums, which a processor computes at once.
private func dot(_ a: [Double], _ b: [Double], count: Int) -> Double {
  var (s0, s1, s2, s3) = (0.0, 0.0, 0.0, 0.0)
  let whole = count / 4 * 4
  for i in stride(from: 0, to: whole, by: 4) {
    s0 += a[i] * b[i]
    s1 += a[i + 1] * b[i + 1]
    s2 += a[i + 2] * b[i + 2]
    s3 += a[i + 3] * b[i + 3]
  }
  for i in whole..<count { s0 += a[i] * b[i] }
  return s0 + s1 + (s2 + s3)
}

private func add(_ factor: Double, _ a: [Double], to b: inout [Double]) {
  for i in b.indices { b[i] += factor * a[i] }
}
