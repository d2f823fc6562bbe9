// Resizing compared with values from PyTorch, and pooling.

import SedgeOperators
import SedgeTensor
import Testing

/// A resize of `x[i] = ((37 i + 11) mod 64) / 8 - 3.5` by PyTorch's `interpolate(mode="bilinear")`.
struct ResizeCase: CustomTestStringConvertible {
  var height: Int
  var width: Int
  var outHeight: Int
  var outWidth: Int
  var resampling: Resampling
  var expected: [Float]
  var testDescription: String { "\(height)x\(width) to \(outHeight)x\(outWidth), \(resampling)" }

  var input: [Float] { (0..<height * width).map { Float((37 * $0 + 11) % 64) / 8 - 3.5 } }

  static let all = [
    ResizeCase(
      height: 3, width: 4, outHeight: 5, outWidth: 7, resampling: .halfPixel,
      expected: [
        -2.125, -0.47321403, 2.16964316, 0.812499583, -0.544641912, 2.0982151, 3.75, -1.125,
        -0.616071343, 0.198214173, 0.212499961, 0.226786092, 1.04107153, 1.54999971, 0.375, -0.830357254,
        -2.75892878, -0.687499464, 1.38392782, -0.544643402, -1.75, 1.87500036, 0.669643044, -1.2589283,
        0.812500834, 2.88392806, 0.955356836, -0.249999642, 2.875, 1.66964269, -0.258928657, 1.81250048,
        3.88392782, 1.95535648, 0.75,
      ]),
    ResizeCase(
      height: 3, width: 4, outHeight: 5, outWidth: 7, resampling: .alignedCorners,
      expected: [
        -2.125, 0.1875, 2.5, 0.8125, -0.875, 1.4375, 3.75, -0.875,
        -0.5625, -0.25, 0.0625, 0.375, 0.6875, 1, 0.375, -1.3125,
        -3, -0.6875, 1.625, -0.0625, -1.75, 1.625, -0.0625, -1.75,
        0.5625, 2.875, 1.1875, -0.5, 2.875, 1.1875, -0.5, 1.8125,
        4.125, 2.4375, 0.75,
      ]),
    ResizeCase(
      height: 5, width: 7, outHeight: 3, outWidth: 4, resampling: .halfPixel,
      expected: [
        -0.26562503, -0.171875045, 0.921875, 0.0156250298, 0.359375, -0.546875, 0.546875, 0.640625,
        0.98437494, 0.0781249255, 1.17187488, 1.26562488,
      ]),
    ResizeCase(
      height: 5, width: 7, outHeight: 3, outWidth: 4, resampling: .alignedCorners,
      expected: [
        -2.125, -0.875, 0.375, 1.625, -1.375, -0.125, 1.125, 2.375,
        -0.625, 0.625, 1.875, 3.125,
      ]),
    ResizeCase(
      height: 2, width: 3, outHeight: 4, outWidth: 6, resampling: .halfPixel,
      expected: [
        -2.125, -0.96875, 1.34375, 1.65625, -0.03125, -0.875, -0.65625, 0,
        1.3125, 1.125, -0.5625, -1.40625, 2.28125, 1.9375, 1.25, 0.0625,
        -1.625, -2.46875, 3.75, 2.90625, 1.21875, -0.46875, -2.15625, -3,
      ]),
    ResizeCase(
      height: 2, width: 3, outHeight: 4, outWidth: 6, resampling: .alignedCorners,
      expected: [
        -2.125, -0.275000036, 1.57500005, 1.82499981, 0.474999905, -0.875, -0.166666597, 0.616666675,
        1.39999998, 1.11666644, -0.233333498, -1.58333337, 1.79166675, 1.50833344, 1.22500002, 0.408333123,
        -0.941666842, -2.29166675, 3.75, 2.4000001, 1.04999995, -0.300000161, -1.6500001, -3,
      ]),
    ResizeCase(
      height: 1, width: 1, outHeight: 3, outWidth: 2, resampling: .halfPixel,
      expected: [
        -2.125, -2.125, -2.125, -2.125, -2.125, -2.125,
      ]),
    ResizeCase(
      height: 1, width: 1, outHeight: 3, outWidth: 2, resampling: .alignedCorners,
      expected: [
        -2.125, -2.125, -2.125, -2.125, -2.125, -2.125,
      ]),
    ResizeCase(
      height: 1, width: 5, outHeight: 2, outWidth: 3, resampling: .halfPixel,
      expected: [
        -0.583333433, -0.875, 1.50000048, -0.583333433, -0.875, 1.50000048,
      ]),
    ResizeCase(
      height: 1, width: 5, outHeight: 2, outWidth: 3, resampling: .alignedCorners,
      expected: [
        -2.125, -0.875, 0.375, -2.125, -0.875, 0.375,
      ]),
    ResizeCase(
      height: 4, width: 5, outHeight: 1, outWidth: 1, resampling: .halfPixel,
      expected: [
        -2.1875
      ]),
    ResizeCase(
      height: 4, width: 5, outHeight: 1, outWidth: 1, resampling: .alignedCorners,
      expected: [
        -2.125
      ]),
    ResizeCase(
      height: 7, width: 3, outHeight: 7, outWidth: 3, resampling: .halfPixel,
      expected: [
        -2.125, 2.5, -0.875, 3.75, 0.375, -3, 1.625, -1.75,
        2.875, -0.5, 4.125, 0.75, -2.625, 2, -1.375, 3.25,
        -0.125, -3.5, 1.125, -2.25, 2.375,
      ]),
    ResizeCase(
      height: 7, width: 3, outHeight: 7, outWidth: 3, resampling: .alignedCorners,
      expected: [
        -2.125, 2.5, -0.875, 3.75, 0.375, -3, 1.625, -1.75,
        2.875, -0.5, 4.125, 0.75, -2.625, 2, -1.375, 3.25,
        -0.125, -3.5, 1.125, -2.25, 2.375,
      ]),
  ]
}

