// SED's gradual fusion decoder on the kernels.

import SedgeOperators
import SedgeTensor

/// The decoder, its weights laid out for the kernels; computes what ``Decoder`` does.
///
/// A class is a piece of work: each passes through a layer's convolutions in one worker's memory. Between them only
/// attention looks at all classes.
struct FusedDecoder {
  private let kernels: Kernels
  private let workers: Workers
  private let costEmbedding: PackedLinear
  private let costKernel: Int
  private let pyramid: [[PackedLinear]]
  private let layers: [FusedLayer]
  /// What the first early rejection looks at, straight from the cost map; `nil` where the model has no heads.
  private let costHead: CostHead?
  private let auxiliaryHeads: [FusedHead]
  private let head: FusedHead

  init(_ decoder: Decoder, _ context: ExecutionContext) {
    let kernels = context.kernels
    self.kernels = kernels
    workers = context.workers
    let cost = decoder.costEmbedding
    costKernel = cost.weight.shape[1]
    costEmbedding = PackedLinear(
      cost.weight.values.span, outputs: cost.weight.shape[0], bias: cost.bias?.values,
      mayUseInt8: cost.weight.shape[2] * cost.weight.shape[3] % 4 == 0, context)
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

  /// The classes that are left, and the logits of each: height x width x 1.
  struct Output {
    var logits: ClassPlanes
    var classes: [Int]
  }

  /// Decodes one image; `features` go back to the pool.
  func callAsFunction(
    _ features: FusedImageEncoder.Features, text: Tensor, topK: Int?, _ pool: BufferPool, taps: Taps?,
    times: StageTimes?
  ) -> Output {
    let guidance = times.measure("guidance") {
      layers.indices.map { layers[$0].guidanceTerm(features.stages[2 - $0], pool) }
    }
    for stage in features.stages { pool.give(stage.buffer) }
    var costs = times.measure("cost map") { costMap(features.embedding, text: text, pool) }
    pool.give(features.embedding.buffer)
    taps?.recordImages("cost_map", costs.tensor)
    if let taps, taps.wants("cost_embedding") {
      let buffer = pool.take(elementCount(of: costs, level: 0))
      taps.recordImages("cost_embedding", embed(costs, into: buffer).tensor)
      pool.give(buffer)
    }
    var classes = Array(0..<text.shape[0])
    let reject = { (index: Int, scores: () -> Tensor) -> [Int]? in
      guard topK != nil || (taps?.wants("aux\(index)") == true && costHead != nil) else { return nil }
      return times.measure("early rejection") {
        let scores = scores()
        taps?.recordScores("aux\(index)", scores)
        guard let kept = topK.map({ topClasses(scores, k: $0) }) else { return nil }
        costs.planes = kept.map { costs.planes[$0] }
        classes = kept.map { classes[$0] }
        taps?.record("alive\(index)", classes)
        return kept
      }
    }
    _ = reject(0) { firstScores(costs, pool) }
    // Layers read one buffer and write the other.
    let keepsLast = taps?.wants("decoder3") == true
    let even = pool.take(max(elementCount(of: costs, level: 0), elementCount(of: costs, level: 2)))
    let odd = pool.take(
      max(elementCount(of: costs, level: 1), elementCount(of: costs, level: 3, channels: keepsLast ? nil : 1))
    )
    // Only what the first rejection has left goes through the first convolution.
    var x = times.measure("cost embedding") { embed(costs, into: even) }
    for (index, layer) in layers.enumerated() {
      if index > 0, let kept = reject(index, { auxiliaryHeads[index].scores(of: x, workers) }) {
        x.planes = kept.map { x.planes[$0] }
      }
      times?.record(classCount: classes.count)
      times.measure("decoder \(index + 1), space") { layer.spread(x, workers) }
      times.measure("decoder \(index + 1), classes") { layer.attention(x, workers) }
      let isLast = index == layers.count - 1
      let output = ClassPlanes(
        buffer: index % 2 == 0 ? odd : even, planes: Array(classes.indices), height: 2 * x.height,
        width: 2 * x.width, channels: isLast && !keepsLast ? 1 : layer.outputs)
      times.measure("decoder \(index + 1), fusion") {
        layer.fuse(
          x, costs: costs, pyramid: Array(pyramid[...index]), guidance: guidance[index],
          head: isLast && !keepsLast ? head : nil, into: output)
      }
      pool.give(guidance[index])
      if keepsLast || !isLast { taps?.recordImages("decoder\(index + 1)", output.tensor) }
      x = output
    }
    pool.give(costs.buffer)
    pool.give(even)
    guard let taps, keepsLast else {
      taps?.recordScores("logits", x.tensor)
      return Output(logits: x, classes: classes)
    }
    let scores = head.scores(of: x, workers)
    pool.give(odd)
    taps.recordScores("logits", scores)
    let logits = ClassPlanes(
      buffer: pool.take(scores.count), planes: x.planes, height: x.height, width: x.width, channels: 1)
    logits.buffer.set(0, to: scores.values.span)
    return Output(logits: logits, classes: classes)
  }

  /// Elements of the classes' planes at a level of the decoder: 0 its input, 3 its output.
  private func elementCount(of costs: ClassPlanes, level: Int, channels: Int? = nil) -> Int {
    let width = channels ?? (level == 0 ? costEmbedding.outputs : layers[level - 1].outputs)
    return costs.planes.count * costs.height * costs.width * width << (2 * level)
  }

  /// What the first rejection looks at; without an inner line the cost map has no short cut.
  private func firstScores(_ costs: ClassPlanes, _ pool: BufferPool) -> Tensor {
    if let costHead, min(costs.height, costs.width) > 1 { return costHead.scores(of: costs, workers) }
    let buffer = pool.take(elementCount(of: costs, level: 0))
    defer { pool.give(buffer) }
    return auxiliaryHeads[0].scores(of: embed(costs, into: buffer), workers)
  }

  /// Cosines of pixels with prompts: classes x height x width x prompts.
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

  /// The first convolution over the cost map.
  private func embed(_ costs: ClassPlanes, into buffer: FloatBuffer) -> ClassPlanes {
    let channels = costEmbedding.outputs
    let x = ClassPlanes(
      buffer: buffer, planes: Array(costs.planes.indices), height: costs.height, width: costs.width,
      channels: channels)
    let scratch = workers.scratch(for: costs.planes.count) {
      PaddedImage(
        height: costs.height, width: costs.width, channels: costs.channels, margin: costKernel / 2,
        isInt8: costEmbedding.isInt8)
    }
    workers.run(costs.planes.count) { worker, position in
      let padded = scratch[worker]
      padded.fill(from: costs[position], kernels)
      for y in 0..<costs.height {
        costEmbedding(
          padded.window(y, kernel: costKernel), of: padded.values, costs.width,
          into: Kernels.Place(x.buffer, at: x[position].line(y), stride: channels))
      }
    }
    return x
  }
}

/// A 3x3 convolution to one logit.
struct FusedHead {
  private let kernels: Kernels
  private let weights: FloatBuffer
  private let bias: Float
  private let channels: Int

