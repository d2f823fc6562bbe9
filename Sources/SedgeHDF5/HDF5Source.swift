// What reads an HDF5 file for an archive.

internal import SedgeTensor

/// An open HDF5 file, read by libhdf5 in this process or in another one.
protocol HDF5Source: AnyObject, Sendable {
  /// Lists the file; no payload is read.
  ///
  /// - Throws: ``FormatError`` without a path.
  func contents() throws(FormatError) -> HDF5Contents

  /// Reads all elements of a data set, row-major and little-endian.
  ///
  /// - Parameters:
  ///   - dataSet: One of ``contents()``.
  ///   - buffer: As many bytes as the tensor has, more than none.
  /// - Throws: ``FormatError`` without a path.
  func read(_ dataSet: HDF5DataSet, into buffer: UnsafeMutableRawBufferPointer) throws(FormatError)
}
