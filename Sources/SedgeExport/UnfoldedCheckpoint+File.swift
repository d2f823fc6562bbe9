// Unfolding of a .sedge file.

package import SedgeContainer
package import SedgeFolding

extension UnfoldedCheckpoint {
  /// Unfolds a `.sedge` file to the names of its source.
  package convenience init(_ file: SedgeFile) throws {
    try self.init(
      file, folds: file.header.folds, preprocessing: file.header.preprocessing, path: file.path)
  }
}
