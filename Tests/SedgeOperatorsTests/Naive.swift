// Operators once more, in float64 and in the most obvious way, with bounds on what float32 may lose.

import SedgeTensor
import Testing

/// A result in float64 and how far a float32 result may be from it, element by element.
struct Naive {
  /// Half a unit in the last place of 1: the largest relative error of one float32 operation.
  static let roundoff = 0x1p-24

  var shape: [Int]
  var values: [Double] = []
  var bounds: [Double] = []

  /// Adds the sum of some terms.
  ///
  /// A float32 sum of K products in blocks of 256 rounds each product at most 256 + K / 256 times, and twice more
  /// for the multiplication and the bias; so it is off by that many roundoffs of the sum of magnitudes.
  mutating func append(sumOf terms: [Double], bias: Double = 0) {
    let roundings = Double(min(terms.count, 256) + terms.count / 256 + 3)
    values.append(terms.reduce(bias, +))
    bounds.append(roundings * Self.roundoff * terms.reduce(abs(bias)) { $0 + abs($1) })
  }

  /// The result after a function of slope at most `slope` that itself rounds by `roundings` roundoffs of its input.
  func followed(slope: Double, roundings: Double, by function: (Double) -> Double) -> Naive {
    var result = self
    for i in values.indices {
      result.values[i] = function(values[i])
      result.bounds[i] = slope * bounds[i] + roundings * Self.roundoff * abs(values[i])
    }
    return result
  }
}

/// Runs an operator twice: the values must be the naive ones within their bounds, and the bits the same.
func expect(
  _ expected: Naive, sourceLocation: SourceLocation = #_sourceLocation, from compute: () -> Tensor
) {
  let actual = compute()
  #expect(actual.shape == expected.shape, sourceLocation: sourceLocation)
  #expect(
    compute().values.map(\.bitPattern) == actual.values.map(\.bitPattern), sourceLocation: sourceLocation)
  guard actual.count == expected.values.count else {
    Issue.record("\(actual.count) values, expected \(expected.values.count)", sourceLocation: sourceLocation)
    return
  }
  let outliers = actual.values.indices.filter {
    !(abs(Double(actual.values[$0]) - expected.values[$0]) <= expected.bounds[$0])
  }
  if let first = outliers.first {
    Issue.record(
      """
      \(outliers.count) of \(actual.count) values are off, the first at \(first): \(actual.values[first]), \
      expected \(expected.values[first]) within \(expected.bounds[first])
      """, sourceLocation: sourceLocation)
  }
}

/// Numbers in -1..<1, the same for the same seed.
func random(_ shape: [Int], seed: UInt64) -> Tensor {
  var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
  return Tensor(
    shape: shape,
    values: (0..<shape.reduce(1, *)).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(Int32(truncatingIfNeeded: state >> 32)) * 0x1p-31
    })
}

extension Tensor {
  /// The element at an index of every dimension, as float64.
  func at(_ index: Int...) -> Double {
    Double(values[zip(index, shape).reduce(0) { $0 * $1.1 + $1.0 }])
  }
}
