// The squared errors that many causes make, from few runs with all of them.

import SedgeTensor

/// Random signs for each cause in each run, and the solution for each cause's share.
///
/// Run k computes the error of the sum of all causes, each with a sign. To first order it is `e_k = Σ s_kl e_l`, so that
/// `⟨e_k, e_k'⟩ = Σ s_kl s_k'l |e_l|²` but for products of different causes, which have random signs. Runs are few, pairs
/// of runs are many: least squares over all pairs, with squares that are not negative, give every `|e_l|²`.
struct SignSketch {
  /// By run and cause: 1 or -1.
  let signs: [[Float]]

  /// Draws signs, the same for the same numbers.
  init(runCount: Int, causeCount: Int) {
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

  /// Sweeps over all causes; the squares no longer change in their third digit.
  private static let sweepCount = 200

  /// The squared error of each cause, and the standard error that products of different causes leave.
  ///
  /// - Parameter products: `⟨e_k, e_k'⟩` by both runs.
  func squares(_ products: [[Double]]) -> (squares: [Double], standardError: Double) {
    let (runCount, causeCount) = (signs.count, signs.first?.count ?? 0)
    guard runCount > 1, causeCount > 0 else { return ([Double](repeating: 0, count: causeCount), 0) }
    let pairCount = Double(runCount * (runCount - 1))
    let trace = (0..<runCount).reduce(0.0) { $0 + products[$1][$1] }
    let columns = (0..<causeCount).map { cause in signs.map { Double($0[cause]) } }
    let right = columns.map { column in
      var sum = -trace
      for k in 0..<runCount {
        for other in 0..<runCount { sum += column[k] * column[other] * products[k][other] }
      }
      return sum / pairCount
    }
    let matrix = columns.map { a in
      columns.map { b in
        let product = zip(a, b).reduce(0.0) { $0 + $1.0 * $1.1 }
        return (product * product - Double(runCount)) / pairCount
      }
    }
    var squares = [Double](repeating: 0, count: causeCount)
    for _ in 0..<Self.sweepCount {
      for cause in 0..<causeCount {
        var rest = right[cause]
        for other in 0..<causeCount where other != cause { rest -= matrix[cause][other] * squares[other] }
        squares[cause] = max(0, rest)
      }
    }
    var residual = 0.0
    for k in 0..<runCount {
      for other in 0..<runCount where other != k {
        let model = (0..<causeCount).reduce(0.0) {
          $0 + columns[$1][k] * columns[$1][other] * squares[$1]
        }
        residual += (products[k][other] - model) * (products[k][other] - model)
      }
    }
    // Each pair is in the sum twice.
    return (squares, (residual / pairCount / (pairCount / 2)).squareRoot())
  }
}
