// The spatial aggregation of CAT-Seg on the kernels.

import SedgeOperators
import SedgeTensor

/// Attention in windows and an MLP, with packed weights; computes the same function as ``WindowBlock``.
///
/// A window of a class passes through all layers in one worker's memory. The guidance's share of queries and keys, which is the same for all
/// classes, is computed once. The map is not rolled: a window that the rolling would put together is read in pieces.
struct FusedWindowBlock {
  private let kernels: Kernels
  private let attentionNorm: FusedNorm
  private let queryKeyValue: PackedLinear
  /// Queries and keys of the guidance, with their biases.
  private let guide: PackedLinear
  private let valueBias: [Float]
  private let projection: PackedLinear
  private let mlp: FusedMLP
  private let heads: Int
  private let attentionScale: Float
  private let channels: Int
  private let side: Int
  private let shift: Int

  init(_ block: WindowBlock, _ context: ExecutionContext) {
    kernels = context.kernels
    let channels = block.value.weight.shape[0]
    self.channels = channels
    attentionNorm = FusedNorm(block.attentionNorm, kernels)
    let (query, key) = (block.query.weight, block.key.weight)
    let (features, guidance) = (0..<channels, channels..<query.shape[1])
    queryKeyValue = PackedLinear(
      Dense(
        weight: Tensor(
          shape: [3 * channels, channels],
          values: query.columns(features).values + key.columns(features).values + block.value.weight.values),
        bias: nil), context)
    let zeros = [Float](repeating: 0, count: channels)
    guide = PackedLinear(
      float32: (query.columns(guidance).values + key.columns(guidance).values).span, outputs: 2 * channels,
      bias: (block.query.bias?.values ?? zeros) + (block.key.bias?.values ?? zeros), context)
    valueBias = block.value.bias?.values ?? zeros
    projection = PackedLinear(block.projection, context)
    mlp = FusedMLP(
      norm: block.mlpNorm, first: block.first, second: block.second, activation: .gelu, context)
    (heads, attentionScale, side, shift) = (block.heads, block.attentionScale, block.window, block.shift)
  }

  // MARK: Windows

  /// What the windows of a map have in common for all classes.
  struct Windows {
    /// For each window its pixels, as runs that are adjacent in the map.
    fileprivate let runs: [[Range<Int>]]
    /// For each window its mask; `nil` where nothing is masked.
    fileprivate let masks: [FloatBuffer?]
    /// The shares of queries, keys and values that do not depend on the class: a row of 3C for each pixel, window by window.
    fileprivate let terms: FloatBuffer
    fileprivate let pixelCount: Int
  }

  /// Prepares the windows of an image.
  ///
  /// - Parameter guidance: G x G x A, normalized.
  func windows(guidance: ImagePlace) -> Windows {
    let grid = guidance.width
    let places = WindowBlock.places(grid: grid, window: side, shift: shift)
    let length = side * side
    let runs = stride(from: 0, to: places.count, by: length).map { start in
      places[start..<start + length].reduce(into: [Range<Int>]()) { runs, place in
        if let last = runs.last, last.upperBound == place {
          runs[runs.count - 1] = last.lowerBound..<place + 1
        } else {
          runs.append(place..<place + 1)
        }
      }
    }
    let mask = shift == 0 ? nil : WindowBlock.mask(grid: grid, window: side, shift: shift).values
    let masks = runs.indices.map { index -> FloatBuffer? in
      guard let values = mask?[index * length * length..<(index + 1) * length * length],
        values.contains(where: { $0 != 0 })
      else { return nil }
      return FloatBuffer(Array(values))
    }
    let terms = FloatBuffer(count: places.count * 3 * channels)
    let rows = FloatBuffer(count: places.count * guide.inputs)
    for (row, place) in places.enumerated() {
      rows.copy(
        to: row * guide.inputs, from: guidance.buffer, at: guidance.start + place * guide.inputs, guide.inputs
      )
      terms.set((row * 3 + 2) * channels, to: valueBias.span)
    }
    guide(
      rows, places.count, into: Kernels.Place(terms, stride: 3 * channels),
      PackedLinear.Scratch(rowCount: 0, width: 0))
    return Windows(runs: runs, masks: masks, terms: terms, pixelCount: length)
  }

