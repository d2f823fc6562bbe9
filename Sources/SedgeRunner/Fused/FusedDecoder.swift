// SED's gradual fusion decoder on the kernels.

import SedgeOperators
import SedgeTensor

/// The decoder with packed weights; computes the same function as ``Decoder``.
///
/// The convolutions of a layer are computed class by class, each class in one worker's memory; only attention combines classes.
struct FusedDecoder {
  private let kernels: Kernels
  private let workers: Workers
  private let costEmbedding: CostEmbedding
  private let pyramid: [[PackedLinear]]
  private let layers: [FusedLayer]
  /// The first rejection head, applied to the cost map itself; `nil` where the model has no rejection heads.
  private let costHead: CostHead?
  private let auxiliaryHeads: [FusedHead]
  private let head: FusedHead

  init(_ decoder: Decoder, _ context: ExecutionContext) {
    let kernels = context.kernels
    self.kernels = kernels
    workers = context.workers
    let cost = decoder.costEmbedding
    costEmbedding = CostEmbedding(cost, inFloat32: false, context)
    pyramid = decoder.pyramid.map { dense in
      // A line of the kernel makes a line of the output.
      let (outputs, kernel, inputs) = (dense.weight.shape[0], dense.weight.shape[1], dense.weight.shape[3])
      let lines = dense.weight.permuted([1, 2, 0, 3])
      let bias = dense.bias?.values ?? [Float](repeating: 0, count: outputs)
      return (0..<kernel).map { ky in
        let size = kernel * outputs * inputs
        return PackedLinear(
          Dense(
            weight: Tensor(
              shape: [kernel * outputs, inputs], values: Array(lines.values[ky * size..<(ky + 1) * size])),
            bias: Tensor(shape: [kernel * outputs], values: (0..<kernel).flatMap { _ in bias })),
          activation: .relu,
          context)
      }
    }
    layers = zip(decoder.layers, decoder.guidance).map { FusedLayer($0, guidance: $1, context) }
    costHead = decoder.auxiliaryHeads.first.map { CostHead(cost, $0, kernels) }
    auxiliaryHeads = decoder.auxiliaryHeads.map { FusedHead($0, kernels) }
    head = FusedHead(decoder.head, kernels)
  }

  /// The logits of the classes that early rejection keeps.
  struct Output {
    /// One plane for each class: height x width x 1.
    var logits: ClassPlanes
    /// The indices of the classes.
    var classes: [Int]
  }

  /// Decodes one image and passes the output to `body`; its buffer is valid during the call only.
  func callAsFunction<Result>(
    _ features: FusedImageEncoder.Features, text: Tensor, topK: Int?, _ pool: BufferPool, taps: Taps?,
    times: StageTimes?, _ body: (Output) -> Result
  ) -> Result {
    let guidance = times.measure("guidance") {
      zip(layers, features.stages.dropLast().reversed()).map { $0.guidanceTerm($1, pool) }
    }
    defer { for buffer in guidance { pool.give(buffer) } }
    let costs = times.measure("cost map") { costMap(features.embedding, text: text, pool) }
    defer { pool.give(costs.buffer) }
    record(costs, pool, taps: taps)

    var candidates = Candidates(costs: costs, classes: Array(0..<text.shape[0]))
    reject(&candidates, level: 0, topK: topK, taps: taps, times: times) { firstScores(costs, pool) }
    // Only classes that the first rejection keeps take memory from here on.
    let keepsLast = taps?.wants("decoder\(layers.count)") == true
    let counts = elementCounts(of: candidates.costs, keepsLast: keepsLast)
    let buffers = AlternatingBuffers(elementCounts: counts, pool)
    defer { buffers.giveBack(to: pool) }

    var x = times.measure("cost embedding") { costEmbedding(candidates.costs, into: buffers[0], workers) }
    for (index, layer) in layers.enumerated() {
      if index > 0 {
        let kept = reject(&candidates, level: index, topK: topK, taps: taps, times: times) {
          auxiliaryHeads[index].scores(of: x, workers)
        }
        if let kept { x.planes = kept.map { x.planes[$0] } }
      }
      times?.record(classCount: candidates.classes.count)
      times.measure("decoder \(index + 1), space") { layer.spread(x, workers, pool) }
      times.measure("decoder \(index + 1), classes") { layer.attention(x, workers) }
      let makesLogits = index == layers.count - 1 && !keepsLast
      let output = ClassPlanes(
        buffer: buffers[index + 1], planes: Array(candidates.classes.indices), height: 2 * x.height,
        width: 2 * x.width, channels: makesLogits ? 1 : layer.outputs)
      times.measure("decoder \(index + 1), fusion") {
        layer.fuse(
          x, costs: candidates.costs, pyramid: Array(pyramid[...index]), guidance: guidance[index],
          head: makesLogits ? head : nil, into: output)
      }
      if !makesLogits { taps?.recordImages("decoder\(index + 1)", output.tensor) }
      x = output
    }
    if keepsLast {
      var logits = x
      (logits.buffer, logits.channels) = (buffers[layers.count + 1], 1)
      head.run(x, into: logits, workers)
      x = logits
    }
    taps?.recordScores("logits", x.tensor)
    return body(Output(logits: x, classes: candidates.classes))
  }

