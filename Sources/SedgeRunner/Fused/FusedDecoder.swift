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
  private let costEmbedding: Product
  private let costKernel: Int
  private let pyramid: [[Kernels.Layer]]
  private let layers: [FusedLayer]
  /// What the first early rejection looks at, straight from the cost map; `nil` where the model has no heads.
  private let costHead: CostHead?
  private let auxiliaryHeads: [FusedHead]
  private let head: FusedHead

  init(_ decoder: Decoder, _ machine: Machine) {
    let kernels = machine.kernels
    self.kernels = kernels
    workers = machine.workers
    let cost = decoder.costEmbedding
    costKernel = cost.weight.shape[1]
    costEmbedding = Product(
      cost.weight.values.span, outputs: cost.weight.shape[0], bias: cost.bias?.values,
      inBytes: machine.usesBytes && cost.weight.shape[2] * cost.weight.shape[3] % 4 == 0, machine)
    pyramid = decoder.pyramid.map { dense in
      // A line of the kernel makes a line of the output.
      let (outputs, kernel, inputs) = (dense.weight.shape[0], dense.weight.shape[1], dense.weight.shape[3])
      let lines = dense.weight.permuted([1, 2, 0, 3])
      let bias = dense.bias?.values ?? [Float](repeating: 0, count: outputs)
      return (0..<kernel).map { ky in
        let size = kernel * outputs * inputs
        return kernels.layer(
          lines.values.span.extracting(ky * size..<(ky + 1) * size), outputs: kernel * outputs,
          bias: (0..<kernel).flatMap { _ in bias }, activation: .relu)
      }
    }
    layers = zip(decoder.layers, decoder.guidance).map { FusedLayer($0, guidance: $1, machine) }
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
    if let taps {
      let x = embed(costs, pool)
      taps.recordImages("cost_embedding", x.tensor)
      pool.give(x.buffer)
    }
    // Without an inner line the cost map has no short cut.
    var x = min(costs.height, costs.width) < 2 ? embed(costs, pool) : nil
    var classes = Array(0..<text.shape[0])
    var logits: ClassPlanes?
    for (index, layer) in layers.enumerated() {
      if topK != nil || (taps != nil && costHead != nil) {
        let kept = times.measure("early rejection") {
          let scores =
            x.map { auxiliaryHeads[index].scores(of: $0, workers) } ?? costHead?.scores(of: costs, workers)
          guard let scores else { preconditionFailure("early rejection needs heads") }
          taps?.recordScores("aux\(index)", scores)
          return topK.map { topClasses(scores, k: $0) }
        }
        if let kept {
          if let planes = x?.planes { x?.planes = kept.map { planes[$0] } }
          costs.planes = kept.map { costs.planes[$0] }
          classes = kept.map { classes[$0] }
          taps?.record("alive\(index)", classes)
        }
      }
      // Only what the first rejection has left goes through the first convolution.
      var planes = x ?? times.measure("cost embedding") { embed(costs, pool) }
      times?.record(classCount: classes.count)
      times.measure("decoder \(index + 1), space") { layer.spread(planes, workers, pool) }
      times.measure("decoder \(index + 1), classes") { layer.attention(planes, workers) }
      let isLast = index == layers.count - 1
      let output = times.measure("decoder \(index + 1), fusion") {
        layer.fuse(
          planes, costs: costs, pyramid: Array(pyramid[...index]), guidance: guidance[index],
          head: isLast ? head : nil, keepsOutput: !isLast || taps != nil, pool)
      }
      pool.give(planes.buffer)
      pool.give(guidance[index])
      logits = output.logits
      if let next = output.planes {
        taps?.recordImages("decoder\(index + 1)", next.tensor)
        if isLast { pool.give(next.buffer) }
        planes = next
      }
      x = planes
    }
    pool.give(costs.buffer)
    guard let logits else { preconditionFailure("a decoder has layers") }
    taps?.recordScores("logits", logits.tensor)
    return Output(logits: logits, classes: classes)
  }

  /// Cosines of pixels with prompts: classes x height x width x prompts.
  private func costMap(_ embedding: ImagePlace, text: Tensor, _ pool: BufferPool) -> ClassPlanes {
    let (classes, prompts, width) = (text.shape[0], text.shape[1], text.shape[2])
    let pixels = FloatBuffer(ReferenceOperators().normalizeLength(embedding.tensor).values)
    let count = embedding.height * embedding.width
    let costs = ClassPlanes(
      buffer: pool.take(classes * count * prompts), planes: Array(0..<classes), height: embedding.height,
      width: embedding.width, channels: prompts)
    let scratch = (0..<workers.count).map { _ in
      FloatBuffer(count: kernels.packedCount(outputs: prompts, inputs: width))
    }
    workers.run(classes) { worker, index in
      kernels.pack(
        text.values.span.extracting(index * prompts * width..<(index + 1) * prompts * width), outputs: prompts,
        inputs: width, into: scratch[worker])
      kernels.multiply(
        Kernels.Rows(pixels, stride: width, runLength: width), count,
        by: Kernels.Layer(weights: scratch[worker], outputs: prompts, inputs: width),
        into: Kernels.Place(costs.buffer, at: costs[index].start, stride: prompts))
    }
    return costs
  }

  /// The first convolution over the cost map.
  private func embed(_ costs: ClassPlanes, _ pool: BufferPool) -> ClassPlanes {
    let channels = costEmbedding.outputs
    let x = ClassPlanes(
      buffer: pool.take(costs.planes.count * costs.height * costs.width * channels),
      planes: Array(costs.planes.indices), height: costs.height, width: costs.width, channels: channels)
    let scratch = (0..<workers.count).map { _ in
      PaddedImage(
        height: costs.height, width: costs.width, channels: costs.channels, margin: costKernel / 2,
        inBytes: costEmbedding.isInBytes)
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
    let scratch = (0..<workers.count).map { _ in
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
