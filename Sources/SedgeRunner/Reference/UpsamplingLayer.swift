// The skip connections at twice the resolution, in SED's decoder and in CAT-Seg's.

import SedgeArchitecture
import SedgeOperators
import SedgeTensor

/// A transposed convolution, and two convolutions with GroupNorm and ReLU over its output and guidance.
struct UpsamplingLayer {
  let up: Dense
  let convolutions: [(convolution: Dense, norm: Norm)]

  static let groupNormEpsilon: Float = 1e-5

  init(_ path: ModelPath.UpsamplingLayer, _ loader: WeightLoader) throws {
    up = try loader.dense(path.upsample)
    convolutions = try path.fusion.map {
      try (loader.dense($0.convolution), loader.norm($0.norm, epsilon: Self.groupNormEpsilon))
    }
  }

  /// The channels of the output.
  var outputs: Int { convolutions[1].convolution.weight.shape[0] }

  /// The transposed convolution: T x H x W x C to T x 2H x 2W x C'.
  func raise(_ x: Tensor, _ operators: any Operators) -> Tensor { up.transposedConvolution(x, operators) }

  /// Two times a 3x3 convolution without bias, GroupNorm and ReLU.
  ///
  /// - Parameter parts: T x H x W x C each, or 1 x H x W x C for what all classes share; concatenated along channels.
  func fuse(_ parts: [Tensor], _ operators: any Operators) -> Tensor {
    convolutions.reduce(Self.joined(parts)) { x, step in
      let channels = step.convolution.weight.shape[0]
      let ones = { Tensor(shape: [channels], values: [Float](repeating: $0, count: channels)) }
      let x = step.convolution.convolution(x, operators, padding: 1)
      (operators as? any LayerObserver)?.enter(step.norm.name)
      return operators.groupNorm(
        x, groups: channels / Architecture.Decoder.channelsPerGroup, scale: step.norm.scale ?? ones(1),
        shift: step.norm.shift ?? ones(0), epsilon: step.norm.epsilon, activation: .relu)
    }
  }

  private static func joined(_ parts: [Tensor]) -> Tensor {
    let (images, height, width) = (parts[0].shape[0], parts[0].shape[1], parts[0].shape[2])
    let pixels = height * width
    let channels = parts.reduce(0) { $0 + $1.shape[3] }
    var values: [Float] = []
    values.reserveCapacity(images * pixels * channels)
    for image in 0..<images {
      for pixel in 0..<pixels {
        for part in parts {
          let from = ((part.shape[0] == 1 ? 0 : image * pixels) + pixel) * part.shape[3]
          values += part.values[from..<from + part.shape[3]]
        }
      }
    }
    return Tensor(shape: [images, height, width, channels], values: values)
  }
}
