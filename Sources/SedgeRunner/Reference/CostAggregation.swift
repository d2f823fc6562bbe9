// CAT-Seg's cost aggregation: image and text features to one logit for each class and pixel.

import SedgeArchitecture
import SedgeOperators
import SedgeTensor

/// CAT-Seg's cost map, its aggregation over space and classes, and its decoder, on one window.
struct CostAggregation {
  struct Layer {
    var guidanceNorm: Norm
    var windowBlocks: [WindowBlock]
    var classBlock: ClassBlock
  }

  let upsampling: [Dense]
  let costEmbedding: Dense
  let guidance: Dense
  let textGuidance: Dense
  let layers: [Layer]
  let decoderGuidance: [Dense]
  let decoder: [UpsamplingLayer]
  let head: Dense
  let classLength: Int
  private let isSimplified: Bool

  /// The logit of a class that is left out, at every pixel.
  static let absentLogit: Float = -100
  /// The number of elements of the last decoder layer's output that are computed at a time; bounds memory for any number of classes.
  static let tileSize = 1 << 21

  init(_ architecture: Architecture.CostAggregation, _ loader: WeightLoader) throws {
    let path = ModelPath.aggregation
    upsampling = try path.upsampling.map(loader.dense)
    costEmbedding = try loader.dense(path.costEmbedding)
    guidance = try loader.dense(path.guidance)
    textGuidance = try loader.dense(path.textGuidance)
    let segmenter = Architecture.Segmenter.aggregation(architecture)
    layers = try (0..<architecture.layers).map { index in
      let layer = path.layers[index]
      return try Layer(
        guidanceNorm: loader.norm(layer.guidanceNorm, epsilon: TransformerBlock.epsilon),
        windowBlocks: zip(layer.windowBlocks, [0, architecture.shift]).map {
          try WindowBlock($0, architecture, shift: $1, loader)
        },
        classBlock: ClassBlock(
          layer.classBlock, segmenter, padding: ClassBlock.padding(of: layer.classBlock, segmenter, loader),
          loader))
    }
    decoderGuidance = try path.decoderGuidance.map(loader.dense)
    decoder = try path.decoder.map { try UpsamplingLayer($0, loader) }
    head = try loader.dense(path.head)
    classLength = architecture.classLength
    isSimplified = loader.foldState.classBlockSimplified
  }

  /// Computes the logits of one window.
  ///
  /// - Parameters:
  ///   - features: Of the image encoder.
  ///   - text: T x P x D, unit vectors.
  ///   - normalizesText: Whether the text features are normalized again, as in the original.
  /// - Returns: The logits, T' x 4G x 4G x 1, and the indices of the T' classes; the logits of the others are ``absentLogit``.
  func callAsFunction(
    _ features: VisionTransformerEncoder.Features, text: Tensor, normalizesText: Bool,
    _ operators: any Operators,
    taps: Taps?
  ) -> (logits: Tensor, classes: [Int]) {
    let guides = zip(upsampling, features.guidance).map { $0.transposedConvolution($1, operators) }
    for (name, guide) in zip(["res4", "res5"], guides) { taps?.recordImages(name, guide) }
    var text = normalizesText ? operators.normalizeLength(text) : text
    var cost = operators.costMap(features.embedding, text: text)
    taps?.recordImages("cost_map", cost)
    let classes = Self.mostPresent(cost, limit: classLength)
    if classes.count < text.shape[0] {
      taps?.record("kept", classes)
      (cost, text) = (cost.images(classes), text.images(classes))
    }
    var x = costEmbedding.convolution(cost, operators, padding: costEmbedding.weight.shape[1] / 2)
    taps?.recordImages("cost_embedding", x)
    let appearance = guidance.convolution(features.embedding, operators, padding: 1, activation: .relu)
    taps?.recordImages("guidance", appearance)
    let means = operators.averagePrompts(text)
    let textGuides = textGuidance.linear(
      means.reshaped([means.shape[0], means.shape[2]]), operators, activation: .relu)
    taps?.record("text_guidance", textGuides)
    for (index, layer) in layers.enumerated() {
      let normalized = layer.guidanceNorm(appearance, operators)
      for (number, block) in layer.windowBlocks.enumerated() {
        block(&x, guidance: normalized, operators)
        taps?.recordImages("layer\(index).block_\(number + 1)", x)
      }
      x = layer.classBlock(x, guidance: textGuides, simplified: isSimplified, operators: operators)
      taps?.recordImages("layer\(index)", x)
    }
    return (decode(x, guides: guides, operators, taps: taps), classes)
  }

  /// The decoder, class by class.
  private func decode(
    _ x: Tensor, guides: [Tensor], _ operators: any Operators, taps: Taps?
  ) -> Tensor {
    let guidance = zip(decoderGuidance, guides).map {
      $0.convolution($1, operators, padding: 1, activation: .relu)
    }
    var recorded = [[Float]](repeating: [], count: decoder.count)
    let side = x.shape[1] << decoder.count
    var logits: [Float] = []
    let size = max(1, Self.tileSize / (side * side * decoder[decoder.count - 1].outputs))
    for start in stride(from: 0, to: x.shape[0], by: size) {
      var images = x.images(start..<min(start + size, x.shape[0]))
      for (index, layer) in decoder.enumerated() {
        images = layer.fuse([layer.raise(images, operators), guidance[index]], operators)
        if taps?.wants("decoder\(index + 1)") == true { recorded[index] += images.values }
      }
      logits += head.convolution(images, operators, padding: 1).values
    }
    for (index, layer) in decoder.enumerated() {
      taps?.recordImages("decoder_guidance\(index + 1)", guidance[index])
      let side = x.shape[1] << (index + 1)
      if taps?.wants("decoder\(index + 1)") == true {
        taps?.recordImages(
          "decoder\(index + 1)",
          Tensor(shape: [x.shape[0], side, side, layer.outputs], values: recorded[index]))
      }
    }
    return Tensor(shape: [x.shape[0], side, side, 1], values: logits)
  }

  /// The `limit` classes with the highest cosine at any pixel, ascending; of equal ones the first.
  ///
  /// - Parameter cost: T x h x w x P.
  static func mostPresent(_ cost: Tensor, limit: Int) -> [Int] {
    let (classes, size) = (cost.shape[0], cost.count / cost.shape[0])
    guard classes > limit else { return Array(0..<classes) }
    let peaks = (0..<classes).map { cost.values[$0 * size..<($0 + 1) * size].max() ?? 0 }
    let order = peaks.indices.sorted { (-peaks[$0], $0) < (-peaks[$1], $1) }
    return order.prefix(limit).sorted()
  }
}
