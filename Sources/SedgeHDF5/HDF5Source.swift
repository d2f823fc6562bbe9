// What reads an HDF5 file for an archive.

internal import SedgeTensor

/// An open HDF5 file, read by libhdf5 in this process or in another one.
protocol HDF5Source: AnyObject, Sendable {
  /// Lists the file; no payload is read.
  ///
  /// - Throws: ``FormatError`` without a path.
  func contents() throws(FormatError) -> HDF5Contents

  /// Reads rows of a data set, the slices of its outermost dimension, row-major and little-endian.
  ///
  /// - Parameters:
  ///   - dataSet: One of ``contents()``.
  ///   - rows: At least one row; `0..<1` of a scalar.
  ///   - buffer: As many bytes as the rows have, more than none.
  /// - Throws: ``FormatError`` without a path.
  func read(
    _ dataSet: HDF5DataSet, rows: Range<Int>, into buffer: UnsafeMutableRawBufferPointer
  ) throws(FormatError)
}
