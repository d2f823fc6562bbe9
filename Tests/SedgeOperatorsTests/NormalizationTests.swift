// Normalizations against naive loops in float64.

import SedgeOperators
import SedgeTensor
import Testing

@Suite("Normalizations")
struct NormalizationTests {
  private let operators = ReferenceOperators()

  /// Mean 0 and variance 1, biased, over some values.
  private func normalized(_ values: [Double], epsilon: Float) -> [Double] {
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    return values.map { ($0 - mean) / (variance + Double(epsilon)).squareRoot() }
  }

  @Test(
    "LayerNorm normalizes each vector", arguments: [(1, 1), (3, 2), (7, 33), (900, 24), (2, 1536)],
    [true, false])
  func layerNorm(size: (rows: Int, width: Int), isAffine: Bool) {
    let input = random([size.rows, size.width], seed: 1)
    let scale = isAffine ? random([size.width], seed: 2) : nil
    let shift = isAffine ? random([size.width], seed: 3) : nil
    var expected = Naive(shape: input.shape)
    for row in 0..<size.rows {
      let units = normalized((0..<size.width).map { input.at(row, $0) }, epsilon: 1e-6)
      for (i, unit) in units.enumerated() {
        expected.append(sumOf: [unit * (scale?.at(i) ?? 1)], bias: shift?.at(i) ?? 0)
      }
    }
    expect(expected) { operators.layerNorm(input, scale: scale, shift: shift, epsilon: 1e-6) }
  }

  @Test("A constant vector has no spread and becomes the shift", arguments: [0, 1, -3, 1e30] as [Float])
  func constantVector(value: Float) {
    let input = Tensor(shape: [2, 5], values: [Float](repeating: value, count: 10))
    let shift = random([5], seed: 4)
    let result = operators.layerNorm(input, scale: random([5], seed: 5), shift: shift, epsilon: 1e-5)
    // The mean of equal numbers may be off by a roundoff of float64; 1e30 makes that 1e14, over a spread as large.
    if abs(value) < 100 {
      #expect(result.values == shift.values + shift.values)
    } else {
      #expect(result.values.allSatisfy { $0.isFinite && abs($0) <= 2 })
    }
  }

  @Test(
    "Values near the end of float32's range are normalized like any other",
    arguments: [1e-30, 1e30] as [Float])
  func extremeMagnitudes(magnitude: Float) {
    let input = Tensor(shape: [1, 4], values: [1, 2, 3, 6].map { $0 * magnitude })
    let result = operators.layerNorm(input, scale: nil, shift: nil, epsilon: 0).values
    // Mean 3, variance 3.5.
    let expected = [-2, -1, 0, 3].map { Float($0 / 3.5.squareRoot()) }
    for (a, b) in zip(result, expected) { #expect(abs(a - b) <= 1e-6) }
  }

  @Test("A large mean does not drown a small spread")
  func largeMean() {
    let input = Tensor(shape: [1, 4], values: [4096, 4096.5, 4097, 4098.5])
    let units = normalized(input.values.map(Double.init), epsilon: 1e-6)
    var expected = Naive(shape: [1, 4])
    for unit in units { expected.append(sumOf: [unit]) }
    expect(expected) { operators.layerNorm(input, scale: nil, shift: nil, epsilon: 1e-6) }
  }

  @Test(
    "GroupNorm normalizes each group of each image over space",
    arguments: [(1, 1, 1, 16, 1), (2, 3, 5, 12, 3), (3, 7, 2, 32, 2), (1, 4, 4, 6, 6)])
  func groupNorm(size: (batch: Int, height: Int, width: Int, channels: Int, groups: Int)) {
    let input = random([size.batch, size.height, size.width, size.channels], seed: 6)
    let (scale, shift) = (random([size.channels], seed: 7), random([size.channels], seed: 8))
    let (groupWidth, pixels) = (size.channels / size.groups, size.height * size.width)
    let planes = input.reshaped([size.batch, pixels, size.channels])
    var expected = Naive(
      shape: input.shape, values: .init(repeating: 0, count: input.count),
      bounds: .init(repeating: 0, count: input.count))
    for image in 0..<size.batch {
      for group in 0..<size.groups {
        let channels = group * groupWidth..<(group + 1) * groupWidth
        let places = (0..<pixels).flatMap { pixel in channels.map { (pixel, $0) } }
        let units = normalized(places.map { planes.at(image, $0.0, $0.1) }, epsilon: 1e-5)
        for ((pixel, channel), unit) in zip(places, units) {
          var one = Naive(shape: [])
          one.append(sumOf: [unit * scale.at(channel)], bias: shift.at(channel))
          let index = (image * pixels + pixel) * size.channels + channel
          (expected.values[index], expected.bounds[index]) = (one.values[0], one.bounds[0])
        }
      }
    }
    let run = { (activation: Activation) in
      operators.groupNorm(
        input, groups: size.groups, scale: scale, shift: shift, epsilon: 1e-5, activation: activation)
    }
    expect(expected) { run(.identity) }
    expect(expected.followed(slope: 1, roundings: 0) { max($0, 0) }) { run(.relu) }
  }

  @Test("Vectors get length 1; those without length stay near zero")
  func length() {
    let input = random([700, 37], seed: 9)
    var expected = Naive(shape: input.shape)
    for row in 0..<700 {
      let vector = (0..<37).map { input.at(row, $0) }
      let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
      for value in vector { expected.append(sumOf: [value / length]) }
    }
    expect(expected) { operators.normalizeLength(input) }
    let zero = operators.normalizeLength(Tensor(zeros: [1, 3]))
    #expect(zero.values == [0, 0, 0])
    let huge = operators.normalizeLength(Tensor(shape: [1, 2], values: [3e38, 0]))
    #expect(huge.values == [1, 0])
    let tiny = operators.normalizeLength(Tensor(shape: [1, 2], values: [0, 1e-14]))
    #expect(abs(tiny.values[1] - 0.01) <= 1e-8)
  }
}
