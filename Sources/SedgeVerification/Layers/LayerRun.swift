// One operation of a layer, in one of two passes.

import SedgeOperators
import SedgeTensor

/// An operation that was computed, and how to compute it again.
struct LayerRun {
  /// The name of the layer's weights.
  var layer: String
  /// The output before the activation.
  var output: Tensor
  /// The input; `nil` for rows of a table.
  var input: Tensor?
  /// The part of an input, and multiplications of an element of it, on which another order of sums is tried.
  var sample: Sample
  /// Computes the output of any input with this run's weights.
  var compute: (any Operators, Tensor) -> Tensor

  /// A part of an input.
  enum Sample {
    /// Vectors of the last dimension; each takes so many multiplications.
    case vectors(productCount: Int)
    /// A square of an image, no smaller than `side`; each pixel takes so many multiplications.
    case square(side: Int, productCount: Int)
  }

  /// The multiplications of the plain operators that one sample may take, some hundredths of a second.
  private static let largestProductCount = 4 << 20

  /// The part of the input on which another order of sums is tried; `nil` where there is no input.
  var sampledInput: Tensor? {
    guard let input, input.count > 0, let channels = input.shape.last else { return nil }
    switch sample {
    case .vectors(let productCount):
      let count = input.count / channels
      let wanted = min(count, max(4, Self.largestProductCount / max(productCount, 1)), 256)
      // Evenly over the input, so that different places are among them.
      let rows = (0..<wanted).map { $0 * count / wanted }
      return Tensor(
        shape: [wanted, channels],
        values: rows.flatMap { input.values[$0 * channels..<($0 + 1) * channels] })
    case .square(let side, let productCount):
      let pixelCount = Double(Self.largestProductCount / max(productCount, 1))
      let wanted = max(side, Int(pixelCount.squareRoot()) / side * side)
      return input.square(side: wanted)
    }
  }
}

extension Tensor {
  /// A square in the middle of the first image of N x H x W x C: 1 x side x side x C, smaller where the image is.
  fileprivate func square(side: Int) -> Tensor {
    let (height, width, channels) = (min(side, shape[1]), min(side, shape[2]), shape[3])
    let (top, left) = ((shape[1] - height) / 2, (shape[2] - width) / 2)
    var part: [Float] = []
    part.reserveCapacity(height * width * channels)
    for y in top..<top + height {
      let start = (y * shape[2] + left) * channels
      part += values[start..<start + width * channels]
    }
    return Tensor(shape: [1, height, width, channels], values: part)
  }
}
