// The MLP of a block on the kernels.

import SedgeOperators
import SedgeTensor

/// `addend + scale * second(activation(first(norm(x))))` with packed weights.
///
/// The layer scale is folded into the second layer. The hidden values are computed and consumed some channels at a time, so that they
/// stay in the cache.
struct FusedMLP {
  private let norm: FusedNorm
  private let hidden: [(first: PackedLinear, second: PackedLinear)]
  private let channels: Int
  /// The number of hidden channels that are computed at a time.
  private let hiddenLength: Int
  /// The number of rows that pass through the layers at a time.
  let rowCount: Int

  init(
    norm: Norm, first: Dense, second: Dense, activation: Activation, layerScale: Tensor? = nil,
    _ context: ExecutionContext
  ) {
    self.norm = FusedNorm(norm, context.kernels)
    let (width, channels, scale) = (first.weight.shape[0], first.weight.shape[1], layerScale?.values)
    self.channels = channels
    // Int8 values take a quarter of the memory, bfloat16 half, and their epilogue is cheaper for long sums.
    let length =
      switch context.format {
      case .float32: 128
      case .bf16: 256
      case .int8: 1024
      }
    hiddenLength = length
    rowCount = context.usesInt8 && width > 512 ? 96 : 192
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
          activation: activation, context),
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
    /// The input, where the caller does not have it elsewhere; overwritten by the normalized rows.
    let normalized: FloatBuffer
    fileprivate let hidden: FloatBuffer
    /// The normalized rows, and the hidden values, in the number format of the weights.
    fileprivate let inputs: PackedLinear.Scratch
    fileprivate let converted: PackedLinear.Scratch
  }

  /// The memory of one worker for at most so many rows at a time.
  func scratch(rowCount: Int) -> Scratch {
    Scratch(
      normalized: FloatBuffer(count: rowCount * channels),
      hidden: FloatBuffer(count: rowCount * hiddenLength),
      inputs: PackedLinear.Scratch(rowCount: rowCount, width: channels),
      converted: PackedLinear.Scratch(rowCount: rowCount, width: hiddenLength))
  }

  /// Computes adjacent rows.
  ///
  /// - Parameters:
  ///   - rows: `count` rows from `start` on.
  ///   - addend, output: May be the rows.
  func callAsFunction(
    _ rows: FloatBuffer, at start: Int = 0, _ count: Int, addend: Kernels.Place, into output: Kernels.Place,
    _ scratch: Scratch
  ) {
    hidden[0].first.normalizeAndConvert(
      rows, at: start, count, norm, into: scratch.normalized, scratch.inputs)
    for (index, part) in hidden.enumerated() {
      part.first(
        converted: scratch.inputs, scratch.normalized, count,
        into: Kernels.Place(scratch.hidden, stride: part.first.outputs))
      part.second(
        scratch.hidden, count, addend: index == 0 ? addend : output, into: output, scratch.converted)
    }
  }
}
