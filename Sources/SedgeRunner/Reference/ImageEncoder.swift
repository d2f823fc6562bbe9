// CLIP's image encoder: an image to features at four strides and an embedding of each pixel of the last.

import SedgeArchitecture
import SedgeOperators
import SedgeTensor

/// CLIP's ConvNeXt with its visual head.
struct ImageEncoder {
  struct Stage {
    var downsample: (norm: Norm, convolution: Dense)?
    var blocks: [ConvNeXtBlock]
  }

  let stem: (convolution: Dense, norm: Norm)
  let stages: [Stage]
  let headNorm: Norm
  let head: [Dense]

  init(_ architecture: Architecture.ImageEncoder, _ loader: WeightLoader) throws {
    let (trunk, epsilon) = ("\(PartName.image).trunk", architecture.normEpsilon)
    stem = try (loader.dense("\(trunk).stem.0"), loader.norm("\(trunk).stem.1", epsilon: epsilon))
    stages = try architecture.depths.enumerated().map { stage, depth in
      let name = "\(trunk).stages.\(stage)"
      return try Stage(
        downsample: stage == 0
          ? nil
          : (
            loader.norm("\(name).downsample.0", epsilon: epsilon), loader.dense("\(name).downsample.1")
          ),
        blocks: (0..<depth).map { block in
          let name = "\(name).blocks.\(block)"
          return try ConvNeXtBlock(
            depthwise: loader.dense("\(name).conv_dw"),
            norm: loader.norm("\(name).norm", epsilon: epsilon),
            first: loader.dense("\(name).mlp.fc1"), second: loader.dense("\(name).mlp.fc2"),
            layerScale: loader.optional("\(name).gamma"))
        })
    }
    headNorm = try loader.norm("\(trunk).head.norm", epsilon: epsilon)
    head =
      switch architecture.head {
      case .linear: try [loader.dense("\(PartName.image).head.proj")]
      case .mlp:
        try [loader.dense("\(PartName.image).head.mlp.fc1"), loader.dense("\(PartName.image).head.mlp.fc2")]
      }
  }

  /// Encodes `input`: 1 x H x W x 3, H and W multiples of 32.
  ///
  /// - Parameter pooled: Whether the visual head takes the average over all pixels, as CLIP does, or every pixel, as
  ///   SED does.
  func callAsFunction(_ input: Tensor, pooled: Bool = false, _ operators: any Operators) -> ImageFeatures {
    var x = stem.norm(stem.convolution.convolution(input, operators, stride: 4), operators)
    var outputs: [Tensor] = []
    for stage in stages {
      if let downsample = stage.downsample {
        x = downsample.convolution.convolution(downsample.norm(x, operators), operators, stride: 2)
      }
      for block in stage.blocks { block(&x, operators) }
      outputs.append(x)
    }
    x = headNorm(pooled ? x.pixelAverage() : x, operators)
    for (index, layer) in head.enumerated() {
      x = layer.linear(x, operators, activation: index < head.count - 1 ? .gelu : .identity)
    }
    return ImageFeatures(stages: outputs, embedding: x)
  }
}

extension Tensor {
  /// The average over all pixels of 1 x H x W x C: 1 x 1 x 1 x C, summed in float64.
  func pixelAverage() -> Tensor {
    let channels = shape[3]
    var sums = [Double](repeating: 0, count: channels)
    for (index, value) in values.enumerated() { sums[index % channels] += Double(value) }
    let pixels = Double(count / channels)
    return Tensor(shape: [1, 1, 1, channels], values: sums.map { Float($0 / pixels) })
  }
}
