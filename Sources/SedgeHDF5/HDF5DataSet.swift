// One data set of an HDF5 file.

internal import SedgeTensor

/// A data set that is a tensor.
struct HDF5DataSet: Hashable, Sendable {
  var info: TensorInfo
  /// The way from the root group, with slashes.
  var location: String
  /// Bytes of memory that reading takes beside those of the tensor.
  var workingByteCount: Int
}
