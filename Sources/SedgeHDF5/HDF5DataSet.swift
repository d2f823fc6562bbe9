// One data set of an HDF5 file.

internal import SedgeTensor

/// A data set that is a tensor.
struct HDF5DataSet: Sendable {
  var info: TensorInfo
  /// The way from the root group, with slashes.
  var location: String
}
