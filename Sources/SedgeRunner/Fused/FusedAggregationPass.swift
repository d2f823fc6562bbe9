// The accelerated forward pass of CAT-Seg.

import SedgeArchitecture
import SedgeOperators
import SedgeTensor

/// CAT-Seg's forward pass with packed weights; computes the same function as ``AggregationPass``. Buffers are kept from image to image.
final class FusedAggregationPass: ForwardPass {
  private let encoder: FusedVisionTransformer
  private let aggregation: FusedAggregation
  private let label: FusedLabels
  private let labelWindows: FusedWindowLabels
  private let normalizesText: Bool
  private let pool = BufferPool()

  init(
    _ encoder: VisionTransformerEncoder, _ aggregation: CostAggregation, side: Int, normalizesText: Bool,
    windows: SlidingWindows, _ context: ExecutionContext
  ) {
    self.encoder = FusedVisionTransformer(encoder, side: side, for: .dense, context)
    self.aggregation = FusedAggregation(aggregation, context)
    label = FusedLabels(kernels: context.kernels, workers: context.workers)
    labelWindows = FusedWindowLabels(
      windows, logitSide: self.encoder.grid << aggregation.decoder.count, context)
    self.normalizesText = normalizesText
  }

  func callAsFunction(
    _ input: Tensor, height: Int, width: Int, text: Tensor, topK: Int?, taps: Taps?, times: StageTimes?
  ) -> Segmentation {
    let count = input.shape[0]
    var rows: [(name: String, tensor: Tensor)] = []
    let features = times.measure("image encoder") {
      encoder.dense(input, pool) { name, tensor in if taps != nil { rows.append((name, tensor())) } }
    }
    defer { features.giveBack(to: pool) }
    let text = times.measure("guidance") {
      aggregation.text(normalizesText ? ReferenceOperators().normalizeLength(text) : text)
    }
    let outputs = (0..<count).map { index in
      let taps = count == 1 ? taps : taps?.under("window\(index).")
      let window = self.features(features, of: index)
      for (name, tensor) in rows where name == "tokens" {
        taps?.record(name, tensor.images(index..<index + 1))
      }
      for (number, guide) in window.guidance.enumerated() {
        taps?.recordImages("guide\(number)", guide.tensor)
      }
      for (name, tensor) in rows where name != "tokens" {
        taps?.record(name, tensor.images(index..<index + 1))
      }
      taps?.recordImages("embedding", window.embedding.tensor)
      let output = aggregation(window, text, pool, taps: taps, times: times)
      record(output, classCount: text.classCount, taps)
      return output
    }
    defer { for output in outputs { pool.give(output.logits.buffer) } }
    return times.measure("labels") {
      count > 1
        ? labelWindows(outputs, classCount: text.classCount, height: height, width: width, taps: taps)
        : oneLook(outputs[0], classCount: text.classCount, height: height, width: width, taps: taps)
    }
  }

  func embedding(of input: Tensor) -> Tensor {
    let last = input.shape[0] - 1
    let features = encoder.dense(input.images(last..<last + 1), pool) { _, _ in }
    defer { features.giveBack(to: pool) }
    return self.features(features, of: 0).embedding.tensor
  }

  /// The features of one of the images that were encoded together.
  private func features(
    _ features: FusedVisionTransformer.Features, of index: Int
  ) -> FusedAggregation.Features {
    let place = { [grid = encoder.grid] (buffer: FloatBuffer, channels: Int) in
      ImagePlace(
        buffer: buffer, start: index * grid * grid * channels, height: grid, width: grid, channels: channels)
    }
    return FusedAggregation.Features(
      embedding: place(features.embedding, encoder.embeddingWidth),
      guidance: features.guidance.map { place($0, encoder.width) })
  }

  /// Records the logits of all classes.
  private func record(_ output: FusedAggregation.Output, classCount: Int, _ taps: Taps?) {
    guard let taps, taps.wants("logits") else { return }
    let logits = output.logits.tensor
    var all = Tensor(
      shape: [classCount] + logits.shape.dropFirst(),
      values: [Float](
        repeating: CostAggregation.absentLogit, count: classCount * logits.count / logits.shape[0]))
    for (position, index) in output.classes.enumerated() {
      all.setImages(index..<index + 1, logits.images(position..<position + 1))
    }
    taps.recordScores("logits", all)
  }

  /// Labels without windows; the logits are cut as the authors' program cuts them: as if they had the image's resolution.
  private func oneLook(
    _ output: FusedAggregation.Output, classCount: Int, height: Int, width: Int, taps: Taps?
  ) -> Segmentation {
    var planes = output.logits
    let size = (height: min(height, planes.height), width: min(width, planes.width))
    if size != (planes.height, planes.width) {
      let cut = ClassPlanes(
        buffer: FloatBuffer(count: planes.planes.count * size.height * size.width),
        planes: Array(planes.planes.indices), height: size.height, width: size.width, channels: 1)
      for position in planes.planes.indices {
        for y in 0..<size.height {
          cut.buffer.copy(
            to: cut[position].line(y), from: planes.buffer, at: planes[position].line(y), size.width)
        }
      }
      planes = cut
    }
    var result = label(
      FusedDecoder.Output(logits: planes, classes: output.classes), classCount: classCount, height: height,
      width: width, taps: taps)
    result.classes = Array(0..<classCount)
    return result
  }
}
