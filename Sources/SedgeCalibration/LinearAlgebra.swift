// The C functions of the linear algebra, with bounds checked.

import CSedgeLinearAlgebra
import CSedgeProcessor
import SedgeOperators

/// Rows of numbers in a buffer, at equal distances.
struct Rows<Element: BitwiseCopyable & Sendable> {
  var buffer: Buffer<Element>
  var start = 0
  /// The distance of successive rows, in numbers.
  var stride: Int

  /// Where `count` columns of the rows begin, all of them being in the buffer.
  fileprivate func address(_ rowCount: Int, columns: Range<Int>) -> UnsafeMutablePointer<Element> {
    precondition(rowCount > 0 && stride >= 0)
    return unsafe buffer.address(
      start + columns.lowerBound, (rowCount - 1) * stride + columns.count)
  }
}

/// Rows packed for products.
struct Panels<Element: BitwiseCopyable & Sendable> {
  fileprivate let buffer: Buffer<Element>
  /// Rows.
  let depth: Int
  /// Columns.
  let count: Int

  fileprivate func address(_ columns: Range<Int>) -> UnsafeMutablePointer<Element> {
    unsafe buffer.address(columns.lowerBound * depth, Self.paddedCount(columns.count) * depth)
  }

  /// Memory for rows to be packed.
  init(depth: Int, count: Int) {
    (self.depth, self.count) = (depth, count)
    buffer = Buffer(count: Self.paddedCount(count) * depth)
  }

  /// Whole panels, whatever the set: their width divides 32.
  private static func paddedCount(_ count: Int) -> Int { (count + 31) / 32 * 32 }
}

