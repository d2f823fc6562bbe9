// The algebra of a fold, checked against its formula in float64.

import SedgeArchitecture
import SedgeFolding
import SedgeTensor
import Testing

@Suite("Affine fold")
struct AffineFoldTests {
  /// Half a unit in the last place of 1: a result is rounded once; the rounding of the float64 formula is negligible.
  private let roundoff = 0x1.001p-24

  private func numbers(_ count: Int, _ seed: Int) -> [Double] {
    (0..<count).map { Double(($0 &* 7919 &+ seed &* 104_729) % 1009) / 500 - 1 }
  }

  @Test(
    "W' = outputScale W inputScale and b' = outputScale (b + W inputShift)",
    arguments: [[3, 5], [4, 2, 2, 3], [1, 1]],
    0..<16)
  func formula(shape: [Int], parts: Int) {
    let (outputs, channels) = (shape[0], shape[shape.count - 1])
    let row = shape.reduce(1, *) / outputs
    let fold = AffineFold(
      inputScale: parts & 1 == 0 ? nil : numbers(channels, 1),
      inputShift: parts & 2 == 0 ? nil : numbers(channels, 2),
      outputScale: parts & 4 == 0 ? nil : numbers(outputs, 3))
    let weight = Tensor(shape: shape, values: numbers(outputs * row, 4).map(Float.init))
    let bias = parts & 8 == 0 ? nil : Tensor(shape: [outputs], values: numbers(outputs, 5).map(Float.init))
    let (folded, foldedBias) = (fold.weight(weight), fold.bias(bias, weight: weight))
    #expect(folded.shape == shape)
    #expect(foldedBias.shape == [outputs])
    for output in 0..<outputs {
      let factor = fold.outputScale?[output] ?? 1
      var sum = Double(bias?.values[output] ?? 0)
      for i in 0..<row {
        let w = Double(weight.values[output * row + i])
        sum += w * (fold.inputShift?[i % channels] ?? 0)
        let expected = w * factor * (fold.inputScale?[i % channels] ?? 1)
        #expect(abs(Double(folded.values[output * row + i]) - expected) <= roundoff * abs(expected))
      }
      #expect(abs(Double(foldedBias.values[output]) - sum * factor) <= roundoff * abs(sum * factor) + 1e-15)
    }
  }

  @Test("A fold of nothing keeps the bits")
  func identity() {
    let weight = Tensor(
      shape: [2, 2], values: [0.1, -0.0, .greatestFiniteMagnitude, .leastNonzeroMagnitude])
    let bias = Tensor(shape: [2], values: [0.3, -7])
    #expect(AffineFold().weight(weight).values.map(\.bitPattern) == weight.values.map(\.bitPattern))
    #expect(AffineFold().bias(bias, weight: weight) == bias)
    #expect(AffineFold().bias(nil, weight: weight).values == [0, 0])
  }

  @Test("A fold that computes the same has a certificate that holds")
  func certificate() {
    let weight = Tensor(shape: [7, 300], values: numbers(2100, 6).map(Float.init))
    let fold = AffineFold(
      inputScale: numbers(300, 7), inputShift: numbers(300, 8), outputScale: numbers(7, 9))
    let certificate = FoldProbe().certificate(fold, weight: weight, bias: nil, isPixels: false)
    #expect(certificate.holds)
    #expect(certificate.largestDifference > 0)
    #expect(certificate.tolerance < certificate.largestMagnitude / 100)
  }

  @Test("Sums that cancel pass: the layer before the fold has the same rounding errors")
  func cancellation() {
    // Ones and minus ones over a shift of a million: the shift cancels, and before the fold it drowned the input.
    let weight = Tensor(shape: [1, 64], values: (0..<64).map { $0 % 2 == 0 ? 1 : -1 })
    let fold = AffineFold(
      inputScale: [Double](repeating: 1, count: 64), inputShift: [Double](repeating: 1_000_000.3, count: 64))
    let certificate = FoldProbe().certificate(fold, weight: weight, bias: nil, isPixels: false)
    #expect(certificate.holds)
    #expect(certificate.largestDifference > 0.01)
    #expect(fold.bias(nil, weight: weight).values == [0])
  }

  @Test(
    "A fold that leaves float32's range is refused",
    arguments: [(1e30, 1e30), (1e38, 1e3), (1e-41, 1e10)] as [(Double, Float)])
  func range(scale: Double, weight: Float) {
    let fold = AffineFold(inputScale: [Double](repeating: scale, count: 8))
    let weight = Tensor(shape: [2, 8], values: numbers(16, 10).map { Float($0) * weight })
    #expect(!FoldProbe().certificate(fold, weight: weight, bias: nil, isPixels: false).holds)
  }
}
