// Sums of the outer products of vectors.

package import SedgeOperators

/// The sum of `x xᵀ` over vectors x, on and above the diagonal, and that of x.
///
/// Products of at most ``depth`` vectors are summed in float32, such sums in float64, in the order of arrival: the
/// result does not depend on the number of threads.
package final class MomentSums {
  /// Components of a vector.
  package let width: Int
  /// The number of vectors.
  package private(set) var count = 0
  private let sums: Buffer<Double>
  private let products: Buffer<Double>
  private let tiles: [Tile]
  private let algebra: LinearAlgebra

  /// Vectors whose products are summed in float32.
  static let depth = 256

  /// A tile of the products, cut at the matrix's edge.
  private struct Tile {
    var rows: Range<Int>
    var columns: Range<Int>
    /// The index of its first product.
    var start: Int
  }

  /// Starts with sums of 0.
  package init(width: Int, algebra: LinearAlgebra = .best) {
    self.width = width
    self.algebra = algebra
    (sums, products) = (Buffer(count: width), Buffer(count: Self.productCount(width)))
    sums.clear(0, sums.count)
    products.clear(0, products.count)
    var start = 0
    let ranges = LinearAlgebra.tiles(width)
    var tiles: [Tile] = []
    for (i, rows) in ranges.enumerated() {
      for columns in ranges[i...] {
        tiles.append(Tile(rows: rows, columns: columns, start: start))
        start += rows.count * columns.count
      }
    }
    self.tiles = tiles
  }

  /// Bytes of the sums.
  static func byteCount(width: Int) -> Int { (productCount(width) + width) * MemoryLayout<Double>.stride }

  private static func productCount(_ width: Int) -> Int {
    let ranges = LinearAlgebra.tiles(width)
    return ranges.reduce(0) { $0 + $1.count * (width - $1.lowerBound) }
  }

  /// Adds contiguous vectors.
  package func add(_ vectors: FloatBuffer, count vectorCount: Int, _ workers: Workers) {
    guard vectorCount > 0 else { return }
    algebra.sumColumns(of: vectors, vectorCount, count: width, sums: sums)
    for start in stride(from: 0, to: vectorCount, by: Self.depth) {
      let rows = Rows(buffer: vectors, start: start * width, stride: width)
      let depth = min(Self.depth, vectorCount - start)
      let panels = algebra.packed(rows, depth: depth, count: width, workers)
      workers.run(tiles.count) { [algebra, tiles, products] _, item in
        let tile = tiles[item]
        algebra.addProduct(
          panels, tile.rows, panels, tile.columns, upper: tile.rows == tile.columns,
          to: Rows(buffer: products, start: tile.start, stride: tile.columns.count))
      }
    }
    count += vectorCount
  }

  /// The mean of the vectors; zeros where there were none.
  package var mean: [Float] { sums.values.map { Float($0 / Double(max(count, 1))) } }

  /// The mean of `x xᵀ`, width x width; zeros where there were no vectors.
  package func secondMoment(_ workers: Workers) -> [Float] {
    let divisor = Double(max(count, 1))
    return FloatBuffer.array(count: width * width) { target in
      workers.run(tiles.count) { [tiles, products, width] _, item in
        let (rows, columns) = (tiles[item].rows, tiles[item].columns)
        var values = products.values(tiles[item].start, rows.count * columns.count).map {
          Float($0 / divisor)
        }
        if rows == columns { Self.mirror(&values, side: rows.count) }
        for (i, row) in rows.enumerated() {
          let part = i * columns.count..<(i + 1) * columns.count
          target.set(row * width + columns.lowerBound, to: values.span.extracting(part))
        }
        guard rows != columns else { return }
        for (j, column) in columns.enumerated() {
          let mirrored = rows.indices.map { values[($0 - rows.lowerBound) * columns.count + j] }
          target.set(column * width + rows.lowerBound, to: mirrored.span)
        }
      }
    }
  }

  /// Copies the elements above the diagonal below it.
  private static func mirror(_ square: inout [Float], side: Int) {
    for i in 0..<side {
      for j in 0..<i { square[i * side + j] = square[j * side + i] }
    }
  }

  /// The sum over all i and j of `factors[i][j]` times the sum of `x[i] x[j]`; factors are width x width, symmetric.
  func weightedSum(_ factors: [Float], _ workers: Workers) -> Double {
    precondition(factors.count == width * width)
    let parts = Buffer([Double](repeating: 0, count: tiles.count))
    workers.run(tiles.count) { [tiles, products, width] _, item in
      let (rows, columns) = (tiles[item].rows, tiles[item].columns)
      let values = products.values(tiles[item].start, rows.count * columns.count)
      var sum = 0.0
      for (i, row) in rows.enumerated() {
        for column in max(row, columns.lowerBound)..<columns.upperBound {
          let value = values[i * columns.count + column - columns.lowerBound]
          sum += (row == column ? 1 : 2) * Double(factors[row * width + column]) * value
        }
      }
      parts[item] = sum
    }
    return parts.values.reduce(0, +)
  }
}
