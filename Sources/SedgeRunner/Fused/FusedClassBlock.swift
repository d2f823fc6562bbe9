// The class aggregation of the decoder on the kernels.

import SedgeOperators
import SedgeTensor

/// Linear attention over classes at every pixel, and an MLP, with packed weights; computes the same function as ``ClassBlock``, without
/// the division by the number of classes.
struct FusedClassBlock {
  private let kernels: Kernels
  private let norm1: FusedNorm
  private let keyValue: PackedLinear
  private let query: PackedLinear
  private let norm2: FusedNorm
  private let first: PackedLinear
  private let second: PackedLinear
  private let heads: Int
  private let pooling: Int
  private let channels: Int

  /// The number of rows that pass through the layers at a time.
  static let rowCount = 192

  init(_ block: ClassBlock, _ context: ExecutionContext) {
    let kernels = context.kernels
    self.kernels = kernels
    (heads, pooling, channels) = (block.heads, block.pooling, block.width)
    norm1 = FusedNorm(block.norm1, kernels)
    norm2 = FusedNorm(block.norm2, kernels)
    let zeros = [Float](repeating: 0, count: block.width)
    keyValue = PackedLinear(
      Dense(
        weight: Tensor(
          shape: [2 * block.width, block.width], values: block.key.weight.values + block.value.weight.values),
        bias: Tensor(
          shape: [2 * block.width],
          values: (block.key.bias?.values ?? zeros) + (block.value.bias?.values ?? zeros))), context)
    query = PackedLinear(block.query, context)
    first = PackedLinear(block.first, activation: .relu, context)
    second = PackedLinear(block.second, context)
  }

  /// The number of pixels that are computed at a time: their memory fits the cache.
  private var pixelCount: Int { max(4, min(64, 1024 / channels)) }

  /// The memory of one worker.
  private struct Scratch {
    let rows: FloatBuffer
    let normalized: FloatBuffer
    let keyValue: FloatBuffer
    let sum: FloatBuffer
    let hidden: FloatBuffer
    let attention: FloatBuffer
    let converted: PackedLinear.Scratch

    init(channels: Int, hidden width: Int, attention count: Int, rowCount: Int) {
      rows = FloatBuffer(count: rowCount * channels)
      normalized = FloatBuffer(count: rowCount * channels)
      keyValue = FloatBuffer(count: rowCount * channels * 2)
      sum = FloatBuffer(count: rowCount * channels)
      hidden = FloatBuffer(count: rowCount * width)
      attention = FloatBuffer(count: count)
      converted = PackedLinear.Scratch(rowCount: rowCount, width: max(channels, width))
    }
  }

  /// Adds the block's branch to its input.
  func callAsFunction(_ x: ClassPlanes, _ workers: Workers) {
    guard pooling > 1 else {
      attend(x, addsInput: true, workers)
      return
    }
    // No published model pools, so pooling runs on the reference operators.
    let operators = ReferenceOperators()
    let pooled = x.planes.indices.map { operators.averagePool(x[$0].tensor, size: pooling) }
    let small = ClassPlanes(
      buffer: FloatBuffer(pooled.flatMap(\.values)), planes: Array(pooled.indices),
      height: x.height / pooling,
      width: x.width / pooling, channels: channels)
    attend(small, addsInput: false, workers)
    workers.run(x.planes.count) { _, position in
      var plane = x[position].tensor
      operators.add(
        operators.resize(
          small[position].tensor, height: x.height, width: x.width, resampling: .alignedCorners), scale: nil,
        to: &plane)
      x.buffer.set(x[position].start, to: plane.values.span)
    }
  }

  /// `y + MLP(norm2(y))` with `y = x + attention(norm1(x))`, in the place of x; plus x where `addsInput`.
  private func attend(_ x: ClassPlanes, addsInput: Bool, _ workers: Workers) {
    let (pixels, size) = (x.height * x.width, pixelCount)
    let sumCount = Kernels.attentionSumCount(channels: channels, heads: heads)
    let rowCount = max(Self.rowCount, size)
    let scratch = workers.scratch(for: (pixels + size - 1) / size) {
      Scratch(channels: channels, hidden: first.outputs, attention: sumCount * size, rowCount: rowCount)
    }
    workers.run((pixels + size - 1) / size) { worker, item in
      let range = item * size..<min((item + 1) * size, pixels)
      attend(x, range, addsInput: addsInput, rowCount: rowCount, scratch[worker])
    }
  }

  private func attend(
    _ x: ClassPlanes, _ pixels: Range<Int>, addsInput: Bool, rowCount: Int, _ scratch: Scratch
  ) {
    let run = pixels.count * channels
    let sumCount = Kernels.attentionSumCount(channels: channels, heads: heads)
    let classes = max(1, rowCount / pixels.count)
    let parts = stride(from: 0, to: x.planes.count, by: classes).map {
      $0..<min($0 + classes, x.planes.count)
    }
    let place = { (position: Int) in x[position].start + pixels.lowerBound * channels }
    let gather = { (part: Range<Int>) in
      for (index, position) in part.enumerated() {
        scratch.rows.copy(to: index * run, from: x.buffer, at: place(position), run)
      }
    }
    /// `output = activation(norm(rows) weightᵀ + bias)`.
    let multiply = {
      (rows: FloatBuffer, count: Int, norm: FusedNorm, product: PackedLinear, output: FloatBuffer) in
      product.normalizeAndConvert(rows, count, norm, into: scratch.normalized, scratch.converted)
      product(
        converted: scratch.converted, scratch.normalized, count,
        into: Kernels.Place(output, stride: product.outputs))
    }
    scratch.attention.clear(0, sumCount * pixels.count)
    for part in parts {
      gather(part)
      multiply(scratch.rows, part.count * pixels.count, norm1, keyValue, scratch.keyValue)
      kernels.gatherAttention(
        scratch.keyValue, tokenCount: part.count, pixelCount: pixels.count, channels: channels, heads: heads,
        into: scratch.attention)
    }
    for part in parts {
      let count = part.count * pixels.count
      // A single part is still in memory.
      if parts.count > 1 { gather(part) }
      multiply(scratch.rows, count, norm1, query, scratch.keyValue)
      kernels.applyAttention(
        scratch.keyValue, tokenCount: part.count, pixelCount: pixels.count, channels: channels, heads: heads,
        sums: scratch.attention, addend: scratch.rows, into: scratch.sum)
      multiply(scratch.sum, count, norm2, first, scratch.hidden)
      if addsInput { kernels.add(scratch.rows, count * channels, to: scratch.sum) }
      second(
        scratch.hidden, count, addend: Kernels.Place(scratch.sum, stride: channels),
        into: Kernels.Place(scratch.rows, stride: channels), scratch.converted)
      for (index, position) in part.enumerated() {
        x.buffer.copy(to: place(position), from: scratch.rows, at: index * run, run)
      }
    }
  }
}