  init(_ dense: Dense, _ kernels: Kernels) {
    self.kernels = kernels
    weights = FloatBuffer(dense.weight.values)
    bias = dense.bias?.values[0] ?? 0
    channels = dense.weight.shape[3]
  }

  /// The logits of some pixels of a line, from `start` on.
  func run(
    _ window: Window, of values: PaddedValues, _ count: Int, into output: FloatBuffer, at start: Int
  ) {
    kernels.dot(window.rows(values.buffer), count, weights: weights, bias: bias, into: output, at: start)
  }

  /// The logits of all classes: classes x height x width x 1.
  func scores(of x: ClassPlanes, _ workers: Workers) -> Tensor {
    let scratch = workers.scratch(for: x.planes.count) {
      PaddedBand(height: x.height, width: x.width, channels: x.channels)
    }
    let pixels = x.height * x.width
    let output = FloatBuffer(count: x.planes.count * pixels)
    workers.run(x.planes.count) { worker, position in
      let (plane, band) = (x[position], scratch[worker])
      band.slide { line, place in
        band.values.set(place, from: plane.buffer, at: plane.line(line), plane.lineCount, kernels)
      } over: { y, window in
        run(window, of: band.values, x.width, into: output, at: position * pixels + y * x.width)
      }
    }
    return Tensor(shape: [x.planes.count, x.height, x.width, 1], values: output.values)
  }
}
