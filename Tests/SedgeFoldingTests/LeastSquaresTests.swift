// The shortest least-squares solution, by its definition.

import SedgeFolding
import Testing

@Suite("Shortest least squares")
struct LeastSquaresTests {
  /// Rows, columns and rank of a matrix; ranks below both are made of fewer independent rows.
  struct Form: CustomTestStringConvertible {
    var rows: Int
    var columns: Int
    var rank: Int
    var testDescription: String { "\(rows) x \(columns) of rank \(rank)" }
  }

  static let forms = [
    Form(rows: 1, columns: 1, rank: 1), Form(rows: 6, columns: 6, rank: 6),
    Form(rows: 5, columns: 9, rank: 5),
    Form(rows: 9, columns: 5, rank: 5), Form(rows: 8, columns: 7, rank: 3),
    Form(rows: 40, columns: 64, rank: 40),
    Form(rows: 4, columns: 4, rank: 0), Form(rows: 30, columns: 30, rank: 30),
    Form(rows: 30, columns: 50, rank: 29),
  ]

  /// Numbers of -1...1 without a pattern (the last steps of SplitMix64).
  private func numbers(_ count: Int, _ seed: Int) -> [Double] {
    (0..<count).map { (index: Int) -> Double in
      var z = UInt64(1000 * seed + index + 1) &* 0x9E37_79B9_7F4A_7C15
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return Double(z >> 11) * 0x1p-52 - 1
    }
  }

  /// `left * right`, of the form's rank.
  private func matrix(_ form: Form) -> [[Double]] {
    let right = (0..<form.rank).map { numbers(form.columns, 10 + $0) }
    return (0..<form.rows).map { row in
      let left = numbers(form.rank, 100 + row)
      return (0..<form.columns).map { column in
        (0..<form.rank).reduce(0) { $0 + left[$1] * right[$1][column] }
      }
    }
  }

  private func product(_ rows: [[Double]], _ x: [Double]) -> [Double] {
    rows.map { row in zip(row, x).reduce(0) { $0 + $1.0 * $1.1 } }
  }

  @Test("The residual is orthogonal to every column", arguments: forms)
  func leastSquares(form: Form) {
    let (rows, b) = (matrix(form), numbers(form.rows, 1))
    let x = shortestLeastSquares(rows, b, cutoff: 1e-10)
    #expect(x.count == form.columns)
    let rest = zip(product(rows, x), b).map { $0 - $1 }
    for column in 0..<form.columns {
      #expect(abs(zip(rows, rest).reduce(0) { $0 + $1.0[column] * $1.1 }) < 1e-9)
    }
    if form.rank == form.rows { #expect(rest.allSatisfy { abs($0) < 1e-9 }) }
  }

  @Test("No other solution is shorter: the solution is a sum of rows", arguments: forms)
  func shortest(form: Form) {
    let rows = matrix(form)
    let x = shortestLeastSquares(rows, numbers(form.rows, 1), cutoff: 1e-10)
    // A sum of rows is the shortest vector that has the same products with all rows.
    let again = shortestLeastSquares(rows, product(rows, x), cutoff: 1e-10)
    for (a, b) in zip(x, again) { #expect(abs(a - b) < 1e-9) }
    let columns = (0..<form.columns).map { column in rows.map { $0[column] } }
    let combination = shortestLeastSquares(columns, x, cutoff: 1e-10)
    for (a, b) in zip(product(columns, combination), x) { #expect(abs(a - b) < 1e-9) }
  }

  @Test("Known solutions are found")
  func known() {
    #expect(shortestLeastSquares([[2, 0], [0, 4]], [2, 2], cutoff: 1e-10) == [1, 0.5])
    #expect(
      shortestLeastSquares([[3, 4]], [25], cutoff: 1e-10).map { ($0 * 1e12).rounded() / 1e12 } == [3, 4])
    #expect(
      shortestLeastSquares([[1], [1]], [1, 3], cutoff: 1e-10).map { ($0 * 1e12).rounded() / 1e12 } == [2])
    #expect(shortestLeastSquares([[0, 0]], [5], cutoff: 1e-10) == [0, 0])
  }

  /// Close to dependent, the rows are solved by an orthonormal basis; clearly independent, by Cholesky's decomposition.
  @Test("Both ways give the same solution", arguments: [1e-2, 1e-3, 2e-4, 5e-5, 1e-6])
  func ways(distance: Double) {
    let form = Form(rows: 6, columns: 9, rank: 6)
    var rows = matrix(form)
    rows[5] = zip(rows[4], rows[5]).map { $0 + distance * $1 }
    let x = numbers(9, 3)
    let b = product(rows, x)
    let found = shortestLeastSquares(rows, b, cutoff: 1e-10)
    for (left, right) in zip(product(rows, found), b) { #expect(abs(left - right) < 1e-9) }
    // No other solution is shorter.
    #expect(product([found], found)[0] <= product([x], x)[0])
  }

  @Test("A row that differs from others by less than the cutoff adds nothing")
  func cutoff() {
    let rows = [[1.0, 1.0], [1.0, 1.0 + 1e-9]]
    let x = shortestLeastSquares(rows, [1, 2], cutoff: 1e-6)
    #expect(x.allSatisfy { abs($0 - 0.75) < 1e-6 })
    #expect(shortestLeastSquares(rows, [1, 2], cutoff: 1e-12).contains { abs($0) > 1e8 })
  }
}
