// Squares of many causes from few runs.

import Foundation
import SedgeCompression
import TestSupport
import Testing

@Suite("Sketch of signs")
struct SignSketchTests {
  /// Errors of causes whose squares fall by a factor from one to the next, as numbers without a pattern.
  private static func errors(causeCount: Int, length: Int, factor: Double) -> [[Double]] {
    var generator = SeededGenerator(state: 7)
    return (0..<causeCount).map { cause in
      let scale = pow(factor, Double(cause) / 2)
      return (0..<length).map { _ in
        // The sum of some uniform numbers is nearly normal.
        scale * (0..<6).reduce(0.0) { sum, _ in sum + Double.random(in: -1...1, using: &generator) }
      }
    }
  }

  private static func products(_ sketch: SignSketch, _ errors: [[Double]], rest: Double = 0) -> [[Double]] {
    var generator = SeededGenerator(state: 8)
    let runs = sketch.signs.map { signs in
      (0..<errors[0].count).map { i in
        zip(signs, errors).reduce(0.0) { $0 + Double($1.0) * $1.1[i] }
          + rest * Double.random(in: -1...1, using: &generator)
      }
    }
    return runs.map { a in runs.map { b in zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } } }
  }

  private static func squares(_ errors: [[Double]]) -> [Double] {
    errors.map { $0.reduce(0) { $0 + $1 * $1 } }
  }

  @Test(
    "The largest of many causes are found from a third of the runs, and their squares", arguments: [0.0, 0.5])
  func largest(rest: Double) {
    let errors = Self.errors(causeCount: 96, length: 400, factor: 0.9)
    let sketch = SignSketch(runCount: 32, causeCount: 96)
    let found = sketch.squares(Self.products(sketch, errors, rest: rest))
    let expected = Self.squares(errors)
    let order = found.indices.sorted { found[$0] > found[$1] }
    #expect(Set(order.prefix(20)).isSuperset(of: 0..<12))
    for cause in 0..<12 {
      #expect(
        abs(found[cause].squareRoot() - expected[cause].squareRoot()) < 0.2 * expected[cause].squareRoot())
    }
    let (sum, whole) = (found.reduce(0, +), expected.reduce(0, +))
    #expect(abs(sum - whole) < 0.15 * whole)
  }

  @Test("More runs than causes find every square")
  func every() {
    let errors = Self.errors(causeCount: 10, length: 200, factor: 0.5)
    let sketch = SignSketch(runCount: 40, causeCount: 10)
    for (found, expected) in zip(sketch.squares(Self.products(sketch, errors)), Self.squares(errors)) {
      #expect(abs(found - expected) < 0.05 * expected)
    }
  }

  @Test("Nothing comes of nothing, and signs are always the same")
  func nothing() {
    let sketch = SignSketch(runCount: 4, causeCount: 3)
    #expect(sketch.squares([[Double]](repeating: [0, 0, 0, 0], count: 4)) == [0, 0, 0])
    #expect(sketch.signs == SignSketch(runCount: 4, causeCount: 3).signs)
    #expect(Set(sketch.signs.joined()) == [1, -1])
    #expect(
      SignSketch(runCount: 4, causeCount: 0).squares([[Double]](repeating: [0, 0, 0, 0], count: 4)) == [])
  }
}
