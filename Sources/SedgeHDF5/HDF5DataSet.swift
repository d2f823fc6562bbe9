// One data set of an HDF5 file.

package import SedgeTensor

/// A data set that is a tensor.
package struct HDF5DataSet: Hashable, Sendable {
  package var info: TensorInfo
  /// The way from the root group, with slashes.
  package var location: String
  /// Bytes of memory that reading takes beside those of the tensor.
  package var workingByteCount: Int

  /// Describes a data set.
  package init(info: TensorInfo, location: String, workingByteCount: Int) {
    self.info = info
    self.location = location
    self.workingByteCount = workingByteCount
  }
}
