// A ConvNeXt block, a few lines of an image at a time.

import SedgeOperators
import SedgeTensor

/// `x + gamma * second(GELU(first(norm(depthwise(x)))))` with packed weights.
struct FusedBlock {
  private let kernels: Kernels
  private let kernel: Int
  private let channels: Int
  private let depthwise: FloatBuffer
  private let depthwiseBias: FloatBuffer
  private let mlp: FusedMLP

  init(_ block: ConvNeXtBlock, _ context: ExecutionContext) {
    kernels = context.kernels
    kernel = block.depthwise.weight.shape[0]
    channels = block.depthwise.weight.shape[2]
    depthwise = FloatBuffer(block.depthwise.weight.values)
    depthwiseBias = FloatBuffer(block.depthwise.bias?.values ?? [Float](repeating: 0, count: channels))
    mlp = FusedMLP(
      norm: block.norm, first: block.first, second: block.second, activation: .gelu,
      layerScale: block.layerScale, context)
  }

  /// The number of lines that are computed at a time, for images of this width.
  func lines(width: Int) -> Int { max(1, mlp.rowCount / width) }

  /// The memory of one worker for images of this width.
  func scratch(width: Int) -> FusedMLP.Scratch { mlp.scratch(rowCount: lines(width: width) * width) }

  /// Computes at most ``lines(width:)`` lines of `output` from `input`, which do not overlap.
  func run(_ lines: Range<Int>, of input: ImagePlace, into output: ImagePlace, _ scratch: FusedMLP.Scratch) {
    let width = input.width
    for (index, y) in lines.enumerated() {
      kernels.depthwiseLine(
        y, of: input.buffer, at: input.start, height: input.height, width: width, channels: channels,
        kernel: kernel, weights: depthwise, bias: depthwiseBias, into: scratch.normalized,
        at: index * width * channels)
    }
    mlp(
      scratch.normalized, lines.count * width,
      addend: Kernels.Place(input.buffer, at: input.line(lines.lowerBound), stride: channels),
      into: Kernels.Place(output.buffer, at: output.line(lines.lowerBound), stride: channels), scratch)
  }
}
