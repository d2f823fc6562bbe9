// What is in an HDF5 file.

internal import SedgeTensor

/// The directory of a file and its attributes.
struct HDF5Contents: Hashable, Sendable {
  var dataSets: [HDF5DataSet]
  var skipped: [SkippedObject]
  /// Names of tensors that have elements which the file does not, and which read as the fill value.
  var unwritten: [String]
  /// The attributes of groups, by the group's dotted name and theirs.
  var attributes: [String: String]
}
