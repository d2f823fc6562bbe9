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
    var cost = costMap(
      features.embedding, text: normalizesText ? operators.normalizeLength(text) : text, operators)
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

  /// The cosine of each pixel's embedding with each of a class's prompts: T x h x w x P.
  private func costMap(_ embedding: Tensor, text: Tensor, _ operators: any Operators) -> Tensor {
    let (height, width) = (embedding.shape[1], embedding.shape[2])
    let (classes, prompts, channels) = (text.shape[0], text.shape[1], text.shape[2])
    let cosines = operators.linear(
      operators.normalizeLength(embedding), weight: text.reshaped([classes * prompts, channels]), bias: nil,
      activation: .identity)
    return cosines.reshaped([height * width, classes, prompts]).permuted([1, 0, 2])
      .reshaped([classes, height, width, prompts])
  }
}

/// Feature aggregation over space and classes, then the skip connections at twice the resolution.
struct DecoderLayer {
  let spatial: ConvNeXtBlock
  let classes: ClassBlock
  private let isSimplified: Bool
  let up: Dense
  let convolutions: [(convolution: Dense, norm: Norm)]

  static let normEpsilon: Float = 1e-6
  static let groupNormEpsilon: Float = 1e-5
  /// The number of elements of the output that are computed at a time; bounds memory for any number of classes.
  static let tileSize = 1 << 21

  init(_ index: Int, _ architecture: Architecture.Decoder, foldState: FoldState, _ loader: WeightLoader)
    throws
  {
    let path = ModelPath.decoder.layers[index - 1]
    spatial = try loader.convNeXtBlock(path.spatialBlock, epsilon: Self.normEpsilon)
    classes = try ClassBlock(layer: index, architecture, loader)
    isSimplified = foldState.classBlockSimplified
    up = try loader.dense(path.upsample)
    convolutions = try path.fusion.map {
      try (loader.dense($0.convolution), loader.norm($0.norm, epsilon: Self.groupNormEpsilon))
    }
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
      let raised = up.transposedConvolution(aggregated.images(tile), operators)
      let nextCost = pyramid.transposedConvolution(cost.images(tile), operators, activation: .relu)
      outputs += fuse(joined(raised, guidance, nextCost), operators).values
      costs += nextCost.values
    }
    let (height, width) = (2 * x.shape[1], 2 * x.shape[2])
    let channels = convolutions[1].convolution.weight.shape[0]
    return (
      Tensor(shape: [x.shape[0], height, width, channels], values: outputs),
      Tensor(shape: [x.shape[0], height, width, pyramid.weight.shape[0]], values: costs)
    )
  }

  /// Two times a 3x3 convolution without bias, GroupNorm and ReLU.
  private func fuse(_ x: Tensor, _ operators: any Operators) -> Tensor {
    convolutions.reduce(x) { x, step in
      let channels = step.convolution.weight.shape[0]
      let ones = { Tensor(shape: [channels], values: [Float](repeating: $0, count: channels)) }
      let x = step.convolution.convolution(x, operators, padding: 1)
      (operators as? any LayerObserver)?.enter(step.norm.name)
      return operators.groupNorm(
        x, groups: channels / Architecture.Decoder.channelsPerGroup, scale: step.norm.scale ?? ones(1),
        shift: step.norm.shift ?? ones(0), epsilon: step.norm.epsilon, activation: .relu)
    }
  }

  /// The concatenation along channels; all classes share the guidance.
  private func joined(_ raised: Tensor, _ guidance: Tensor, _ cost: Tensor) -> Tensor {
    let (images, pixels) = (raised.shape[0], raised.shape[1] * raised.shape[2])
    let parts = [(raised, pixels), (guidance, 0), (cost, pixels)]
    var values: [Float] = []
    values.reserveCapacity(images * pixels * parts.reduce(0) { $0 + $1.0.shape[3] })
    for image in 0..<images {
      for pixel in 0..<pixels {
        for (part, stride) in parts {
          let channels = part.shape[3]
          let from = (image * stride + pixel) * channels
          values += part.values[from..<from + channels]
        }
      }
    }
    let channels = parts.reduce(0) { $0 + $1.0.shape[3] }
    return Tensor(shape: [images, raised.shape[1], raised.shape[2], channels], values: values)
  }

  private func tiles(of x: Tensor, factor: Int) -> [Range<Int>] {
    let size = max(1, Self.tileSize / (x.count / x.shape[0] * factor))
    return stride(from: 0, to: x.shape[0], by: size).map { $0..<min($0 + size, x.shape[0]) }
  }
}
