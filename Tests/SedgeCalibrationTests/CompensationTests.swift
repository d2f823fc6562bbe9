import SedgeCalibration
import SedgeOperators
import Testing

@Suite("Error-compensating rounding")
struct CompensationTests {
  private static let step: Float = 0.25

  /// Rounds to the nearest multiple of the step.
  private static func toGrid(_ targets: inout [Float]) {
    for i in targets.indices { targets[i] = (targets[i] / step).rounded() * step }
  }

  @Test(
    "The errors of the columns add up to the output's error",
    arguments: [1, 2, 64, 65, 200], [ColumnOrder.natural, .descending])
  func lossIdentity(width: Int, order: ColumnOrder) {
    let (rows, moment) = (7, correlatedMoment(width: width, seed: 1))
    let weights = random(rows * width, seed: 2)
    for algebra in LinearAlgebra.available {
      let compensation = Compensation(
        moment: moment, count: width, damping: 0.01, order: order, threads: 2, algebra: algebra)
      #expect(compensation.order.sorted() == Array(0..<width))
      var sum = 0.0
      let decoded = compensation.round(weights, rows: rows) { column, targets in
        let before = targets
        Self.toGrid(&targets)
        let squares = zip(before, targets).map { Double($1 - $0) * Double($1 - $0) }
        sum += Double(compensation.diagonal[column]) * squares.reduce(0, +)
      }
      let errors = zip(decoded, weights).map { Double($0) - Double($1) }
      let expected = naiveError(errors, damped(moment, width: width, damping: 0.01), width: width)
      // Targets are sums of as many float32 numbers as there are columns.
      #expect(abs(sum - expected) <= 1e-4 * expected, "\(algebra.name)")
      #expect(decoded.allSatisfy { ($0 / Self.step).rounded() == $0 / Self.step })
    }
  }

  @Test("The largest inputs come first, or the first column does")
  func order() {
    let moment: [Float] = [1, 0, 0, 0, 3, 0, 0, 0, 3]
    #expect(Compensation(moment: moment, count: 3).order == [1, 2, 0])
    #expect(Compensation(moment: moment, count: 3, order: .natural).order == [0, 1, 2])
  }

  @Test("Columns that have nothing in common are rounded by themselves")
  func uncorrelated() {
    let moment: [Float] = [1, 0, 0, 0, 2, 0, 0, 0, 3]
    let compensation = Compensation(moment: moment, count: 3, damping: 0.5)
    // The mean of the diagonal is 2, half of which is added.
    #expect(compensation.diagonal == [2, 3, 4])
    let weights = random(12, seed: 3)
    let decoded = compensation.round(weights, rows: 4) { column, targets in
      #expect(targets == (0..<4).map { weights[$0 * 3 + column] })
      Self.toGrid(&targets)
    }
    var nearest = weights
    Self.toGrid(&nearest)
    #expect(decoded == nearest)
  }

  @Test("Where inputs are alike, the output's error is far less than that of rounding to the nearest")
  func better() {
    let (rows, width) = (40, 150)
    let moment = correlatedMoment(width: width, seed: 4)
    let weights = random(rows * width, seed: 5)
    var nearest = weights
    Self.toGrid(&nearest)
    let plain = outputError(weights: weights, decoded: nearest, moment: moment, count: width)
    for order in [ColumnOrder.natural, .descending] {
      let decoded = Compensation(moment: moment, count: width, order: order).round(weights, rows: rows) {
        Self.toGrid(&$1)
      }
      let compensated = outputError(weights: weights, decoded: decoded, moment: moment, count: width)
      #expect(compensated < 0.5 * plain, "\(order)")
    }
  }

  @Test("The output's error is the naive one", arguments: [1, 3, 140], [1, 300])
  func error(width: Int, rows: Int) {
    let moment = correlatedMoment(width: width, seed: 6)
    let (weights, decoded) = (random(rows * width, seed: 7), random(rows * width, seed: 8))
    let expected = naiveError(
      zip(decoded, weights).map { Double($0 - $1) }, moment.map(Double.init), width: width)
    let error = outputError(weights: weights, decoded: decoded, moment: moment, count: width, threads: 2)
    #expect(abs(error - expected) <= 1e-5 * expected)
    #expect(
      error == outputError(weights: weights, decoded: decoded, moment: moment, count: width, threads: 1))
    #expect(outputError(weights: weights, decoded: weights, moment: moment, count: width) == 0)
  }

  @Test("The same bits come out on any number of threads")
  func threads() {
    let (rows, width) = (333, 300)
    let moment = correlatedMoment(width: width, seed: 9)
    let weights = random(rows * width, seed: 10)
    let results = [1, 2, 5].map { threads in
      let compensation = Compensation(moment: moment, count: width, threads: threads)
      let decoded = compensation.round(weights, rows: rows, threads: threads) { Self.toGrid(&$1) }
      return (compensation.diagonal, decoded)
    }
    #expect(results[0] == results[1] && results[0] == results[2])
  }

  @Test(
    "Inputs that are always 0, or always the same, or all 0, leave everything finite", arguments: [0, 0.01])
  func degenerate(damping: Double) {
    let (rows, width) = (5, 130)
    var vectors = correlatedVectors(200, width: width, seed: 11)
    for row in 0..<200 {
      vectors[row * width + 3] = 0
      vectors[row * width + 129] = 0
      vectors[row * width + 7] = 2
      vectors[row * width + 8] = 2
    }
    let weights = random(rows * width, seed: 12)
    let moment = naiveMoment(vectors, width: width).map(Float.init)
    for moment in [moment, [Float](repeating: 0, count: width * width)] {
      let compensation = Compensation(moment: moment, count: width, damping: damping)
      #expect(compensation.diagonal.allSatisfy { $0 > 0 && $0.isFinite })
      let decoded = compensation.round(weights, rows: rows) { Self.toGrid(&$1) }
      #expect(decoded.allSatisfy { abs($0) < 100 })
    }
  }

  @Test("An error of the rounding comes through")
  func throwing() {
    struct Stop: Error {}
    let compensation = Compensation(moment: correlatedMoment(width: 70, seed: 13), count: 70)
    var seen = 0
    #expect(throws: Stop.self) {
      try compensation.round(random(140, seed: 14), rows: 2) { _, _ in
        seen += 1
        if seen == 66 { throw Stop() }
      }
    }
    #expect(seen == 66)
  }

  @Test("A matrix without rows is rounded to itself")
  func noRows() {
    let compensation = Compensation(moment: [1], count: 1)
    #expect(compensation.round([], rows: 0) { _, _ in Issue.record("there is nothing to round") } == [])
  }
}
