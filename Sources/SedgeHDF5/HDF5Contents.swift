// What is in an HDF5 file.

package import SedgeTensor

/// The directory of a file and its attributes.
package struct HDF5Contents: Hashable, Sendable {
  package var dataSets: [HDF5DataSet]
  package var skipped: [SkippedObject]
  /// Names of tensors that have elements which the file does not, and which read as the fill value.
  package var unwritten: [String]
  /// The attributes of groups, by the group's dotted name and theirs.
  package var attributes: [String: String]

  /// Collects the contents of a file.
  package init(
    dataSets: [HDF5DataSet], skipped: [SkippedObject], unwritten: [String], attributes: [String: String]
  ) {
    (self.dataSets, self.skipped) = (dataSets, skipped)
    (self.unwritten, self.attributes) = (unwritten, attributes)
  }
}
