// Adjacent linear layers merged into one.

import SedgeOperators
import SedgeTensor

/// A 3x3 convolution after a 2x2 transposed convolution of stride 2, merged: every output pixel is a 2x2 convolution of the input of
/// the transposed convolution, with one kernel for each parity of its line and column.
enum MergedConvolutions {
  /// The pixel of the upsampled image under one tap of the 3x3 kernel, in one dimension.
  private struct Tap {
    /// The first (0) or second (1) of the two input pixels that an output pixel reads.
    var input: Int
    /// The tap of the transposed kernel.
    var kernel: Int

    /// Output pixel `2 i + parity` reads the upsampled pixel `r = 2 i + parity + offset - 1`, which is tap `r mod 2` of input pixel
    /// `floor(r / 2)`. The two input pixels are `i - 1` and `i` for parity 0, `i` and `i + 1` for parity 1.
    init(parity: Int, offset: Int) {
      // r - 2 i + 2, which is not negative.
      let position = parity + offset + 1
      input = position / 2 - parity
      kernel = position % 2
    }
  }

  /// The 2x2 kernel of the output pixels of one parity; products are summed in float64.
  ///
  /// - Parameters:
  ///   - convolution: O x 3 x 3 x U.
  ///   - transposed: U x 2 x 2 x C.
  /// - Returns: O x 2 x 2 x C.
  static func kernel(_ convolution: Tensor, _ transposed: Tensor, line: Int, column: Int) -> Tensor {
    let (outputs, middle, inputs) = (convolution.shape[0], convolution.shape[3], transposed.shape[3])
    var result = Tensor(zeros: [outputs, 2, 2, inputs])
    let (outer, inner) = (convolution.values.span, transposed.values.span)
    for output in 0..<outputs {
      var sums = [Double](repeating: 0, count: 4 * inputs)
      for dy in 0..<3 {
        for dx in 0..<3 {
          let (y, x) = (Tap(parity: line, offset: dy), Tap(parity: column, offset: dx))
          let target = (y.input * 2 + x.input) * inputs
          let factors = ((output * 3 + dy) * 3 + dx) * middle
          for channel in 0..<middle {
            let factor = Double(outer[factors + channel])
            let source = ((channel * 2 + y.kernel) * 2 + x.kernel) * inputs
            for i in 0..<inputs { sums[target + i] += factor * Double(inner[source + i]) }
          }
        }
      }
      for i in sums.indices { result.values[output * 4 * inputs + i] = Float(sums[i]) }
    }
    return result
  }

  /// The 3x3 convolution of a constant image with zero padding: by first, inner and last line, and by first, inner and last column.
  ///
  /// - Parameters:
  ///   - convolution: O x 3 x 3 x U.
  ///   - bias: The constant pixel, U values: the bias of the transposed convolution.
  static func bias(_ convolution: Tensor, _ bias: [Float]) -> [[[Float]]] {
    let (outputs, middle) = (convolution.shape[0], convolution.shape[3])
    let taps = [1...2, 0...2, 0...1]
    return taps.map { lines in
      taps.map { columns in
        (0..<outputs).map { output -> Float in
          var sum = 0.0
          for dy in lines {
            for dx in columns {
              for channel in 0..<middle {
                sum +=
                  Double(convolution.values[((output * 3 + dy) * 3 + dx) * middle + channel])
                  * Double(bias[channel])
              }
            }
          }
          return Float(sum)
        }
      }
    }
  }
}
