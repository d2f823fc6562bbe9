// A ConvNeXt block, some pixels of an image at a time.

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

  /// The number of pixels that are computed at a time.
  var pixelCount: Int { mlp.rowCount }

  /// The memory of one worker for at most so many pixels at a time.
  func scratch(pixelCount: Int) -> FusedMLP.Scratch { mlp.scratch(rowCount: pixelCount) }

  /// Computes adjacent pixels, line after line, of `output` from `input`, which do not overlap.
  func run(_ pixels: Range<Int>, of input: ImagePlace, into output: ImagePlace, _ scratch: FusedMLP.Scratch) {
    var next = pixels.lowerBound
    while next < pixels.upperBound {
      let (y, column) = (next / input.width, next % input.width)
      let columns = column..<min(input.width, column + pixels.upperBound - next)
      kernels.depthwiseLine(
        y, columns: columns, of: input.buffer, at: input.start, height: input.height, width: input.width,
        channels: channels, kernel: kernel, weights: depthwise, bias: depthwiseBias, into: scratch.normalized,
        at: (next - pixels.lowerBound) * channels)
      next += columns.count
    }
    let first = pixels.lowerBound * channels
    mlp(
      scratch.normalized, pixels.count,
      addend: Kernels.Place(input.buffer, at: input.start + first, stride: channels),
      into: Kernels.Place(output.buffer, at: output.start + first, stride: channels), scratch)
  }
}
