// The class aggregation of the decoder on the kernels.

import SedgeOperators
import SedgeTensor

/// Linear attention over classes at every pixel, and an MLP, with packed weights; computes the same function as ``ClassBlock``, without
/// the division by the number of classes.
///
/// The guidance's share of queries and keys is computed once for each class. Classes that are not there are alike at every pixel: they add
/// one constant to the sums of the attention.
struct FusedClassBlock {
  private let kernels: Kernels
  private let norm1: FusedNorm
  private let keyValue: PackedLinear
  private let query: PackedLinear
  private let norm2: FusedNorm
  private let first: PackedLinear
  private let second: PackedLinear
  /// Queries of the guidance, then keys and values, with their biases; `nil` in SED, which has no guidance.
  private let guide: (query: PackedLinear, keyValue: PackedLinear)?
  /// The sums of one class that is not there.
  private let absent: (sums: [Double], classLength: Int)?
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
    let width = block.width
    let zeros = [Float](repeating: 0, count: width)
    let bias = (block.key.bias?.values ?? zeros) + (block.value.bias?.values ?? zeros)
    let guidance = width..<block.query.weight.shape[1]
    keyValue = PackedLinear(
      Dense(
        weight: Tensor(
          shape: [2 * width, width],
          values: block.key.weight.columns(0..<width).values + block.value.weight.values),
        bias: guidance.isEmpty ? Tensor(shape: [2 * width], values: bias) : nil), context)
    query = PackedLinear(
      Dense(
        weight: block.query.weight.columns(0..<width), bias: guidance.isEmpty ? block.query.bias : nil),
      context)
    guide =
      guidance.isEmpty
      ? nil
      : (
        PackedLinear(
          float32: block.query.weight.columns(guidance).values.span, outputs: width,
          bias: block.query.bias?.values,
          context),
        PackedLinear(
          // Values see no guidance.
          float32: (block.key.weight.columns(guidance).values
            + [Float](repeating: 0, count: width * guidance.count)).span, outputs: 2 * width, bias: bias,
          context)
      )
    absent = block.padding.map { (Self.sums(of: $0, block), $0.classLength) }
    first = PackedLinear(block.first, activation: .relu, context)
    second = PackedLinear(block.second, context)
  }

  // MARK: Guidance

  /// What the attention of some classes adds at every pixel.
  struct Terms {
    /// For each class a row of C, and one of 2C, for each of the pixels that are computed at a time.
    fileprivate let query: FloatBuffer
    fileprivate let keyValue: FloatBuffer
    fileprivate let pixelCount: Int
  }

  /// The guidance's shares of queries and keys, with all biases.
  ///
  /// - Parameter guidance: T x A.
  /// - Returns: `nil` where the block has no guidance.
  func terms(guidance: Tensor) -> Terms? {
    guard let guide else { return nil }
    let (classes, rows) = (guidance.shape[0], FloatBuffer(guidance.values))
    let repeated = { (product: PackedLinear) in
      let result = FloatBuffer(count: classes * pixelCount * product.outputs)
      // A class's row, then copies of it.
      product(
        rows, classes, into: Kernels.Place(result, stride: pixelCount * product.outputs),
        PackedLinear.Scratch(rowCount: 0, width: 0))
      for row in 0..<classes * pixelCount where row % pixelCount > 0 {
        result.copy(
          to: row * product.outputs, from: result, at: (row - 1) * product.outputs, product.outputs)
      }
      return result
    }
    return Terms(query: repeated(guide.query), keyValue: repeated(guide.keyValue), pixelCount: pixelCount)
  }

  /// The sums of linear attention over one class that is not there, in float64.
  private static func sums(of padding: ClassBlock.Padding, _ block: ClassBlock) -> [Double] {
    let (operators, width, headWidth) = (ReferenceOperators(), block.width, block.width / block.heads)
    let token = block.norm1(padding.token.reshaped([1, width]), operators)
    let guided = Tensor(
      shape: [1, width + padding.guidance.count], values: token.values + padding.guidance.values)
    let keys = operators.linear(
      guided, weight: block.key.weight, bias: block.key.bias, activation: .identity
    ).values.map { shiftedELU(Double($0)) }
    let values = operators.linear(
      token, weight: block.value.weight, bias: block.value.bias, activation: .identity
    ).values.map(Double.init)
    return keys
      + keys.indices.flatMap { channel in
        let head = channel / headWidth * headWidth
        return values[head..<head + headWidth].map { keys[channel] * $0 }
      }
  }

  // MARK: Block

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
    /// Terms of as many pixels as are left.
    let terms: FloatBuffer
    let converted: PackedLinear.Scratch

    init(channels: Int, hidden width: Int, attention count: Int, rowCount: Int, hasTerms: Bool) {
      rows = FloatBuffer(count: rowCount * channels)
      normalized = FloatBuffer(count: rowCount * channels)
      keyValue = FloatBuffer(count: rowCount * channels * 2)
      sum = FloatBuffer(count: rowCount * channels)
      hidden = FloatBuffer(count: rowCount * width)
      attention = FloatBuffer(count: count)
      terms = FloatBuffer(count: hasTerms ? rowCount * channels * 2 : 0)
      converted = PackedLinear.Scratch(rowCount: rowCount, width: max(channels, width))
    }
  }

  /// Adds the block's branch to its input.
  ///
  /// - Parameter terms: Of these classes, where the block has guidance.
  func callAsFunction(_ x: ClassPlanes, terms: Terms? = nil, _ workers: Workers) {
    precondition((terms == nil) == (guide == nil))
    guard pooling > 1 else {
      attend(x, terms, addsInput: true, workers)
      return
    }
    // No published model pools, so pooling runs on the reference operators.
    let operators = ReferenceOperators()
    let pooled = x.planes.indices.map { operators.averagePool(x[$0].tensor, size: pooling) }
    let small = ClassPlanes(
      buffer: FloatBuffer(pooled.flatMap(\.values)), planes: Array(pooled.indices),
      height: x.height / pooling,
      width: x.width / pooling, channels: channels)
    attend(small, terms, addsInput: false, workers)
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
  private func attend(_ x: ClassPlanes, _ terms: Terms?, addsInput: Bool, _ workers: Workers) {
    let division = workers.division(rows: x.height * x.width, size: pixelCount, grain: 1)
    let sumCount = Kernels.attentionSumCount(channels: channels, heads: heads)
    let rowCount = max(Self.rowCount, division.size)
    let scratch = workers.scratch(for: division.count) {
      Scratch(
        channels: channels, hidden: first.outputs, attention: sumCount * division.size, rowCount: rowCount,
        hasTerms: terms != nil)
    }
    let start = startingSums(beside: x.planes.count)
    workers.run(division) { worker, _, pixels in
      attend(x, pixels, terms, from: start, addsInput: addsInput, rowCount: rowCount, scratch[worker])
    }
  }

  /// The sums at a pixel over the classes that are not there; `nil` for 0.
  private func startingSums(beside classes: Int) -> FloatBuffer? {
    guard let absent, absent.classLength > classes else { return nil }
    let count = Double(absent.classLength - classes)
    return FloatBuffer(absent.sums.map { Float($0 * count) })
  }

  private func attend(
    _ x: ClassPlanes, _ pixels: Range<Int>, _ terms: Terms?, from start: FloatBuffer?, addsInput: Bool,
    rowCount: Int, _ scratch: Scratch
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
    /// `output = activation(addend + norm(rows) weightᵀ + bias)`.
    let multiply = {
      (
        rows: FloatBuffer, count: Int, norm: FusedNorm, product: PackedLinear, addend: Kernels.Place?,
        output: FloatBuffer
      ) in
      product.normalizeAndConvert(rows, count, norm, into: scratch.normalized, scratch.converted)
      product(
        converted: scratch.converted, scratch.normalized, count, addend: addend,
        into: Kernels.Place(output, stride: product.outputs))
    }
    /// The terms of a part's rows, as many pixels of each class as are computed here.
    let addend = { (part: Range<Int>, terms: FloatBuffer, width: Int, pixelCount: Int) in
      guard pixels.count < pixelCount else {
        return Kernels.Place(terms, at: part.lowerBound * pixelCount * width, stride: width)
      }
      for (index, position) in part.enumerated() {
        scratch.terms.copy(
          to: index * pixels.count * width, from: terms, at: position * pixelCount * width,
          pixels.count * width)
      }
      return Kernels.Place(scratch.terms, stride: width)
    }
    for pixel in pixels.indices {
      let place = (pixel - pixels.lowerBound) * sumCount
      if let start {
        scratch.attention.copy(to: place, from: start, at: 0, sumCount)
      } else {
        scratch.attention.clear(place, sumCount)
      }
    }
    for part in parts {
      gather(part)
      multiply(
        scratch.rows, part.count * pixels.count, norm1, keyValue,
        terms.map { addend(part, $0.keyValue, keyValue.outputs, $0.pixelCount) }, scratch.keyValue)
      kernels.gatherAttention(
        scratch.keyValue, tokenCount: part.count, pixelCount: pixels.count, channels: channels, heads: heads,
        into: scratch.attention)
    }
    for part in parts {
      let count = part.count * pixels.count
      // A single part is still in memory.
      if parts.count > 1 { gather(part) }
      multiply(
        scratch.rows, count, norm1, query,
        terms.map { addend(part, $0.query, query.outputs, $0.pixelCount) }, scratch.keyValue)
      kernels.applyAttention(
        scratch.keyValue, tokenCount: part.count, pixelCount: pixels.count, channels: channels, heads: heads,
        sums: scratch.attention, addend: scratch.rows, into: scratch.sum)
      multiply(scratch.sum, count, norm2, first, nil, scratch.hidden)
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
