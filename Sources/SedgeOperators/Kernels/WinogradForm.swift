// The sizes and the transform of the weights of Winograd convolutions.

internal import CSedgeKernels
import SedgeTensor

/// A Winograd convolution F(M x M, R x R): tiles of M x M outputs of an R x R kernel.
///
/// Andrew Lavin and Scott Gray, "Fast Algorithms for Convolutional Neural Networks" (2016), with the points 0, 1, -1, 1/2, -2, 2 and
/// infinity: of the points with exact transforms, those with the smallest measured error.
package enum WinogradForm: CaseIterable, Sendable {
  /// F(3 x 3, 2 x 2).
  case threeOutputsTwoTaps
  /// F(4 x 4, 3 x 3).
  case fourOutputsThreeTaps
  /// F(4 x 4, 4 x 4).
  case fourOutputsFourTaps

  /// Outputs of a tile along a side: M.
  package var outputs: Int { self == .threeOutputsTwoTaps ? 3 : 4 }
  /// Taps of the kernel along a side: R.
  package var taps: Int {
    switch self {
    case .threeOutputsTwoTaps: 2
    case .fourOutputsThreeTaps: 3
    case .fourOutputsFourTaps: 4
    }
  }
  /// Inputs of a tile along a side, and points in one dimension: M + R - 1.
  package var points: Int { outputs + taps - 1 }

  /// The kernels' constant for the form.
  var kernelValue: Int32 {
    switch self {
    case .threeOutputsTwoTaps: Int32(SEDGE_WINOGRAD_3_2)
    case .fourOutputsThreeTaps: Int32(SEDGE_WINOGRAD_4_3)
    case .fourOutputsFourTaps: Int32(SEDGE_WINOGRAD_4_4)
    }
  }

  /// The factors of the taps at each point: the powers of a point p, over the product of its distances from the other points; at
  /// infinity the last tap.
  private var factors: [[Double]] {
    let finite = [0, 1, -1, 0.5, -2, 2].prefix(points - 1)
    return finite.map { point in
      let distance = finite.reduce(1) { $1 == point ? $0 : $0 * (point - $1) }
      return (0..<taps).map { tap in (0..<tap).reduce(1 / distance) { power, _ in power * point } }
    } + [(0..<taps).map { $0 == taps - 1 ? 1 : 0 }]
  }

  /// The multiply-adds of the matrix products of a convolution, without the transforms.
  ///
  /// - Parameter kernel: The kernel's side.
  package func operationCount(height: Int, width: Int, kernel: Int, inputs: Int, outputs: Int) -> Int {
    let (groups, tiles) = (groupCount(kernel: kernel), { ($0 + self.outputs - 1) / self.outputs })
    return tiles(height) * tiles(width) * points * points * groups * groups * inputs * outputs
  }

  /// The weights of the matrix product at a point, in float64 and rounded once: O x (groups x groups x C).
  ///
  /// - Parameters:
  ///   - kernel: O x K x K x C. A kernel of more than R taps is a sum of kernels of R taps, M apart.
  ///   - point: By line and column.
  func transformed(_ kernel: Tensor, line: Int, column: Int) -> [Float] {
    let (outputs, side, channels) = (kernel.shape[0], kernel.shape[1], kernel.shape[3])
    let (groups, factors, values) = (groupCount(kernel: side), factors, kernel.values.span)
    let width = groups * groups * channels
    var result = [Float](repeating: 0, count: outputs * width)
    var sums = [Double](repeating: 0, count: width)
    for output in 0..<outputs {
      for i in sums.indices { sums[i] = 0 }
      for y in 0..<side {
        for x in 0..<side {
          let factor = factors[line][y % taps] * factors[column][x % taps]
          guard factor != 0 else { continue }
          let source = ((output * side + y) * side + x) * channels
          let target = (y / taps * groups + x / taps) * channels
          for i in 0..<channels { sums[target + i] += factor * Double(values[source + i]) }
        }
      }
      for i in sums.indices { result[output * width + i] = Float(sums[i]) }
    }
    return result
  }

  /// The number of kernels of R taps along a side that a kernel is a sum of.
  func groupCount(kernel side: Int) -> Int {
    let count = (side + taps - 1) / taps
    precondition(count == 1 || taps == outputs, "groups of taps are as far apart as tiles")
    return count
  }
}
