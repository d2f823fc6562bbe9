// CLIP's ConvNeXt: an image to features at four strides and an embedding of each pixel of the last.

import SedgeArchitecture
import SedgeOperators
import SedgeTensor

/// CLIP's ConvNeXt with its visual head.
struct ConvNeXtEncoder {
  struct Stage {
    var downsample: (norm: Norm, convolution: Dense)?
    var blocks: [ConvNeXtBlock]
  }

  let stem: (convolution: Dense, norm: Norm)
  let stages: [Stage]
  let headNorm: Norm
  let head: [Dense]

  init(_ architecture: Architecture.ConvNeXt, _ loader: WeightLoader) throws {
    let (path, epsilon) = (ModelPath.image, architecture.normEpsilon)
    stem = try (loader.dense(path.stem), loader.norm(path.stemNorm, epsilon: epsilon))
    stages = try architecture.depths.enumerated().map { index, depth in
      let stage = path.stages[index]
      return try Stage(
        downsample: index == 0
          ? nil : (loader.norm(stage.downsampleNorm, epsilon: epsilon), loader.dense(stage.downsample)),
        blocks: (0..<depth).map { try loader.convNeXtBlock(stage.blocks[$0], epsilon: epsilon) })
    }
    headNorm = try loader.norm(path.headNorm, epsilon: epsilon)
    head =
      switch architecture.head {
      case .linear: try [loader.dense(path.projection)]
      case .mlp: try [loader.dense(path.fc1), loader.dense(path.fc2)]
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
