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
  private let costEmbedding: Kernels.Layer
  private let costKernel: Int
  private let pyramid: [[Kernels.Layer]]
  private let layers: [FusedLayer]
  private let auxiliaryHeads: [FusedHead]
  private let head: FusedHead

  init(_ decoder: Decoder, _ kernels: Kernels, _ workers: Workers) {
    self.kernels = kernels
    self.workers = workers
    let cost = decoder.costEmbedding
    costKernel = cost.weight.shape[1]
    costEmbedding = kernels.layer(
      cost.weight.values.span, outputs: cost.weight.shape[0], bias: cost.bias?.values)
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
    layers = zip(decoder.layers, decoder.guidance).map { FusedLayer($0, guidance: $1, kernels, workers) }
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
    var (costs, x) = times.measure("cost map") { embedCosts(features.embedding, text: text, pool) }
    pool.give(features.embedding.buffer)
    taps?.recordImages("cost_map", costs.tensor)
    taps?.recordImages("cost_embedding", x.tensor)
    var classes = Array(0..<text.shape[0])
    var logits: ClassPlanes?
    for (index, layer) in layers.enumerated() {
      if topK != nil || (taps != nil && !auxiliaryHeads.isEmpty) {
        let kept = times.measure("early rejection") {
          let scores = auxiliaryHeads[index].scores(of: x, workers)
          taps?.recordScores("aux\(index)", scores)
          return topK.map { topClasses(scores, k: $0) }
        }
        if let kept {
          x.planes = kept.map { x.planes[$0] }
          costs.planes = kept.map { costs.planes[$0] }
          classes = kept.map { classes[$0] }
          taps?.record("alive\(index)", classes)
        }
      }
      times?.record(classCount: classes.count)
      times.measure("decoder \(index + 1), space") { layer.spread(x, workers, pool) }
      times.measure("decoder \(index + 1), classes") { layer.attention(x, workers) }
      let isLast = index == layers.count - 1
      let output = times.measure("decoder \(index + 1), fusion") {
        layer.fuse(
          x, costs: costs, pyramid: Array(pyramid[...index]), guidance: guidance[index],
          head: isLast ? head : nil, keepsOutput: !isLast || taps != nil, pool)
      }
      pool.give(x.buffer)
      pool.give(guidance[index])
      logits = output.logits
      if let next = output.planes {
        taps?.recordImages("decoder\(index + 1)", next.tensor)
        if isLast { pool.give(next.buffer) } else { x = next }
      }
    }
    pool.give(costs.buffer)
    guard let logits else { preconditionFailure("a decoder has layers") }
    taps?.recordScores("logits", logits.tensor)
    return Output(logits: logits, classes: classes)
  }

  /// Cosines of pixels with prompts, and the first convolution over them.
  private func embedCosts(_ embedding: ImagePlace, text: Tensor, _ pool: BufferPool) -> (
    costs: ClassPlanes, x: ClassPlanes
  ) {
    let (classes, prompts, width) = (text.shape[0], text.shape[1], text.shape[2])
    let unit = ReferenceOperators().normalizeLength(embedding.tensor)
    let pixels = FloatBuffer(unit.values)
    let image = ImagePlace(
      buffer: pixels, height: embedding.height, width: embedding.width, channels: embedding.channels)
    let costs = ClassPlanes(
      buffer: pool.take(classes * image.height * image.width * prompts), planes: Array(0..<classes),
      height: image.height, width: image.width, channels: prompts)
    let x = ClassPlanes(
      buffer: pool.take(classes * image.height * image.width * costEmbedding.outputs),
      planes: Array(0..<classes), height: image.height, width: image.width, channels: costEmbedding.outputs)
    let scratch = (0..<workers.count).map { _ in
      (
        packed: FloatBuffer(count: kernels.packedCount(outputs: prompts, inputs: width)),
        padded: PaddedImage(
          height: image.height, width: image.width, channels: prompts, margin: costKernel / 2)
      )
    }
    workers.run(classes) { worker, index in
      let (packed, padded) = scratch[worker]
      kernels.pack(
        text.values.span.extracting(index * prompts * width..<(index + 1) * prompts * width), outputs: prompts,
        inputs: width, into: packed)
      let vectors = Kernels.Layer(weights: packed, outputs: prompts, inputs: width)
      kernels.multiply(
        Kernels.Rows(pixels, stride: width, runLength: width), image.height * image.width, by: vectors,
        into: Kernels.Place(costs.buffer, at: costs[index].start, stride: prompts))
      padded.fill(from: costs[index])
      for y in 0..<image.height {
        kernels.multiply(
          padded.window(y, kernel: costKernel), image.width, by: costEmbedding,
          into: Kernels.Place(x.buffer, at: x[index].line(y), stride: x.channels))
      }
    }
    return (costs, x)
  }
}

