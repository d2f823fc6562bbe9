// Bounds for the errors of folded values, checked against folded errors.

import SedgeFolding
import SedgeTensor
import Testing

@Suite("Error bounds")
struct ErrorBoundTests {
  private static let off = ErrorBound(relative: 0x1p-8, absolute: 0x1p-10)
  private static let factorsOff = ErrorBound(relative: 0x1p-9, absolute: 0x1p-12)

  private func numbers(_ count: Int, _ seed: Int) -> [Double] {
    (0..<count).map { Double(($0 &* 7919 &+ seed &* 104_729) % 1009) / 500 - 1 }
  }

  /// Values moved by the whole bound, with a sign for each.
  private func moved(_ values: [Double], _ bound: ErrorBound, _ seed: Int) -> [Double] {
    zip(values, numbers(values.count, seed)).map { value, sign in
      value + (sign < 0 ? -1 : 1) * (abs(value) * bound.relative + bound.absolute)
    }
  }

  private func tensor(_ shape: [Int], _ values: [Double]) -> Tensor {
    Tensor(shape: shape, values: values.map { Float($0) })
  }

  @Test(
    "No error within the bounds leads out of them, whatever its signs", arguments: 0..<8,
    [[3, 5], [4, 2, 2, 3]])
  func hold(seed: Int, shape: [Int]) {
    let (outputs, channels, count) = (shape[0], shape[shape.count - 1], shape.reduce(1, *))
    let values = (numbers(channels, 1), numbers(channels, 2), numbers(outputs, 3))
    let fold = AffineFold(inputScale: values.0, inputShift: values.1, outputScale: values.2)
    let movedFold = AffineFold(
      inputScale: moved(values.0, Self.factorsOff, seed),
      inputShift: moved(values.1, Self.factorsOff, seed + 8),
      outputScale: moved(values.2, Self.factorsOff, seed + 16))
    let (weights, biases) = (numbers(count, 4), numbers(outputs, 5))
    let (weight, bias) = (tensor(shape, weights), tensor([outputs], biases))
    let movedWeight = tensor(shape, moved(weights, Self.off, seed + 24))
    let movedBias = tensor([outputs], moved(biases, Self.off, seed + 32))

    let weightBounds = fold.weightBounds(weight, off: Self.off, factors: Self.factorsOff)
    let biasBounds = fold.biasBounds(
      bias, off: Self.off, weight: weight, off: Self.off, factors: Self.factorsOff)
    #expect(weightBounds.shape == shape)
    #expect(biasBounds.shape == [outputs])
    let pairs = [
      (fold.weight(weight), movedFold.weight(movedWeight), weightBounds),
      (fold.bias(bias, weight: weight), movedFold.bias(movedBias, weight: movedWeight), biasBounds),
    ]
    for (exact, other, bounds) in pairs {
      for i in bounds.values.indices { #expect(abs(exact.values[i] - other.values[i]) <= bounds.values[i]) }
    }
  }

  @Test("The bounds are met where every error has the worst sign")
  func tight() {
    let fold = AffineFold(inputScale: [2, 0.5], inputShift: [3, -1], outputScale: [-4])
    let (weight, bias) = (Tensor(shape: [1, 2], values: [1, -2]), Tensor(shape: [1], values: [10]))
    let off = ErrorBound(absolute: 0.25)
    let weightBounds = fold.weightBounds(weight, off: off, factors: ErrorBound()).values
    #expect(abs(weightBounds[0] - 2) < 1e-5)  // 0.25 * 2 * 4
    #expect(abs(weightBounds[1] - 0.5) < 1e-5)
    let biasBounds = fold.biasBounds(
      bias, off: ErrorBound(absolute: 0.5), weight: weight, off: off, factors: ErrorBound())
    #expect(abs(biasBounds.values[0] - 6) < 1e-4)  // 4 * (0.5 + 0.25 * (3 + 1))
  }

  @Test("The bound of exact values is the rounding of the results")
  func exact() {
    let weight = tensor([2, 3], numbers(6, 6))
    let fold = AffineFold(inputScale: numbers(3, 7))
    let bounds = fold.weightBounds(weight, off: ErrorBound(), factors: ErrorBound())
    #expect(bounds.values == fold.weight(weight).values.map { abs($0) * 0x1p-22 })
  }
}
