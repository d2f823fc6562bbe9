// CAT-Seg's cost aggregation on the kernels.

import SedgeOperators
import SedgeTensor

/// The cost aggregation and its decoder with packed weights; computes the same function as ``CostAggregation``.
struct FusedAggregation {
  private struct Layer {
    var guidanceNorm: FusedNorm
    var windowBlocks: [FusedWindowBlock]
    var classBlock: FusedClassBlock
  }

  private let kernels: Kernels
  private let workers: Workers
  private let upsampling: [FusedTransposedConvolution]
  private let costEmbedding: CostEmbedding
  private let guidance: PackedLinear
  private let textGuidance: Dense
  private let layers: [Layer]
  private let decoderGuidance: [Dense]
  private let fusions: [SkipLayerFusion]
  private let head: FusedHead
  private let classLength: Int

  init(_ aggregation: CostAggregation, _ context: ExecutionContext) {
    (kernels, workers) = (context.kernels, context.workers)
    upsampling = aggregation.upsampling.map { FusedTransposedConvolution($0, context) }
    costEmbedding = CostEmbedding(aggregation.costEmbedding, inFloat32: true, context)
    // What is computed once for an image stays in float32.
    guidance = PackedLinear(
      float32: aggregation.guidance.weight.values.span, outputs: aggregation.guidance.weight.shape[0],
      bias: aggregation.guidance.bias?.values, activation: .relu, context)
    textGuidance = aggregation.textGuidance
    layers = aggregation.layers.map { layer in
      Layer(
        guidanceNorm: FusedNorm(layer.guidanceNorm, context.kernels),
        windowBlocks: layer.windowBlocks.map { FusedWindowBlock($0, context) },
        classBlock: FusedClassBlock(layer.classBlock, context))
    }
    decoderGuidance = aggregation.decoderGuidance
    fusions = zip(aggregation.decoder, aggregation.decoderGuidance).map {
      SkipLayerFusion($0, guidance: $1, context)
    }
    head = FusedHead(aggregation.head, context.kernels)
    classLength = aggregation.classLength
  }

  // MARK: Text

  /// The text features of an image's classes, the same for all windows.
  struct Text {
    /// T x P x D, unit vectors.
    fileprivate let features: Tensor
    /// T x A.
    fileprivate let guidance: Tensor
    /// The terms of each layer's class block, where all classes are computed.
    fileprivate let terms: [FusedClassBlock.Terms?]

    var classCount: Int { features.shape[0] }
  }

  /// - Parameter features: T x P x D, unit vectors.
  func text(_ features: Tensor) -> Text {
    let operators = AcceleratedOperators(kernels: kernels, threads: workers.count)
    let means = operators.averagePrompts(features)
    let guidance = textGuidance.linear(
      means.reshaped([means.shape[0], means.shape[2]]), operators, activation: .relu)
    return Text(
      features: features, guidance: guidance,
      terms: features.shape[0] > classLength ? [] : layers.map { $0.classBlock.terms(guidance: guidance) })
  }

  // MARK: Windows

  /// The features of one window.
  struct Features {
    /// G x G x D, not normalized.
    var embedding: ImagePlace
    /// The outputs of the guidance blocks: G x G x C each.
    var guidance: [ImagePlace]
  }

  /// The logits of the classes of a window.
  struct Output {
    /// One plane for each class: 4G x 4G x 1, in a buffer from the pool, which the caller gives back.
    var logits: ClassPlanes
    /// The indices of the classes, ascending; those of the others are ``CostAggregation/absentLogit``.
    var classes: [Int]
  }

  /// Computes the logits of one window.
  func callAsFunction(
    _ features: Features, _ text: Text, _ pool: BufferPool, taps: Taps?, times: StageTimes?
  ) -> Output {
    let guides = times.measure("guidance") {
      zip(upsampling, features.guidance).map { $0($1, workers, pool) }
    }
    for (name, guide) in zip(["res4", "res5"], guides) { taps?.recordImages(name, guide.tensor) }
    var costs = times.measure("cost map") { costMap(features.embedding, text: text.features, pool) }
    defer { pool.give(costs.buffer) }
    taps?.recordImages("cost_map", costs.tensor)
    let classes = CostAggregation.mostPresent(costs, limit: classLength)
    costs.planes = classes
    if classes.count < text.classCount { taps?.record("kept", classes) }
    let appearance = times.measure("guidance") { self.appearance(of: features.embedding, pool) }
    defer { pool.give(appearance.buffer) }

    let keepsLast = taps?.wants("decoder\(fusions.count)") == true
    let buffers = AlternatingBuffers(elementCounts: elementCounts(of: costs, keepsLast: keepsLast), pool)
    defer { buffers.giveBack(to: pool) }
    let x = times.measure("cost embedding") { costEmbedding(costs, into: buffers[0], workers) }
    taps?.recordImages("cost_embedding", x.tensor)
    taps?.recordImages("guidance", appearance.tensor)
    let textGuides = classes.count < text.classCount ? text.guidance.images(classes) : text.guidance
    taps?.record("text_guidance", textGuides)
    for (index, layer) in layers.enumerated() {
      times.measure("aggregation \(index + 1), space") {
        aggregate(x, layer, appearance, index: index, pool, taps: taps)
      }
      times.measure("aggregation \(index + 1), classes") {
        let terms =
          text.terms.isEmpty ? layer.classBlock.terms(guidance: textGuides) : text.terms[index]
        layer.classBlock(x, terms: terms, workers)
      }
      taps?.recordImages("layer\(index)", x.tensor)
    }
    let logits = decode(x, guides, buffers, keepsLast: keepsLast, pool, taps: taps, times: times)
    for guide in guides { pool.give(guide.buffer) }
    return Output(logits: logits, classes: classes)
  }

