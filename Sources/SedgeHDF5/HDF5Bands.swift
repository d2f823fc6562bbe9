// The parts in which a tensor is read.

internal import SedgeTensor

/// Whole rows of a tensor, as many as are read at once: whole chunks, so that none is decoded twice.
struct HDF5Bands {
  /// Extent of the outermost dimension; 1 for a scalar.
  let rowCount: Int
  let rowByteCount: Int
  /// Rows of every band but the last.
  let rowsOfBand: Int

  /// Bytes of a band, if rows and chunks are not larger: few enough for a processor's cache.
  private static let byteCount = 4 << 20

  /// Divides a tensor that has elements.
  ///
  /// - Parameter chunkRowCount: Extent of the chunks in the outermost dimension; 1 for the layouts that have none.
  init(_ info: TensorInfo, chunkRowCount: Int) {
    rowCount = info.shape.first ?? 1
    rowByteCount = info.byteCount / rowCount
    let rows = max(Self.byteCount / rowByteCount, 1)
    let chunkRowCount = max(chunkRowCount, 1)
    let wholeChunks = max(rows / chunkRowCount, 1).multipliedReportingOverflow(by: chunkRowCount)
    rowsOfBand = wholeChunks.overflow ? rowCount : min(wholeChunks.partialValue, rowCount)
  }

  /// The bands of some rows; all but the first begin where a chunk does.
  func ranges(of rows: Range<Int>) -> [Range<Int>] {
    stride(from: rows.lowerBound / rowsOfBand * rowsOfBand, to: rows.upperBound, by: rowsOfBand).map {
      max($0, rows.lowerBound)..<min($0 + rowsOfBand, rows.upperBound)
    }
  }

  /// Bytes of the largest band.
  var largestByteCount: Int { rowsOfBand * rowByteCount }
}
