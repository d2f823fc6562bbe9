// Which parts of the graph can be absorbed by their neighbours, and which cannot.

import SedgeArchitecture

extension Architecture {
  /// Every fold that is conceivable, in the order of the forward pass.
  var folds: [Fold] {
    let segmenterFolds: [Fold] =
      switch segmenter {
      case .fusion(let decoder): Self.folds(of: decoder)
      case .aggregation(let aggregation): Self.folds(of: aggregation)
      case nil: []
      }
    return imageFolds + textFolds + segmenterFolds
  }

  private var imageFolds: [Fold] {
    switch image {
    case .convNeXt(let encoder): Self.folds(of: encoder)
    case .transformer(let encoder): Self.folds(of: encoder)
    }
  }

  private static func folds(of encoder: ConvNeXt) -> [Fold] {
    let path = ModelPath.image
    var folds = [
      Fold(.pixelStatistics, into: [path.stem]),
      Fold(
        .norm(path.stemNorm), into: [],
        obstacle:
          "the residual of the first block reads it too, and the depthwise convolution pads with zeros"),
    ]
    for index in encoder.depths.indices {
      let stage = path.stages[index]
      if index > 0 { folds.append(Fold(.norm(stage.downsampleNorm), into: [stage.downsample])) }
      for block in 0..<encoder.depths[index] { folds += Self.folds(of: stage.blocks[block]) }
    }
    folds.append(Fold(.norm(path.headNorm), into: [encoder.head == .linear ? path.projection : path.fc1]))
    return folds
  }

  private static func folds(of encoder: VisionTransformer) -> [Fold] {
    let path = ModelPath.vision
    var folds = [
      Fold(.pixelStatistics, into: [path.patches]),
      Fold(.norm(path.firstNorm), into: [], obstacle: "the residuals of all blocks read it"),
    ]
    for layer in 0..<encoder.layers {
      folds += Self.folds(of: path.blocks[layer], width: encoder.width, heads: encoder.heads)
    }
    folds.append(Fold(.norm(path.finalNorm), into: [path.projection]))
    return folds
  }

  private var textFolds: [Fold] {
    let path = ModelPath.text
    var folds: [Fold] = []
    for layer in 0..<text.layers {
      folds += Self.folds(of: path.blocks[layer], width: text.width, heads: text.heads)
    }
    folds.append(Fold(.norm(path.finalNorm), into: [path.projection]))
    return folds
  }

  private static func folds(of block: ModelPath.TransformerBlock, width: Int, heads: Int) -> [Fold] {
    [
      Fold(.norm(block.attentionNorm), into: [block.queryKeyValue]),
      Fold(
        .attentionScale(module: block.attention, queries: width, heads: heads), into: [block.queryKeyValue]),
      Fold(.norm(block.mlpNorm), into: [block.fc1]),
    ]
  }

  private static func folds(of decoder: Decoder) -> [Fold] {
    var folds = [Fold(.textFeatures, into: [])]
    for layer in ModelPath.decoder.layers {
      folds += Self.folds(of: layer.spatialBlock)
      folds += Self.folds(of: layer.classBlock, pooling: decoder.pooling)
      folds += Self.unfoldable(layer.fusion.map(\.norm))
    }
    return folds
  }

  private static func folds(of aggregation: CostAggregation) -> [Fold] {
    let path = ModelPath.aggregation
    var folds = [Fold(.textFeatures, into: [])]
    for index in 0..<aggregation.layers {
      let layer = path.layers[index]
      folds.append(
        Fold(
          .norm(layer.guidanceNorm), into: layer.windowBlocks.flatMap { [$0.query, $0.key] },
          at: aggregation.hiddenWidth))
      for block in layer.windowBlocks {
        folds.append(Fold(.norm(block.attentionNorm), into: [block.query, block.key, block.value]))
        folds.append(
          Fold(
            .attentionScale(
              module: block.attention, queries: aggregation.hiddenWidth, heads: aggregation.heads),
            into: [block.query]))
        folds.append(Fold(.norm(block.mlpNorm), into: [block.fc1]))
      }
      folds += Self.folds(of: layer.classBlock, pooling: aggregation.pooling)
    }
    return folds + Self.unfoldable(path.decoder.flatMap { $0.fusion.map(\.norm) })
  }

  private static func folds(of block: ModelPath.ClassBlock, pooling: Int) -> [Fold] {
    [
      Fold(.norm(block.attentionNorm), into: [block.query, block.key, block.value]),
      Fold(.norm(block.mlpNorm), into: [block.fc1]),
      Fold(
        .classBlock(block), into: [],
        obstacle: pooling == 1 ? nil : "pooling is \(pooling): the average and its upsampling stay"),
    ]
  }

  /// The GroupNorms of a decoder.
  private static func unfoldable(_ norms: [NormPath]) -> [Fold] {
    norms.map {
      Fold(
        .norm($0), into: [],
        obstacle:
          "a ReLU stands between it and the next convolution, and its statistics come from the image")
    }
  }

  private static func folds(of block: ModelPath.ConvNeXtBlock) -> [Fold] {
    [Fold(.norm(block.norm), into: [block.fc1]), Fold(.layerScale(block.layerScale), into: [block.fc2])]
  }
}