  // MARK: Block

  /// The memory of one worker.
  private struct Scratch: Sendable {
    let rows: FloatBuffer
    let queryKeyValue: FloatBuffer
    let packed: FloatBuffer
    let scores: FloatBuffer
    let attended: FloatBuffer
    let converted: PackedLinear.Scratch
    let mlp: FusedMLP.Scratch
  }

  private func scratch(rowCount: Int) -> Scratch {
    let headWidth = channels / heads
    return Scratch(
      rows: FloatBuffer(count: rowCount * channels),
      queryKeyValue: FloatBuffer(count: rowCount * 3 * channels),
      packed: FloatBuffer(
        count: kernels.attentionPackedCount(keyCount: rowCount, headWidth: headWidth)),
      scores: FloatBuffer(count: kernels.attentionScratchCount(keyCount: rowCount, headWidth: headWidth)),
      attended: FloatBuffer(count: rowCount * channels),
      converted: PackedLinear.Scratch(rowCount: rowCount, width: channels),
      mlp: mlp.scratch(rowCount: rowCount))
  }

  /// Changes the classes of an image in place.
  func callAsFunction(_ x: ClassPlanes, _ windows: Windows, _ workers: Workers) {
    let count = windows.runs.count
    let scratch = workers.scratch(for: x.planes.count * count) { self.scratch(rowCount: windows.pixelCount) }
    workers.run(x.planes.count * count) { worker, item in
      run(item % count, of: x[item / count], windows, scratch[worker])
    }
  }

  /// One window of one class.
  private func run(_ window: Int, of plane: ImagePlace, _ windows: Windows, _ scratch: Scratch) {
    let (count, width) = (windows.pixelCount, 3 * channels)
    var row = 0
    for run in windows.runs[window] {
      scratch.rows.copy(
        to: row * channels, from: plane.buffer, at: plane.start + run.lowerBound * channels,
        run.count * channels)
      row += run.count
    }
    queryKeyValue.normalizeAndConvert(
      scratch.rows, count, attentionNorm, into: scratch.mlp.normalized, scratch.converted)
    queryKeyValue(
      converted: scratch.converted, scratch.mlp.normalized, count,
      addend: Kernels.Place(windows.terms, at: window * count * width, stride: width),
      into: Kernels.Place(scratch.queryKeyValue, stride: width))
    let headWidth = channels / heads
    for start in stride(from: 0, to: channels, by: headWidth) {
      let head = Kernels.AttentionHead(
        query: Kernels.Place(scratch.queryKeyValue, at: start, stride: width),
        key: Kernels.Place(scratch.queryKeyValue, at: start + channels, stride: width),
        value: Kernels.Place(scratch.queryKeyValue, at: start + 2 * channels, stride: width), keyCount: count,
        width: headWidth, scale: attentionScale,
        mask: windows.masks[window].map { Kernels.Place($0, stride: count) })
      kernels.pack(head, into: scratch.packed)
      kernels.attend(
        head, rowCount: count, packed: scratch.packed, scratch: scratch.scores,
        into: Kernels.Place(scratch.attended, at: start, stride: channels))
    }
    let place = Kernels.Place(scratch.rows, stride: channels)
    projection(scratch.attended, count, addend: place, into: place, scratch.converted)
    mlp(scratch.rows, count, addend: place, into: place, scratch.mlp)
    row = 0
    for run in windows.runs[window] {
      plane.buffer.copy(
        to: plane.start + run.lowerBound * channels, from: scratch.rows, at: row * channels,
        run.count * channels)
      row += run.count
    }
  }
}
