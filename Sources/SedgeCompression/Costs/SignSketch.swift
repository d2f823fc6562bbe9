// The squared errors that many causes make, from few runs with all of them.

/// Random signs for each cause in each run, and the solution for each cause's square.
///
/// Run k computes the error of the sum of all causes, each with a sign: to first order `e_k = Σ s_kl e_l`. If the errors of
/// different causes are independent, then the products `⟨e_k, e_k'⟩` of all pairs of runs have the expectation
/// `Σ s_kl s_k'l v_l` with `v_l = |e_l|²`, to which each run adds what is not of first order. The squares under which the
/// products are most likely are found by expectation maximization (Dempster, Laird and Rubin 1977), as those of sparse
/// Bayesian learning (Tipping 2001) are.
package struct SignSketch {
  /// By run and cause: 1 or -1.
  package let signs: [[Float]]

  /// Draws signs, the same for the same numbers.
  package init(runCount: Int, causeCount: Int) {
    var state: UInt64 = 0x5EED_C057
    signs = (0..<runCount).map { _ in
      (0..<causeCount).map { _ in
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return (z ^ (z >> 31)) & 1 == 0 ? 1 : -1
      }
    }
  }

  /// Steps of expectation maximization; the squares of the large causes settle within some dozens.
  private static let stepCount = 200
  /// The share of a run's squared error that is not of first order, to begin with.
  private static let firstRest = 0.05

  /// The squared error of each cause.
  ///
  /// - Parameter products: `⟨e_k, e_k'⟩` by both runs.
  /// - Complexity: O(K² (K + L)) for K runs and L causes, in each of ``stepCount`` steps.
  package func squares(_ products: [[Double]]) -> [Double] {
    let (runCount, causeCount) = (signs.count, signs.first?.count ?? 0)
    let mean = (0..<runCount).reduce(0.0) { $0 + products[$1][$1] } / Double(max(runCount, 1))
    guard causeCount > 0, mean > 0 else { return [Double](repeating: 0, count: causeCount) }
    let columns = (0..<causeCount).map { cause in signs.map { Double($0[cause]) } }
    var squares = [Double](repeating: mean / Double(causeCount), count: causeCount)
    var rest = Self.firstRest * mean
    for _ in 0..<Self.stepCount {
      var covariance = (0..<runCount).map { k in
        (0..<runCount).map { k == $0 ? rest : 0 }
      }
      for (column, square) in zip(columns, squares) {
        for k in 0..<runCount {
          let factor = column[k] * square
          for other in 0..<runCount { covariance[k][other] += factor * column[other] }
        }
      }
      let inverse = Self.inverse(covariance)
      // C⁻¹ G C⁻¹ - C⁻¹: zero where the products are what is expected.
      let excess = Self.product(Self.product(inverse, products), inverse, less: inverse)
      for (cause, column) in columns.enumerated() {
        var gain = 0.0
        for k in 0..<runCount {
          var sum = 0.0
          for other in 0..<runCount { sum += excess[k][other] * column[other] }
          gain += column[k] * sum
        }
        squares[cause] = max(0, squares[cause] + squares[cause] * squares[cause] * gain)
      }
      let gain = (0..<runCount).reduce(0.0) { $0 + excess[$1][$1] }
      rest = max(1e-9 * mean, rest + rest * rest * gain / Double(runCount))
    }
    return squares
  }

  /// The product of two square matrices, less a third.
  private static func product(
    _ a: [[Double]], _ b: [[Double]], less c: [[Double]]? = nil
  ) -> [[Double]] {
    a.indices.map { row in
      var sums = c.map { $0[row].map { -$0 } } ?? [Double](repeating: 0, count: b.count)
      for (inner, factor) in a[row].enumerated() {
        for column in sums.indices { sums[column] += factor * b[inner][column] }
      }
      return sums
    }
  }

  /// The inverse of a positive definite matrix, by elimination; no pivots are needed.
  private static func inverse(_ matrix: [[Double]]) -> [[Double]] {
    let count = matrix.count
    var left = matrix
    var right = (0..<count).map { row in (0..<count).map { row == $0 ? 1.0 : 0.0 } }
    for pivot in 0..<count {
      let scale = 1 / left[pivot][pivot]
      for column in 0..<count {
        left[pivot][column] *= scale
        right[pivot][column] *= scale
      }
      for row in 0..<count where row != pivot {
        let factor = left[row][pivot]
        guard factor != 0 else { continue }
        for column in 0..<count {
          left[row][column] -= factor * left[pivot][column]
          right[row][column] -= factor * right[pivot][column]
        }
      }
    }
    return right
  }
}