  /// The number of elements of each level: the embedded cost map, and the output of each decoder layer but the logits.
  private func elementCounts(of costs: ClassPlanes, keepsLast: Bool) -> [Int] {
    let channels = [costEmbedding.outputs] + fusions.map(\.outputs).dropLast(keepsLast ? 0 : 1)
    return channels.enumerated().map { level, width in
      costs.planes.count * costs.height * costs.width * width << (2 * level)
    }
  }

  /// Cosines of pixels with prompts: classes x G x G x prompts, in a buffer from the pool.
  private func costMap(_ embedding: ImagePlace, text: Tensor, _ pool: BufferPool) -> ClassPlanes {
    let (classes, prompts, width) = (text.shape[0], text.shape[1], text.shape[2])
    let pixels = embedding.height * embedding.width
    // The pixels are the weights, so that a prompt's cosines are adjacent.
    let layer = Kernels.Layer(
      weights: kernels.packed(
        ReferenceOperators().normalizeLength(embedding.tensor), outputs: pixels, inputs: width, workers),
      outputs: pixels, inputs: width)
    var costs = ClassPlanes(
      buffer: pool.take(classes * prompts * pixels), planes: Array(0..<classes), height: embedding.height,
      width: embedding.width, channels: prompts)
    FloatBuffer.lending(text.values) { rows in
      let target = costs.buffer
      workers.forEachRows(of: classes * prompts, size: 96) { _ in
      } _: { _, part in
        kernels.multiply(
          Kernels.Rows(rows, at: part.lowerBound * width, stride: width, runLength: width), part.count,
          by: layer, into: Kernels.Place(target, at: part.lowerBound * pixels, stride: pixels))
      }
    }
    if prompts > 1 {
      let values = Tensor(
        shape: [classes, prompts, pixels], values: costs.buffer.values(0, classes * prompts * pixels))
      costs.buffer.set(0, to: values.permuted([0, 2, 1]).values.span)
    }
    costs.planes = Array(0..<classes)
    return costs
  }

  /// The guidance of the window blocks, before its norm: G x G x A, in a buffer from the pool.
  private func appearance(of embedding: ImagePlace, _ pool: BufferPool) -> ImagePlace {
    let input = PaddedImage(
      height: embedding.height, width: embedding.width, channels: embedding.channels, pool)
    defer { pool.give(input.values.buffer) }
    input.fill(from: embedding, kernels)
    let output = ImagePlace(
      buffer: pool.take(embedding.height * embedding.width * guidance.outputs), height: embedding.height,
      width: embedding.width, channels: guidance.outputs)
    workers.run(embedding.height) { _, y in
      guidance(
        input.window(y, kernel: 3), of: input.values, output.width,
        into: Kernels.Place(output.buffer, at: output.line(y), stride: output.channels))
    }
    return output
  }

  /// The window blocks of a layer, in place.
  private func aggregate(
    _ x: ClassPlanes, _ layer: Layer, _ appearance: ImagePlace, index: Int, _ pool: BufferPool, taps: Taps?
  ) {
    var normalized = appearance
    normalized.buffer = pool.take(appearance.count)
    defer { pool.give(normalized.buffer) }
    layer.guidanceNorm(
      appearance.buffer, at: appearance.start, appearance.height * appearance.width,
      width: appearance.channels, into: normalized.buffer, at: normalized.start)
    for (number, block) in layer.windowBlocks.enumerated() {
      block(x, block.windows(guidance: normalized), workers)
      taps?.recordImages("layer\(index).block_\(number + 1)", x.tensor)
    }
  }

  // MARK: Decoder

  private func decode(
    _ x: ClassPlanes, _ guides: [ImagePlace], _ buffers: AlternatingBuffers, keepsLast: Bool,
    _ pool: BufferPool, taps: Taps?, times: StageTimes?
  ) -> ClassPlanes {
    var (x, logits) = (x, x)
    let side = (height: x.height << fusions.count, width: x.width << fusions.count)
    (logits.buffer, logits.channels) = (pool.take(x.planes.count * side.height * side.width), 1)
    (logits.height, logits.width) = side
    for (index, fusion) in fusions.enumerated() {
      times.measure("decoder \(index + 1)") {
        let guidance = fusion.guidanceTerm(guides[index], pool)
        defer { pool.give(guidance) }
        let makesLogits = index == fusions.count - 1 && !keepsLast
        var output = logits
        if !makesLogits {
          output = ClassPlanes(
            buffer: buffers[index + 1], planes: x.planes, height: 2 * x.height, width: 2 * x.width,
            channels: fusion.outputs)
        }
        fusion(x, costs: nil, guidance: guidance, head: makesLogits ? head : nil, into: output)
        x = output
      }
      taps?.recordImages("decoder_guidance\(index + 1)", guide(guides[index], decoderGuidance[index]))
      if index < fusions.count - 1 || keepsLast { taps?.recordImages("decoder\(index + 1)", x.tensor) }
    }
    if keepsLast { head.run(x, into: logits, workers) }
    return logits
  }

  /// The guidance of a decoder layer, which the layer itself does not store.
  private func guide(_ stage: ImagePlace, _ dense: Dense) -> Tensor {
    dense.convolution(
      stage.tensor, AcceleratedOperators(kernels: kernels, threads: workers.count), padding: 1,
      activation: .relu)
  }
}

extension CostAggregation {
  /// The `limit` classes with the highest cosine at any pixel, ascending; of equal ones the first.
  static func mostPresent(_ costs: ClassPlanes, limit: Int) -> [Int] {
    costs.planes.count > limit ? mostPresent(costs.tensor, limit: limit) : costs.planes
  }
}
