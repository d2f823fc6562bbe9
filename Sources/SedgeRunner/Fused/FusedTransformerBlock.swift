// A block of CLIP's transformers on the kernels.

import SedgeOperators
import SedgeTensor

/// A pre-norm transformer block with packed weights; computes the same function as ``TransformerBlock``.
struct FusedTransformerBlock {
  private let kernels: Kernels
  private let workers: Workers
  private let attentionNorm: FusedNorm
  private let queryKeyValue: PackedLinear
  private let projection: PackedLinear
  private let mlp: FusedMLP
  private let heads: Int
  private let attentionScale: Float
  private let width: Int

  /// The number of queries of a piece of work: a multiple of the rows of the kernels' tiles.
  private static let queryCount = 156
  /// The number of rows of a piece of causal attention.
  private static let pathCount = 48

  init(_ block: TransformerBlock, _ context: ExecutionContext) {
    (kernels, workers) = (context.kernels, context.workers)
    attentionNorm = FusedNorm(block.attentionNorm, kernels)
    queryKeyValue = PackedLinear(block.queryKeyValue, context)
    projection = PackedLinear(block.projection, context)
    mlp = FusedMLP(
      norm: block.mlpNorm, first: block.first, second: block.second, activation: block.activation, context)
    (heads, attentionScale, width) = (block.heads, block.attentionScale, block.projection.weight.shape[0])
  }

  /// Changes sets of rows in place; the rows of a set attend to each other.
  ///
  /// - Parameter x: sets x length x W.
  func callAsFunction(_ x: FloatBuffer, sets: Int, length: Int, _ pool: BufferPool) {
    let attended = pool.take(sets * length * width)
    defer { pool.give(attended) }
    attend(x, sets: sets, length: length, queries: length, into: attended, pool)
    finish(x, attended, rowCount: sets * length)
  }

  /// The first row of each set alone.
  ///
  /// - Parameter x: sets x length x W, of which the first `sets` rows become the result.
  func firstRows(_ x: FloatBuffer, sets: Int, length: Int, _ pool: BufferPool) {
    let attended = pool.take(sets * width)
    defer { pool.give(attended) }
    attend(x, sets: sets, length: length, queries: 1, into: attended, pool)
    for set in 0..<sets { x.copy(to: set * width, from: x, at: set * length * width, width) }
    finish(x, attended, rowCount: sets)
  }

  /// Changes the rows of a prefix tree in place.
  ///
  /// - Parameters:
  ///   - x: rows x W.
  ///   - paths: For each row the rows that it attends to, itself last.
  func callAsFunction(_ x: FloatBuffer, paths: [[Int32]], _ pool: BufferPool) {
    self(x, paths: paths, only: Array(paths.indices), into: x, pool)
  }

  /// Some rows of a prefix tree.
  ///
  /// - Parameter output: These rows of `x`, one after another; changed in place.
  func callAsFunction(
    _ x: FloatBuffer, paths: [[Int32]], only queries: [Int], into output: FloatBuffer, _ pool: BufferPool
  ) {
    let (rows, attended) = (pool.take(paths.count * 3 * width), pool.take(queries.count * width))
    defer {
      pool.give(rows)
      pool.give(attended)
    }
    project(x, rowCount: paths.count, into: rows)
    let longest = paths.map(\.count).max() ?? 0
    workers.forEachRows(of: queries.count, size: Self.pathCount) { _ in
      FloatBuffer(count: longest)
    } _: { scratch, part in
      for row in part {
        kernels.attend(
          rows, width: width, heads: heads, path: paths[queries[row]], scale: attentionScale,
          scratch: scratch, into: attended, at: row * width)
      }
    }
    finish(output, attended, rowCount: queries.count)
  }

  /// The attention of the first `queries` rows of each set, before the projection: sets x queries x W.
  private func attend(
    _ x: FloatBuffer, sets: Int, length: Int, queries: Int, into output: FloatBuffer, _ pool: BufferPool
  ) {
    let headWidth = width / heads
    let rows = pool.take(sets * length * 3 * width)
    let packedCount = kernels.attentionPackedCount(keyCount: length, headWidth: headWidth)
    let packed = pool.take(sets * heads * packedCount)
    defer {
      pool.give(rows)
      pool.give(packed)
    }
    project(x, rowCount: sets * length, into: rows)
    let head = { @Sendable (item: Int, query: Int) in
      let start = item / heads * length * 3 * width + item % heads * headWidth
      return Kernels.AttentionHead(
        query: Kernels.Place(rows, at: start + query * 3 * width, stride: 3 * width),
        key: Kernels.Place(rows, at: start + width, stride: 3 * width),
        value: Kernels.Place(rows, at: start + 2 * width, stride: 3 * width), keyCount: length,
        width: headWidth, scale: attentionScale)
    }
    workers.run(sets * heads) { _, item in
      kernels.pack(head(item, 0), into: packed, at: item * packedCount)
    }
    let parts = (queries + Self.queryCount - 1) / Self.queryCount
    let scratch = workers.scratch(for: sets * heads * parts) {
      FloatBuffer(count: kernels.attentionScratchCount(keyCount: length, headWidth: headWidth))
    }
    workers.run(sets * heads * parts) { worker, piece in
      let (item, first) = (piece / parts, piece % parts * Self.queryCount)
      kernels.attend(
        head(item, first), rowCount: min(Self.queryCount, queries - first), packed: packed,
        at: item * packedCount, scratch: scratch[worker],
        into: Kernels.Place(
          output, at: (item / heads * queries + first) * width + item % heads * headWidth, stride: width))
    }
  }