/// A set of functions for one kind of processor.
///
/// Each number of a result is summed in the order of the rows: results do not depend on threads or tiles.
@safe package struct LinearAlgebra: @unchecked Sendable {
  private let table: UnsafePointer<sedge_linear_algebra>

  /// The sets that this processor can run, best first.
  package static let available = sets(for: sedge_processor_instructions())

  /// The set that fits the chosen kernels of this process.
  package static let best = sets(for: sedge_allowed_instructions())[0]

  private static func sets(for instructions: UInt32) -> [LinearAlgebra] {
    var sets: [LinearAlgebra] = []
    while let table = unsafe sedge_linear_algebra_sets(instructions, sets.count) {
      sets.append(unsafe LinearAlgebra(table: table))
    }
    return sets
  }

  /// `avx512`, `avx2` or `portable`.
  package var name: String { unsafe String(cString: table.pointee.name) }

  /// Side of the squares that products are divided into; a multiple of 32.
  static var tile: Int { 128 }

  /// `0..<count` in tiles.
  static func tiles(_ count: Int) -> [Range<Int>] {
    stride(from: 0, to: count, by: tile).map { $0..<min($0 + tile, count) }
  }

  // MARK: Products

  /// Packs rows.
  func packed(_ rows: Rows<Float>, depth: Int, count: Int, _ workers: Workers) -> Panels<Float> {
    let panels = Panels<Float>(depth: depth, count: count)
    forEachTile(of: count, workers) { columns in
      unsafe table.pointee.pack_floats(
        rows.address(depth, columns: columns), rows.stride, depth, columns.count, nil,
        panels.address(columns))
    }
    return panels
  }

  /// Packs rows, each multiplied with its factor.
  func packed(
    _ rows: Rows<Double>, depth: Int, count: Int, factors: Buffer<Double>? = nil, _ workers: Workers
  ) -> Panels<Double> {
    let panels = Panels<Double>(depth: depth, count: count)
    forEachTile(of: count, workers) { columns in
      unsafe table.pointee.pack_doubles(
        rows.address(depth, columns: columns), rows.stride, depth, columns.count,
        factors?.address(0, depth), panels.address(columns))
    }
    return panels
  }

  /// `sums += aᵀ b`.
  func addProduct(_ a: Panels<Float>, _ b: Panels<Float>, to sums: Rows<Float>, _ workers: Workers) {
    precondition(a.depth == b.depth)
    let (height, width) = (Self.tiles(a.count), Self.tiles(b.count))
    workers.run(height.count * width.count) { _, item in
      let (rows, columns) = (height[item / width.count], width[item % width.count])
      var place = sums
      place.start += rows.lowerBound * sums.stride
      unsafe table.pointee.multiply_floats(
        a.address(rows), b.address(columns), a.depth, rows.count, columns.count, 0,
        place.address(rows.count, columns: columns), sums.stride)
    }
  }

  /// `sums += aᵀ b` in some of the rows and columns; elements below the diagonal may be left out.
  func addProduct(
    _ a: Panels<Float>, _ rows: Range<Int>, _ b: Panels<Float>, _ columns: Range<Int>, upper: Bool,
    to sums: Rows<Double>
  ) {
    precondition(a.depth == b.depth)
    unsafe table.pointee.multiply_floats_widely(
      a.address(rows), b.address(columns), a.depth, rows.count, columns.count, upper ? 1 : 0,
      sums.address(rows.count, columns: 0..<columns.count), sums.stride)
  }

  /// `sums += aᵀ b`, which is symmetric, on and above the diagonal.
  func addUpperProduct(_ a: Panels<Double>, _ b: Panels<Double>, to sums: Rows<Double>, _ workers: Workers) {
    precondition(a.depth == b.depth && a.count == b.count)
    let tiles = Self.tiles(a.count)
    let pairs = tiles.indices.flatMap { i in (i..<tiles.count).map { (i, $0) } }
    workers.run(pairs.count) { _, item in
      let (i, j) = pairs[item]
      var place = sums
      place.start += tiles[i].lowerBound * sums.stride
      unsafe table.pointee.multiply_doubles(
        a.address(tiles[i]), b.address(tiles[j]), a.depth, tiles[i].count, tiles[j].count, i == j ? 1 : 0,
        place.address(tiles[i].count, columns: tiles[j]), sums.stride)
    }
  }

  private func forEachTile(of count: Int, _ workers: Workers, _ body: @Sendable (Range<Int>) -> Void) {
    let tiles = Self.tiles(count)
    workers.run(tiles.count) { _, item in body(tiles[item]) }
  }

  // MARK: Sums of rows

  /// Adds rows to a row, each multiplied with its factor; the factors are a column.
  func combine(
    _ rows: Rows<Float>, _ rowCount: Int, factors: Rows<Float>, count: Int, into output: FloatBuffer,
    at start: Int
  ) {
    guard rowCount > 0, count > 0 else { return }
    unsafe table.pointee.combine_floats(
      rows.address(rowCount, columns: 0..<count), rows.stride, rowCount,
      factors.address(rowCount, columns: 0..<1), factors.stride, count, output.address(start, count))
  }

  /// The same in float64.
  func combine(
    _ rows: Rows<Double>, _ rowCount: Int, factors: Rows<Double>, count: Int, into output: Buffer<Double>,
    at start: Int
  ) {
    guard rowCount > 0, count > 0 else { return }
    unsafe table.pointee.combine_doubles(
      rows.address(rowCount, columns: 0..<count), rows.stride, rowCount,
      factors.address(rowCount, columns: 0..<1), factors.stride, count, output.address(start, count))
  }

  /// Adds `rowCount` rows of `count` values to the sums of their columns, and their squares to those of squares.
  func sumColumns(
    of rows: FloatBuffer, _ rowCount: Int, count: Int, sums: Buffer<Double>, squares: Buffer<Double>? = nil
  ) {
    unsafe table.pointee.sum_columns(
      rows.address(0, rowCount * count), rowCount, count, sums.address(0, count), squares?.address(0, count))
  }

  // MARK: Columns

  /// The columns of a matrix as rows, in a given order.
  func columns(of matrix: [Float], rowCount: Int, order: [Int32]) -> FloatBuffer {
    let count = order.count
    precondition(matrix.count == rowCount * count && order.allSatisfy { (0..<Int32(count)).contains($0) })
    let result = FloatBuffer(count: matrix.count)
    FloatBuffer.lending(matrix) { source in
      unsafe table.pointee.gather_columns(
        source.address(0, rowCount * count), rowCount, count, order, result.address(0, rowCount * count))
    }
    return result
  }

  /// The matrix of columns that were laid out as rows.
  func matrix(of columns: FloatBuffer, rowCount: Int, order: [Int32]) -> [Float] {
    let count = order.count
    precondition(order.allSatisfy { (0..<Int32(count)).contains($0) })
    return FloatBuffer.array(count: rowCount * count) { target in
      unsafe table.pointee.scatter_columns(
        columns.address(0, rowCount * count), rowCount, count, order, target.address(0, rowCount * count))
    }
  }
}
