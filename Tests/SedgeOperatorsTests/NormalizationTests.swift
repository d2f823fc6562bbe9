// Normalization compared with naive loops in float64.

import SedgeOperators
import SedgeTensor
import Testing

@Suite("Normalization")
struct NormalizationTests {
  /// Values at mean 0 and variance 1, biased.
  private struct Normalized {
    var units: [Double]
    /// How far each may be off where sums run in float32, `additions` numbers one by one: the mean is off by so many
    /// roundoffs of the average magnitude, which all values share; the deviation by half as many of itself, for the
    /// variance is off by as many; and the difference, the factor and the product round a few times more.
    var bounds: [Double]

    init(_ values: [Double], epsilon: Float, additions: Int) {
      let count = Double(values.count)
      let mean = values.reduce(0, +) / count
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
      let deviation = (variance + Double(epsilon)).squareRoot()
      units = values.map { ($0 - mean) / deviation }
      let magnitude = values.reduce(0) { $0 + abs($1) } / count / deviation
      let roundings = Double(additions + 8)
      bounds = zip(values, units).map { value, unit in
        Naive.roundoff
          * (roundings * magnitude + (roundings / 2 + 8) * abs(unit) + 3 * abs(value) / deviation)
      }
    }
  }

  /// Adds `unit * scale + shift`.
  private func append(
    _ unit: Double, within bound: Double, scale: Double, shift: Double, to expected: inout Naive
  ) {
    expected.append(sumOf: [unit * scale], bias: shift)
    expected.kernelBounds[expected.values.count - 1] += bound * abs(scale)
  }

  @Test(
    "LayerNorm normalizes each vector", arguments: operatorSets,
    pairs(
      [(1, 1), (3, 2), (7, 33), (900, 24), (13, 40), (2, 1536)] as [(rows: Int, width: Int)],
      [true, false] as [Bool]))
  func layerNorm(set: OperatorSet, pair: ((rows: Int, width: Int), Bool)) {
    let (size, isAffine) = pair
    let input = random([size.rows, size.width], seed: 1)
    let scale = isAffine ? random([size.width], seed: 2) : nil
    let shift = isAffine ? random([size.width], seed: 3) : nil
    var expected = Naive(shape: input.shape)
    for row in 0..<size.rows {
      // The shortest vectors are of four.
      let row = Normalized(
        (0..<size.width).map { input.at(row, $0) }, epsilon: 1e-6, additions: size.width / 4 + 3)
      for (i, unit) in row.units.enumerated() {
        append(
          unit, within: row.bounds[i], scale: scale?.at(i) ?? 1, shift: shift?.at(i) ?? 0, to: &expected)
      }
    }
    expect(expected, of: set) { $0.layerNorm(input, scale: scale, shift: shift, epsilon: 1e-6) }
  }

  @Test("A constant vector becomes the shift", arguments: operatorSets, [0, 1, -3, 1e30] as [Float])
  func constantVector(set: OperatorSet, value: Float) {
    let operators = set.operators
    let input = Tensor(shape: [2, 5], values: [Float](repeating: value, count: 10))
    let shift = random([5], seed: 4)
    let result = operators.layerNorm(input, scale: random([5], seed: 5), shift: shift, epsilon: 1e-5)
    // The mean of equal numbers may be off by a roundoff of float64; 1e30 makes that 1e14, over a spread as large.
    if abs(value) < 100 {
      #expect(result.values == shift.values + shift.values, "\(operators.name)")
    } else {
      #expect(result.values.allSatisfy { $0.isFinite && abs($0) <= 2 }, "\(operators.name)")
    }
  }

