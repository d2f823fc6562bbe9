// SED's gradual fusion decoder: text and image features to one logit for each class and pixel.

import SedgeArchitecture
import SedgeOperators
import SedgeTensor

/// Three layers, each of which aggregates features over pixels and classes and doubles the resolution.
struct Decoder {
  let costEmbedding: Dense
  let guidance: [Dense]
  let pyramid: [Dense]
  let layers: [DecoderLayer]
  /// The heads of early rejection; empty where the model has none.
  let auxiliaryHeads: [Dense]
  let head: Dense

  init(_ architecture: Architecture.Decoder, foldState: FoldState, _ loader: WeightLoader) throws {
    let path = ModelPath.decoder
    costEmbedding = try loader.dense(path.costEmbedding)
    guidance = try path.guidance.map(loader.dense)
    pyramid = try path.costPyramid.map(loader.dense)
    layers = try (1...3).map { try DecoderLayer($0, architecture, foldState: foldState, loader) }
    auxiliaryHeads = try architecture.hasRejectionHeads ? path.rejectionHeads.map(loader.dense) : []
    head = try loader.dense(path.head)
  }

  /// Decodes one image.
  ///
  /// - Parameters:
  ///   - features: The image features.
  ///   - text: T x P x D, unit vectors.
  ///   - normalizesText: Whether the text features are normalized again, as in the original.
  ///   - topK: The k of category early rejection; `nil` keeps all classes.
  /// - Returns: The logits, T' x 8h x 8w x 1, and the indices of the T' classes.
  func callAsFunction(
    _ features: ImageFeatures, text: Tensor, normalizesText: Bool, topK: Int?, _ operators: any Operators,
    taps: Taps?
  ) -> (logits: Tensor, classes: [Int]) {
    var cost = operators.costMap(
      features.embedding, text: normalizesText ? operators.normalizeLength(text) : text)
    taps?.recordImages("cost_map", cost)
    let padding = costEmbedding.weight.shape[1] / 2
    var x = costEmbedding.convolution(cost, operators, padding: padding)
    taps?.recordImages("cost_embedding", x)
    var classes = Array(0..<text.shape[0])
    for (index, layer) in layers.enumerated() {
      if topK != nil || (taps?.wants("aux\(index)") == true && !auxiliaryHeads.isEmpty) {
        let scores = auxiliaryHeads[index].convolution(x, operators, padding: 1)
        taps?.recordScores("aux\(index)", scores)
        if let topK {
          let kept = topClasses(scores, k: topK)
          x = x.images(kept)
          cost = cost.images(kept)
          classes = kept.map { classes[$0] }
          taps?.record("alive\(index)", classes)
        }
      }
      let guide = guidance[index].convolution(
        features.stages[2 - index], operators, padding: 1, activation: .relu)
      (x, cost) = layer(x, guidance: guide, cost: cost, pyramid: pyramid[index], operators)
      taps?.recordImages("decoder\(index + 1)", x)
    }
    let logits = head.convolution(x, operators, padding: 1)
    taps?.recordScores("logits", logits)
    return (logits, classes)
  }
}

/// Feature aggregation over space and classes, then the skip connections at twice the resolution.
struct DecoderLayer {
  let spatial: ConvNeXtBlock
  let classes: ClassBlock
  private let isSimplified: Bool
  let upsampling: UpsamplingLayer

  static let normEpsilon: Float = 1e-6
  /// The number of elements of the output that are computed at a time; bounds memory for any number of classes.
  static let tileSize = 1 << 21

  init(_ index: Int, _ architecture: Architecture.Decoder, foldState: FoldState, _ loader: WeightLoader)
    throws
  {
    let path = ModelPath.decoder.layers[index - 1]
    spatial = try loader.convNeXtBlock(path.spatialBlock, epsilon: Self.normEpsilon)
    classes = try ClassBlock(path.classBlock, .fusion(architecture), padding: nil, loader)
    isSimplified = foldState.classBlockSimplified
    upsampling = try UpsamplingLayer(ModelPath.UpsamplingLayer(name: path.name), loader)
  }

  /// Runs the layer.
  ///
  /// - Parameters:
  ///   - x: T x H x W x C.
  ///   - guidance: 1 x 2H x 2W x G, shared by all classes.
  ///   - cost: T x H x W x the previous level's channels of the cost pyramid.
  ///   - pyramid: The transposed convolution to the next level of the cost pyramid, T x 2H x 2W x G.
  /// - Returns: The output, T x 2H x 2W x C', and the next level of the pyramid.
  func callAsFunction(
    _ x: Tensor, guidance: Tensor, cost: Tensor, pyramid: Dense, _ operators: any Operators
  ) -> (output: Tensor, cost: Tensor) {
    var aggregated = x
    for tile in tiles(of: x, factor: 4) {
      var images = aggregated.images(tile)
      spatial(&images, operators)
      aggregated.setImages(tile, images)
    }
    aggregated = classes(aggregated, simplified: isSimplified, operators: operators)
    var (outputs, costs): ([Float], [Float]) = ([], [])
    for tile in tiles(of: x, factor: 8) {
      let raised = upsampling.raise(aggregated.images(tile), operators)
      let nextCost = pyramid.transposedConvolution(cost.images(tile), operators, activation: .relu)
      outputs += upsampling.fuse([raised, guidance, nextCost], operators).values
      costs += nextCost.values
    }
    let (height, width) = (2 * x.shape[1], 2 * x.shape[2])
    return (
      Tensor(shape: [x.shape[0], height, width, upsampling.outputs], values: outputs),
      Tensor(shape: [x.shape[0], height, width, pyramid.weight.shape[0]], values: costs)
    )
  }

  private func tiles(of x: Tensor, factor: Int) -> [Range<Int>] {
    let size = max(1, Self.tileSize / (x.count / x.shape[0] * factor))
    return stride(from: 0, to: x.shape[0], by: size).map { $0..<min($0 + size, x.shape[0]) }
  }
}
