// CLIP's ConvNeXt on the kernels.

import SedgeOperators
import SedgeTensor

/// The image encoder with packed weights; computes the same function as ``ConvNeXtEncoder``.
struct FusedImageEncoder {
  private struct Stage {
    var downsample: (norm: FusedNorm, convolution: FusedConvolution)?
    var blocks: [FusedBlock]
  }

  private let kernels: Kernels
  private let workers: Workers
  private let stem: (convolution: FusedConvolution, norm: FusedNorm)
  private let stages: [Stage]
  private let headNorm: FusedNorm
  private let head: [Kernels.Layer]

  init(_ encoder: ConvNeXtEncoder, _ context: ExecutionContext) {
    let kernels = context.kernels
    self.kernels = kernels
    workers = context.workers
    stem = (
      FusedConvolution(encoder.stem.convolution, stride: 4, context), FusedNorm(encoder.stem.norm, kernels)
    )
    stages = encoder.stages.map { stage in
      Stage(
        downsample: stage.downsample.map {
          (FusedNorm($0.norm, kernels), FusedConvolution($0.convolution, stride: 2, context))
        },
        blocks: stage.blocks.map { FusedBlock($0, context) })
    }
    headNorm = FusedNorm(encoder.headNorm, kernels)
    head = encoder.head.enumerated().map { index, layer in
      kernels.layer(
        layer.weight.values.span, outputs: layer.weight.shape[0], bias: layer.bias?.values,
        activation: index < encoder.head.count - 1 ? .gelu : .identity)
    }
  }

  /// The features of an image, in buffers from the pool.
  struct Features {
    /// `res2`...`res5`.
    var stages: [ImagePlace]
    /// The embedding of each pixel, or of the average over all pixels.
    var embedding: ImagePlace

    /// Gives the buffers back to the pool.
    func giveBack(to pool: BufferPool) { for place in stages + [embedding] { pool.give(place.buffer) } }
  }

  /// Encodes an image of 3 channels whose sides are multiples of 32.
  func callAsFunction(_ input: ImagePlace, pooled: Bool = false, _ pool: BufferPool) -> Features {
    var x = stem.convolution(input, workers, pool) { start, place, count in
      stem.norm(place.buffer, at: start, count, width: place.channels, into: place.buffer, at: start)
    }
    var outputs: [ImagePlace] = []
    for stage in stages {
      if let downsample = stage.downsample {
        let normalized = pool.take(x.count)
        let place = x
        workers.run(workers.division(rows: x.height * x.width, size: x.width)) { _, _, pixels in
          let start = pixels.lowerBound * place.channels
          downsample.norm(
            place.buffer, at: place.start + start, pixels.count, width: place.channels, into: normalized,
            at: start)
        }
        let input = ImagePlace(buffer: normalized, height: x.height, width: x.width, channels: x.channels)
        x = downsample.convolution(input, workers, pool)
        pool.give(normalized)
      }
      // Blocks alternate between two buffers; the input of the stage is not needed any more.
      var other = x
      other.buffer = pool.take(x.count)
      if let first = stage.blocks.first {
        let division = workers.division(rows: x.height * x.width, size: first.pixelCount)
        let scratch = workers.scratch(for: division.count) { first.scratch(pixelCount: division.size) }
        for block in stage.blocks {
          let (source, target) = (x, other)
          workers.run(division) { worker, _, pixels in
            block.run(pixels, of: source, into: target, scratch[worker])
          }
          swap(&x, &other)
        }
      }
      pool.give(other.buffer)
      outputs.append(x)
    }
    return Features(stages: outputs, embedding: embedding(of: pooled ? average(of: x) : x, pool))
  }

  /// The features that CLIP uses: the stages, and the embedding of the average over all pixels.
  func pooledFeatures(of input: Tensor, _ pool: BufferPool) -> ImageFeatures {
    let image = ImagePlace(
      buffer: pool.take(input.count), height: input.shape[1], width: input.shape[2], channels: input.shape[3])
    defer { pool.give(image.buffer) }
    image.buffer.set(0, to: input.values.span)
    let features = self(image, pooled: true, pool)
    defer { features.giveBack(to: pool) }
    return ImageFeatures(stages: features.stages.map(\.tensor), embedding: features.embedding.tensor)
  }

  /// The embedding of each pixel: 1 x h x w x D, not normalized.
  func embedding(of input: Tensor, _ pool: BufferPool) -> Tensor {
    let image = ImagePlace(
      buffer: pool.take(input.count), height: input.shape[1], width: input.shape[2], channels: input.shape[3])
    defer { pool.give(image.buffer) }
    image.buffer.set(0, to: input.values.span)
    let features = self(image, pool)
    defer { features.giveBack(to: pool) }
    return features.embedding.tensor
  }

  /// The visual head, pixel by pixel.
  private func embedding(of x: ImagePlace, _ pool: BufferPool) -> ImagePlace {
    let widths = [x.channels] + head.map(\.outputs)
    let buffers = widths.map { pool.take(x.height * x.width * $0) }
    workers.run(workers.division(rows: x.height * x.width, size: 24)) { _, _, pixels in
      let (first, count) = (pixels.lowerBound, pixels.count)
      headNorm(
        x.buffer, at: x.start + first * x.channels, count, width: x.channels, into: buffers[0],
        at: first * x.channels)
      for (index, layer) in head.enumerated() {
        kernels.multiply(
          Kernels.Rows(
            buffers[index], at: first * widths[index], stride: widths[index], runLength: widths[index]),
          count,
          by: layer,
          into: Kernels.Place(buffers[index + 1], at: first * widths[index + 1], stride: widths[index + 1]))
      }
    }
    for buffer in buffers.dropLast() { pool.give(buffer) }
    return ImagePlace(
      buffer: buffers[buffers.count - 1], height: x.height, width: x.width, channels: widths[widths.count - 1]
    )
  }

  /// The average over all pixels, summed in float64, in a buffer of its own.
  private func average(of x: ImagePlace) -> ImagePlace {
    ImagePlace(
      buffer: FloatBuffer(x.tensor.pixelAverage().values), height: 1, width: 1, channels: x.channels)
  }
}
