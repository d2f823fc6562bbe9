// CLIP's ConvNeXt: an image to features at four strides and an embedding for each pixel of the last.

import SedgeArchitecture
import SedgeOperators
import SedgeTensor

/// What the image encoder makes of an image; all NHWC.
struct ImageFeatures {
  /// `res2`...`res5`, at strides 4, 8, 16 and 32.
  var stages: [Tensor]
  /// Each pixel of `res5` in the space shared with text; not normalized.
  var embedding: Tensor
}

/// CLIP's ConvNeXt with its visual head applied to every pixel.
struct ImageEncoder {
  private struct Stage {
    var downsample: (norm: Norm, convolution: Dense)?
    var blocks: [ConvNeXtBlock]
  }

  private let stem: (convolution: Dense, norm: Norm)
  private let stages: [Stage]
  private let headNorm: Norm
  private let head: [Dense]

  static let epsilon: Float = 1e-6

  init(_ architecture: Architecture.ImageEncoder, _ loader: WeightLoader) throws {
    let trunk = "\(PartName.image).trunk"
    stem = try (loader.dense("\(trunk).stem.0"), loader.norm("\(trunk).stem.1", epsilon: Self.epsilon))
    stages = try architecture.depths.enumerated().map { stage, depth in
      let name = "\(trunk).stages.\(stage)"
      return try Stage(
        downsample: stage == 0
          ? nil
          : (
            loader.norm("\(name).downsample.0", epsilon: Self.epsilon), loader.dense("\(name).downsample.1")
          ),
        blocks: (0..<depth).map { block in
          let name = "\(name).blocks.\(block)"
          return try ConvNeXtBlock(
            depthwise: loader.dense("\(name).conv_dw"),
            norm: loader.norm("\(name).norm", epsilon: Self.epsilon),
            first: loader.dense("\(name).mlp.fc1"), second: loader.dense("\(name).mlp.fc2"),
            layerScale: loader.optional("\(name).gamma"))
        })
    }
    headNorm = try loader.norm("\(trunk).head.norm", epsilon: Self.epsilon)
    head =
      switch architecture.head {
      case .linear: try [loader.dense("\(PartName.image).head.proj")]
      case .mlp:
        try [loader.dense("\(PartName.image).head.mlp.fc1"), loader.dense("\(PartName.image).head.mlp.fc2")]
      }
  }

  /// Encodes `input`: 1 x H x W x 3, H and W multiples of 32.
  func callAsFunction(_ input: Tensor, _ operators: any Operators) -> ImageFeatures {
    var x = stem.norm(stem.convolution.convolution(input, operators, stride: 4), operators)
    var outputs: [Tensor] = []
    for stage in stages {
      if let downsample = stage.downsample {
        x = downsample.convolution.convolution(downsample.norm(x, operators), operators, stride: 2)
      }
      for block in stage.blocks { block(&x, operators) }
      outputs.append(x)
    }
    x = headNorm(x, operators)
    for (index, layer) in head.enumerated() {
      x = layer.linear(x, operators, activation: index < head.count - 1 ? .gelu : .identity)
    }
    return ImageFeatures(stages: outputs, embedding: x)
  }
}
