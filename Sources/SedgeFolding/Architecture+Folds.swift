// Which parts of the graph can be absorbed by their neighbours, and which cannot.

import SedgeArchitecture

extension Architecture {
  /// Every fold that is conceivable, in the order of the forward pass.
  var folds: [Fold] {
    imageFolds + textFolds + (decoder.map(Self.decoderFolds) ?? [])
  }

  private var imageFolds: [Fold] {
    let path = ModelPath.image
    var folds = [
      Fold(.pixelStatistics, into: [path.stem]),
      Fold(
        .norm(path.stemNorm), into: [],
        obstacle:
          "the residual of the first block reads it too, and the depthwise convolution pads with zeros"),
    ]
    for index in image.depths.indices {
      let stage = path.stages[index]
      if index > 0 { folds.append(Fold(.norm(stage.downsampleNorm), into: [stage.downsample])) }
      for block in 0..<image.depths[index] { folds += Self.folds(of: stage.blocks[block]) }
    }
    folds.append(Fold(.norm(path.headNorm), into: [image.head == .linear ? path.projection : path.fc1]))
    return folds
  }

  private var textFolds: [Fold] {
    let path = ModelPath.text
    var folds: [Fold] = []
    for layer in 0..<text.layers {
      let block = path.blocks[layer]
      folds.append(Fold(.norm(block.attentionNorm), into: [block.queryKeyValue]))
      folds.append(Fold(.attentionScale(block), into: [block.queryKeyValue]))
      folds.append(Fold(.norm(block.mlpNorm), into: [block.fc1]))
    }
    folds.append(Fold(.norm(path.finalNorm), into: [path.projection]))
    return folds
  }

  private static func decoderFolds(_ decoder: Decoder) -> [Fold] {
    var folds = [Fold(.textFeatures, into: [])]
    for (index, layer) in ModelPath.decoder.layers.enumerated() {
      let block = layer.classBlock
      folds += Self.folds(of: layer.spatialBlock)
      folds.append(Fold(.norm(block.attentionNorm), into: [block.query, block.key, block.value]))
      folds.append(Fold(.norm(block.mlpNorm), into: [block.fc1]))
      folds.append(
        Fold(
          .classBlock(layer: index + 1), into: [],
          obstacle: decoder.pooling == 1
            ? nil : "pooling is \(decoder.pooling): the average and its upsampling stay"))
      for step in layer.fusion {
        folds.append(
          Fold(
            .norm(step.norm), into: [],
            obstacle:
              "a ReLU stands between it and the next convolution, and its statistics come from the image"))
      }
    }
    return folds
  }

  private static func folds(of block: ModelPath.ConvNeXtBlock) -> [Fold] {
    [Fold(.norm(block.norm), into: [block.fc1]), Fold(.layerScale(block.layerScale), into: [block.fc2])]
  }
}
