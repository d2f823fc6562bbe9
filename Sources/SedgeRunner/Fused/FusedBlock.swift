// A ConvNeXt block, a few lines of an image at a time.

import SedgeOperators
import SedgeTensor

/// `x + gamma * second(GELU(first(norm(depthwise(x)))))` with packed weights.
///
/// The layer scale is folded into the second layer. The hidden values are computed and consumed some channels at a time, so that they
/// stay in the cache.
struct FusedBlock {
  private let kernels: Kernels
  private let kernel: Int
  private let channels: Int
  private let depthwise: FloatBuffer
  private let depthwiseBias: FloatBuffer
  private let norm: FusedNorm
  private let hidden: [(first: PackedLinear, second: PackedLinear)]
  /// The number of hidden channels that are computed at a time.
  private let hiddenLength: Int
  /// The number of pixels that pass through the layers at a time.
  private let pixelCount: Int

  init(_ block: ConvNeXtBlock, _ context: ExecutionContext) {
    let kernels = context.kernels
    self.kernels = kernels
    kernel = block.depthwise.weight.shape[0]
    let channels = block.depthwise.weight.shape[2]
    self.channels = channels
    depthwise = FloatBuffer(block.depthwise.weight.values)
    depthwiseBias = FloatBuffer(block.depthwise.bias?.values ?? [Float](repeating: 0, count: channels))
    norm = FusedNorm(block.norm, kernels)
    let (first, second) = (block.first, block.second)
    let (width, scale) = (first.weight.shape[0], block.layerScale?.values)
    // Int8 values take a quarter of the memory, and their epilogue is cheaper for long sums.
    let length = context.usesInt8 ? 1024 : 128
    hiddenLength = length
    pixelCount = context.usesInt8 && width > 512 ? 96 : 192
    hidden = stride(from: 0, to: width, by: length).map { start in
      let range = start..<min(start + length, width)
      var columns: [Float] = []
      columns.reserveCapacity(channels * range.count)
      for output in 0..<channels {
        let row = second.weight.values[output * width + range.lowerBound..<output * width + range.upperBound]
        if let factor = scale?[output] { columns += row.map { $0 * factor } } else { columns += row }
      }
      // The first part adds the bias.
      let bias = start > 0 ? nil : second.bias?.values
      return (
        PackedLinear(
          Dense(
            weight: Tensor(
              shape: [range.count, channels],
              values: Array(
                first.weight.values[range.lowerBound * channels..<range.upperBound * channels])),
            bias: first.bias.map { Tensor(shape: [range.count], values: Array($0.values[range])) }),
          activation: .gelu, context),
        PackedLinear(
          Dense(
            weight: Tensor(shape: [channels, range.count], values: columns),
            bias: bias.map { bias in
              Tensor(shape: [channels], values: scale.map { zip(bias, $0).map { $0 * $1 } } ?? bias)
            }), context)
      )
    }
  }

  /// The memory of one worker.
  struct Scratch {
    let normalized: FloatBuffer
    let hidden: FloatBuffer
    /// The normalized pixels, and the hidden values, in the number format of the weights.
    let inputs: PackedLinear.Scratch
    let converted: PackedLinear.Scratch
  }

  /// The number of lines that are computed at a time, for images of this width.
  func lines(width: Int) -> Int { max(1, pixelCount / width) }

  /// The memory of one worker for images of this width.
  func scratch(width: Int) -> Scratch {
    let pixels = lines(width: width) * width
    return Scratch(
      normalized: FloatBuffer(count: pixels * channels), hidden: FloatBuffer(count: pixels * hiddenLength),
      inputs: PackedLinear.Scratch(rowCount: pixels, width: channels),
      converted: PackedLinear.Scratch(rowCount: pixels, width: hiddenLength))
  }

  /// Computes at most ``lines(width:)`` lines of `output` from `input`, which do not overlap.
  func run(_ lines: Range<Int>, of input: ImagePlace, into output: ImagePlace, _ scratch: Scratch) {
    let (width, pixels) = (input.width, lines.count * input.width)
    for (index, y) in lines.enumerated() {
      kernels.depthwiseLine(
        y, of: input.buffer, at: input.start, height: input.height, width: width, channels: channels,
        kernel: kernel, weights: depthwise, bias: depthwiseBias, into: scratch.normalized,
        at: index * width * channels)
    }
    hidden[0].first.normalizeAndConvert(
      scratch.normalized, pixels, norm, into: scratch.normalized, scratch.inputs)
    let source = Kernels.Place(input.buffer, at: input.line(lines.lowerBound), stride: channels)
    let target = Kernels.Place(output.buffer, at: output.line(lines.lowerBound), stride: channels)
    for (index, part) in hidden.enumerated() {
      part.first(
        converted: scratch.inputs, scratch.normalized, pixels,
        into: Kernels.Place(scratch.hidden, stride: part.first.outputs))
      part.second(
        scratch.hidden, pixels, addend: index == 0 ? source : target, into: target, scratch.converted)
    }
  }
}