  /// Queries, keys and values of each row: rows x 3W.
  private func project(_ x: FloatBuffer, rowCount: Int, into rows: FloatBuffer) {
    workers.forEachRows(of: rowCount, size: mlp.rowCount) {
      (
        normalized: FloatBuffer(count: $0 * width),
        converted: PackedLinear.Scratch(rowCount: $0, width: width)
      )
    } _: { scratch, part in
      queryKeyValue.normalizeAndConvert(
        x, at: part.lowerBound * width, part.count, attentionNorm, into: scratch.normalized,
        scratch.converted)
      queryKeyValue(
        converted: scratch.converted, scratch.normalized, part.count,
        into: Kernels.Place(rows, at: part.lowerBound * 3 * width, stride: 3 * width))
    }
  }

  /// `x + projection(attended)`, then the MLP, in place.
  private func finish(_ x: FloatBuffer, _ attended: FloatBuffer, rowCount: Int) {
    workers.forEachRows(of: rowCount, size: mlp.rowCount) {
      (mlp: mlp.scratch(rowCount: $0), converted: PackedLinear.Scratch(rowCount: $0, width: width))
    } _: { scratch, part in
      let place = Kernels.Place(x, at: part.lowerBound * width, stride: width)
      projection(
        attended, at: part.lowerBound * width, part.count, addend: place, into: place, scratch.converted)
      mlp(x, at: part.lowerBound * width, part.count, addend: place, into: place, scratch.mlp)
    }
  }
}

/// The last block as CAT-Seg has it: each row attends to itself alone, and the residual of all rows of a set is its first row.
struct FusedDenseBlock {
  private let workers: Workers
  private let attentionNorm: FusedNorm
  private let value: PackedLinear
  private let projection: PackedLinear
  private let mlp: FusedMLP
  private let width: Int

  init(_ block: TransformerBlock, _ context: ExecutionContext) {
    workers = context.workers
    attentionNorm = FusedNorm(block.attentionNorm, context.kernels)
    value = PackedLinear(block.value, context)
    projection = PackedLinear(block.projection, context)
    mlp = FusedMLP(
      norm: block.mlpNorm, first: block.first, second: block.second, activation: block.activation, context)
    width = block.projection.weight.shape[0]
  }

  /// Changes sets of rows in place.
  ///
  /// - Parameter x: sets x length x W.
  func callAsFunction(_ x: FloatBuffer, sets: Int, length: Int, _ pool: BufferPool) {
    // The first rows are read until the end.
    let first = pool.take(sets * width)
    defer { pool.give(first) }
    for set in 0..<sets { first.copy(to: set * width, from: x, at: set * length * width, width) }
    for set in 0..<sets {
      workers.forEachRows(of: length, size: mlp.rowCount) {
        (
          mlp: mlp.scratch(rowCount: $0), values: FloatBuffer(count: $0 * width),
          converted: PackedLinear.Scratch(rowCount: $0, width: width)
        )
      } _: { scratch, part in
        let start = (set * length + part.lowerBound) * width
        value.normalizeAndConvert(
          x, at: start, part.count, attentionNorm, into: scratch.mlp.normalized, scratch.converted)
        value(
          converted: scratch.converted, scratch.mlp.normalized, part.count,
          into: Kernels.Place(scratch.values, stride: width))
        let place = Kernels.Place(x, at: start, stride: width)
        projection(
          scratch.values, part.count, addend: Kernels.Place(first, at: set * width, stride: 0), into: place,
          scratch.converted)
        mlp(x, at: start, part.count, addend: place, into: place, scratch.mlp)
      }
    }
  }
}

extension Workers {
  /// Runs parts of about equal size, each of at most `size` rows; the parts do not depend on the number of threads.
  ///
  /// - Parameter makeScratch: Makes the memory of a worker for parts of so many rows.
  func forEachRows<Scratch: Sendable>(
    of count: Int, size: Int, _ makeScratch: (_ rowCount: Int) -> Scratch,
    _ body: @Sendable (_ scratch: Scratch, _ part: Range<Int>) -> Void
  ) {
    let parts = max(
      (count + size - 1) / size, min(Self.leastParts, (count + Self.tileRows - 1) / Self.tileRows))
    let length = ((count + parts - 1) / parts + Self.tileRows - 1) / Self.tileRows * Self.tileRows
    let items = (count + length - 1) / length
    let scratch = self.scratch(for: items) { makeScratch(length) }
    run(items) { worker, item in
      body(scratch[worker], item * length..<min((item + 1) * length, count))
    }
  }

  /// Parts that occupy several threads evenly.
  private static var leastParts: Int { 16 }
  /// A multiple of the rows of the kernels' tiles.
  private static var tileRows: Int { 12 }
}
