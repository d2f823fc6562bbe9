// The accelerated forward pass.

import SedgeOperators
import SedgeTensor

/// SED's forward pass with packed weights; buffers are kept from image to image.
final class FusedPass: ForwardPass {
  private let encoder: FusedImageEncoder
  private let decoder: FusedDecoder
  private let label: FusedLabels
  private let normalizesText: Bool
  private let pool = BufferPool()

  init(_ encoder: ConvNeXtEncoder, _ decoder: Decoder, normalizesText: Bool, _ context: ExecutionContext) {
    self.encoder = FusedImageEncoder(encoder, context)
    self.decoder = FusedDecoder(decoder, context)
    label = FusedLabels(kernels: context.kernels, workers: context.workers)
    self.normalizesText = normalizesText
  }

  func callAsFunction(
    _ input: Tensor, height: Int, width: Int, text: Tensor, topK: Int?, taps: Taps?, times: StageTimes?
  ) -> Segmentation {
    let features = times.measure("image encoder") { self.features(of: input) }
    defer { features.giveBack(to: pool) }
    for (index, stage) in features.stages.enumerated() { taps?.recordImages("res\(index + 2)", stage.tensor) }
    taps?.recordImages("embedding", features.embedding.tensor)
    let text = normalizesText ? ReferenceOperators().normalizeLength(text) : text
    return decoder(features, text: text, topK: topK, pool, taps: taps, times: times) { output in
      times.measure("labels") {
        label(output, classCount: text.shape[0], height: height, width: width, taps: taps)
      }
    }
  }

  func embedding(of input: Tensor) -> Tensor {
    let features = self.features(of: input)
    defer { features.giveBack(to: pool) }
    return features.embedding.tensor
  }

  private func features(of input: Tensor) -> FusedImageEncoder.Features {
    let image = ImagePlace(
      buffer: pool.take(input.count), height: input.shape[1], width: input.shape[2], channels: input.shape[3])
    defer { pool.give(image.buffer) }
    image.buffer.set(0, to: input.values.span)
    return encoder(image, pool)
  }
}
