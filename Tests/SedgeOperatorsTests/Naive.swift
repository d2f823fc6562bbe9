// Naive float64 versions of the operators, with bounds for the error of float32.

import SedgeOperators
import SedgeTensor
import Testing

/// A result in float64 and the bounds for the error of a float32 result, element by element.
struct Naive {
  /// Half a unit in the last place of 1: the largest relative error of one float32 operation.
  static let roundoff = 0x1p-24

  var shape: [Int]
  var values: [Double] = []
  /// The bounds of the reference operators.
  var bounds: [Double] = []
  /// The bounds of the kernels, which sum in float32 without blocks.
  var kernelBounds: [Double] = []

  /// Adds the sum of some terms.
  ///
  /// A float32 sum of K products in blocks of 256 rounds each product at most 256 + K / 256 times, and twice more
  /// for the multiplication and the bias; so it is off by that many roundoffs of the sum of magnitudes. Without blocks
  /// it rounds each product at most K times.
  mutating func append(sumOf terms: [Double], bias: Double = 0) {
    let magnitude = Self.roundoff * terms.reduce(abs(bias)) { $0 + abs($1) }
    values.append(terms.reduce(bias, +))
    bounds.append(Double(min(terms.count, 256) + terms.count / 256 + 3) * magnitude)
    kernelBounds.append(Double(terms.count + 3) * magnitude)
  }

  /// Widens all bounds by so many roundoffs of 1.
  mutating func widen(byRoundings roundings: Double) {
    for i in values.indices {
      bounds[i] += roundings * Self.roundoff
      kernelBounds[i] += roundings * Self.roundoff
    }
  }

  /// The result after a function of slope at most `slope` that itself rounds by `roundings` roundoffs of its input.
  func followed(slope: Double, roundings: Double, by function: (Double) -> Double) -> Naive {
    var result = self
    for i in values.indices {
      result.values[i] = function(values[i])
      let rounding = roundings * Self.roundoff * abs(values[i])
      result.bounds[i] = slope * bounds[i] + rounding
      result.kernelBounds[i] = slope * kernelBounds[i] + rounding
    }
    return result
  }
}

/// Runs an operator, twice and on several numbers of threads: the values must match the naive ones within their bounds, and the bits
/// must be the same.
func expect(
  _ expected: Naive, of set: OperatorSet, sourceLocation: SourceLocation = #_sourceLocation,
  from compute: (_ operators: any Operators) -> Tensor
) {
  let result = compute(set.operators)
  let bounds = set.kernels == nil ? expected.bounds : expected.kernelBounds
  expect(result, within: bounds, of: expected, set.testDescription, sourceLocation)
  for operators in set.variants {
    expectBits(of: result, compute(operators), set.testDescription, sourceLocation)
  }
}

/// The values must match the naive ones within their bounds.
private func expect(
  _ actual: Tensor, within bounds: [Double], of expected: Naive, _ name: String,
  _ sourceLocation: SourceLocation
) {
  #expect(actual.shape == expected.shape, "\(name)", sourceLocation: sourceLocation)
  guard actual.count == expected.values.count else {
    Issue.record(
      "\(name): \(actual.count) values, expected \(expected.values.count)", sourceLocation: sourceLocation)
    return
  }
  let outliers = actual.values.indices.filter {
    !(abs(Double(actual.values[$0]) - expected.values[$0]) <= bounds[$0])
  }
  if let first = outliers.first {
    Issue.record(
      """
      \(name): \(outliers.count) of \(actual.count) values are off, the first at \(first): \(actual.values[first]), \
      expected \(expected.values[first]) within \(bounds[first])
      """, sourceLocation: sourceLocation)
  }
}

private func expectBits(of a: Tensor, _ b: Tensor, _ name: String, _ sourceLocation: SourceLocation) {
  let areSame = a.values.map(\.bitPattern) == b.values.map(\.bitPattern)
  #expect(areSame, "\(name)", sourceLocation: sourceLocation)
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