  // The kernels' sums of squares are float32.
  @Test(
    "The reference normalizes values near the limits of float32",
    arguments: [1e-30, 1e30] as [Float])
  func extremeMagnitudes(magnitude: Float) {
    let input = Tensor(shape: [1, 4], values: [1, 2, 3, 6].map { $0 * magnitude })
    let result = ReferenceOperators().layerNorm(input, scale: nil, shift: nil, epsilon: 0).values
    // Mean 3, variance 3.5.
    let expected = [-2, -1, 0, 3].map { Float($0 / 3.5.squareRoot()) }
    for (a, b) in zip(result, expected) { #expect(abs(a - b) <= 1e-6) }
  }

  @Test("A small variance survives a large mean", arguments: operatorSets)
  func largeMean(set: OperatorSet) {
    let input = Tensor(shape: [1, 4], values: [4096, 4096.5, 4097, 4098.5])
    let row = Normalized(input.values.map(Double.init), epsilon: 1e-6, additions: 4)
    var expected = Naive(shape: [1, 4])
    for (unit, bound) in zip(row.units, row.bounds) {
      append(unit, within: bound, scale: 1, shift: 0, to: &expected)
    }
    expect(expected, of: set) { $0.layerNorm(input, scale: nil, shift: nil, epsilon: 1e-6) }
  }

  @Test(
    "GroupNorm normalizes each group of channels of each image", arguments: operatorSets,
    [
      (1, 1, 1, 16, 1), (2, 3, 5, 12, 3), (3, 7, 2, 32, 2), (1, 4, 4, 6, 6), (2, 5, 13, 48, 3),
      (1, 3, 40, 16, 1),
    ])
  func groupNorm(set: OperatorSet, size: (batch: Int, height: Int, width: Int, channels: Int, groups: Int)) {
    let input = random([size.batch, size.height, size.width, size.channels], seed: 6)
    let (scale, shift) = (random([size.channels], seed: 7), random([size.channels], seed: 8))
    let (groupWidth, pixels) = (size.channels / size.groups, size.height * size.width)
    let planes = input.reshaped([size.batch, pixels, size.channels])
    var expected = Naive(
      shape: input.shape, values: .init(repeating: 0, count: input.count),
      bounds: .init(repeating: 0, count: input.count), kernelBounds: .init(repeating: 0, count: input.count))
    for image in 0..<size.batch {
      for group in 0..<size.groups {
        let channels = group * groupWidth..<(group + 1) * groupWidth
        let places = (0..<pixels).flatMap { pixel in channels.map { (pixel, $0) } }
        // Lines are summed one by one, channels and lines of a group in float64.
        let result = Normalized(
          places.map { planes.at(image, $0.0, $0.1) }, epsilon: 1e-5, additions: size.width + 4)
        for (place, (unit, bound)) in zip(places, zip(result.units, result.bounds)) {
          var one = Naive(shape: [])
          append(unit, within: bound, scale: scale.at(place.1), shift: shift.at(place.1), to: &one)
          let index = (image * pixels + place.0) * size.channels + place.1
          expected.values[index] = one.values[0]
          expected.bounds[index] = one.bounds[0]
          expected.kernelBounds[index] = one.kernelBounds[0]
        }
      }
    }
    let run = { (activation: Activation, operators: any Operators) in
      operators.groupNorm(
        input, groups: size.groups, scale: scale, shift: shift, epsilon: 1e-5, activation: activation)
    }
    expect(expected, of: set) { run(.identity, $0) }
    expect(expected.followed(slope: 1, roundings: 0) { max($0, 0) }, of: set) { run(.relu, $0) }
  }

  @Test("Vectors are scaled to length 1, and vectors of length 0 stay 0", arguments: operatorSets)
  func length(set: OperatorSet) {
    let operators = set.operators
    let input = random([700, 37], seed: 9)
    var expected = Naive(shape: input.shape)
    for row in 0..<700 {
      let vector = (0..<37).map { input.at(row, $0) }
      let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
      for value in vector { expected.append(sumOf: [value / length]) }
    }
    expect(expected, of: set) { $0.normalizeLength(input) }
    let zero = operators.normalizeLength(Tensor(zeros: [1, 3]))
    #expect(zero.values == [0, 0, 0])
    let huge = operators.normalizeLength(Tensor(shape: [1, 2], values: [3e38, 0]))
    #expect(huge.values == [1, 0])
    let tiny = operators.normalizeLength(Tensor(shape: [1, 2], values: [0, 1e-14]))
    #expect(abs(tiny.values[1] - 0.01) <= 1e-8)
  }
}