  /// The number of elements of each level of the decoder: the embedded cost map, the output of each layer, and the logits where
  /// they are not the output of the last layer.
  private func elementCounts(of costs: ClassPlanes, keepsLast: Bool) -> [Int] {
    var channels = [costEmbedding.outputs] + layers.map(\.outputs)
    if keepsLast { channels.append(1) } else { channels[layers.count] = 1 }
    return channels.enumerated().map { level, width in
      costs.planes.count * costs.height * costs.width * width << (2 * min(level, layers.count))
    }
  }

  /// Records the cost map and its embedding.
  private func record(_ costs: ClassPlanes, _ pool: BufferPool, taps: Taps?) {
    taps?.recordImages("cost_map", costs.tensor)
    guard let taps, taps.wants("cost_embedding") else { return }
    let buffer = pool.take(costs.planes.count * costs.height * costs.width * costEmbedding.outputs)
    defer { pool.give(buffer) }
    taps.recordImages("cost_embedding", costEmbedding(costs, into: buffer, workers).tensor)
  }

  // MARK: Early rejection

  /// The classes that early rejection has kept so far, and their cost maps.
  private struct Candidates {
    var costs: ClassPlanes
    /// The indices of the classes.
    var classes: [Int]
  }

  /// Rejects classes before a layer, where early rejection is on.
  ///
  /// - Parameters:
  ///   - level: The index of the layer.
  ///   - scores: Computes the scores, which are recorded also where no class is rejected.
  /// - Returns: The positions of the kept classes among the candidates; `nil` where early rejection is off.
  @discardableResult
  private func reject(
    _ candidates: inout Candidates, level: Int, topK: Int?, taps: Taps?, times: StageTimes?,
    scores: () -> Tensor
  ) -> [Int]? {
    guard topK != nil || (costHead != nil && taps?.wants("aux\(level)") == true) else { return nil }
    return times.measure("early rejection") {
      let scores = scores()
      taps?.recordScores("aux\(level)", scores)
      guard let kept = topK.map({ topClasses(scores, k: $0) }) else { return nil }
      candidates.costs.planes = kept.map { candidates.costs.planes[$0] }
      candidates.classes = kept.map { candidates.classes[$0] }
      taps?.record("alive\(level)", candidates.classes)
      return kept
    }
  }

  /// The scores of the first rejection; a cost map without inner lines or columns must be embedded first.
  private func firstScores(_ costs: ClassPlanes, _ pool: BufferPool) -> Tensor {
    if let costHead, min(costs.height, costs.width) > 1 { return costHead.scores(of: costs, workers) }
    let buffer = pool.take(costs.planes.count * costs.height * costs.width * costEmbedding.outputs)
    defer { pool.give(buffer) }
    return auxiliaryHeads[0].scores(of: costEmbedding(costs, into: buffer, workers), workers)
  }

  // MARK: Cost map

  /// Cosines of pixels with prompts: classes x height x width x prompts, in a buffer from the pool.
  private func costMap(_ embedding: ImagePlace, text: Tensor, _ pool: BufferPool) -> ClassPlanes {
    let (classes, prompts, width) = (text.shape[0], text.shape[1], text.shape[2])
    let pixels = FloatBuffer(ReferenceOperators().normalizeLength(embedding.tensor).values)
    let count = embedding.height * embedding.width
    let costs = ClassPlanes(
      buffer: pool.take(classes * count * prompts), planes: Array(0..<classes), height: embedding.height,
      width: embedding.width, channels: prompts)
    let scratch = workers.scratch(for: classes) {
      FloatBuffer(count: kernels.packedCount(outputs: prompts, inputs: width))
    }
    workers.run(classes) { worker, index in
      kernels.pack(
        text.values.span.extracting(index * prompts * width..<(index + 1) * prompts * width),
        outputs: prompts,
        inputs: width, into: scratch[worker])
      kernels.multiply(
        Kernels.Rows(pixels, stride: width, runLength: width), count,
        by: Kernels.Layer(weights: scratch[worker], outputs: prompts, inputs: width),
        into: Kernels.Place(costs.buffer, at: costs[index].start, stride: prompts))
    }
    return costs
  }
}