@Suite("Resampling")
struct ResamplingTests {
  @Test("Bilinear resizing matches PyTorch", arguments: operatorSets, ResizeCase.all)
  func resize(set: OperatorSet, _ resize: ResizeCase) {
    let operators = set.operators
    // A weight is off by at most a roundoff of a position below 8, and mixes values that differ by at most 8.
    let bound: Float = 16 * 8 * 0x1p-24
    let input = Tensor(shape: [1, resize.height, resize.width, 1], values: resize.input)
    let result = operators.resize(
      input, height: resize.outHeight, width: resize.outWidth, resampling: resize.resampling)
    #expect(result.shape == [1, resize.outHeight, resize.outWidth, 1])
    for (a, b) in zip(result.values, resize.expected) { #expect(abs(a - b) <= bound) }
  }

  @Test("Images and channels are resized independently", arguments: [Resampling.halfPixel, .alignedCorners])
  func channels(resampling: Resampling) {
    let operators = ReferenceOperators()
    let input = random([2, 4, 3, 5], seed: 1)
    let together = operators.resize(input, height: 7, width: 2, resampling: resampling).permuted([0, 3, 1, 2])
    let planes = input.permuted([0, 3, 1, 2])
    for plane in 0..<10 {
      let one = Tensor(shape: [1, 4, 3, 1], values: Array(planes.values[plane * 12..<(plane + 1) * 12]))
      let alone = operators.resize(one, height: 7, width: 2, resampling: resampling)
      #expect(alone.values == Array(together.values[plane * 14..<(plane + 1) * 14]))
    }
  }

  @Test(
    "Resizing to the same size changes nothing", arguments: operatorSets,
    [Resampling.halfPixel, .alignedCorners])
  func sameSize(set: OperatorSet, resampling: Resampling) {
    let operators = set.operators
    let input = random([1, 61, 47, 2], seed: 2)
    #expect(operators.resize(input, height: 61, width: 47, resampling: resampling) == input)
  }

  @Test("Average pooling drops incomplete squares", arguments: operatorSets, [1, 2, 3])
  func pool(set: OperatorSet, size: Int) {
    let input = random([2, 7, 5, 3], seed: 3)
    var expected = Naive(shape: [2, 7 / size, 5 / size, 3])
    for image in 0..<2 {
      for y in 0..<7 / size {
        for x in 0..<5 / size {
          for channel in 0..<3 {
            expected.append(
              sumOf: (0..<size * size).map {
                input.at(image, y * size + $0 / size, x * size + $0 % size, channel) / Double(size * size)
              })
          }
        }
      }
    }
    expect(expected, of: set) { $0.averagePool(input, size: size) }
  }
}