/// An image with a margin of zeros, as convolutions want it.
struct PaddedImage {
  let buffer: FloatBuffer
  let height: Int
  let width: Int
  let channels: Int
  let margin: Int

  init(height: Int, width: Int, channels: Int, margin: Int) {
    (self.height, self.width, self.channels, self.margin) = (height, width, channels, margin)
    buffer = FloatBuffer(count: (height + 2 * margin) * (width + 2 * margin) * channels)
    buffer.clear(0, buffer.count)
  }

  /// Elements of a line with its margins.
  var lineCount: Int { (width + 2 * margin) * channels }
  /// Where the pixels of a line begin.
  func line(_ y: Int) -> Int { (y + margin) * lineCount + margin * channels }

  /// Copies an image of the same size.
  func fill(from image: ImagePlace) {
    for y in 0..<height { buffer.copy(to: line(y), from: image.buffer, at: image.line(y), image.lineCount) }
  }

  /// What a convolution of stride 1 reads for the pixels of a line; its kernel is as wide as two margins and one.
  func window(_ y: Int, kernel: Int) -> Kernels.Rows {
    Kernels.Rows(
      buffer, at: y * lineCount, stride: channels, runCount: kernel, runLength: kernel * channels,
      runStride: lineCount)
  }
}

/// Some lines of an image with a margin of zeros: what a 3x3 convolution needs at a time, small enough for the
/// processor's cache.
struct PaddedBand {
  let buffer: FloatBuffer
  let height: Int
  let width: Int
  let channels: Int

  /// Lines that a convolution makes before the band moves on.
  static let step = 8

  init(height: Int, width: Int, channels: Int) {
    (self.height, self.width, self.channels) = (height, width, channels)
    buffer = FloatBuffer(count: (Self.step + 2) * (width + 2) * channels)
    buffer.clear(0, buffer.count)
  }

  /// Elements of a line with its margins.
  private var lineCount: Int { (width + 2) * channels }

  /// Lets the band slide over the whole image.
  ///
  /// - Parameters:
  ///   - fill: Writes a line of the image at a place of the band; called once for every line, in order, at most two
  ///     lines ahead of `work`.
  ///   - work: Gets each line in turn with what a 3x3 convolution reads for its pixels.
  func slide(
    _ fill: (_ line: Int, _ place: Int) -> Void, over work: (_ line: Int, _ window: Kernels.Rows) -> Void
  ) {
    buffer.clear(0, lineCount)
    var next = 0
    for start in stride(from: 0, to: height, by: Self.step) {
      let count = min(Self.step, height - start)
      // The band's line 0 is the image's start - 1; the first two were the last of the band before.
      if start > 0 { buffer.copy(to: 0, from: buffer, at: Self.step * lineCount, 2 * lineCount) }
      while next <= start + count {
        let place = (next - start + 1) * lineCount
        if next < height { fill(next, place + channels) } else { buffer.clear(place, lineCount) }
        next += 1
      }
      for y in start..<start + count {
        work(
          y,
          Kernels.Rows(
            buffer, at: (y - start) * lineCount, stride: channels, runCount: 3, runLength: 3 * channels,
            runStride: lineCount))
      }
    }
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
  func run(_ window: Kernels.Rows, _ count: Int, into output: FloatBuffer, at start: Int) {
    kernels.dot(window, count, weights: weights, bias: bias, into: output, at: start)
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
        band.buffer.copy(to: place, from: plane.buffer, at: plane.line(line), plane.lineCount)
      } over: { y, window in
        run(window, x.width, into: output, at: position * pixels + y * x.width)
      }
    }
    return Tensor(shape: [x.planes.count, x.height, x.width, 1], values: output.values)
  }
}
