// A .sedge file as the checkpoint that it was made from.

package import SedgeContainer
package import SedgeFolding

extension UnfoldedCheckpoint {
  /// A `.sedge` file as the checkpoint that it came from.
  package convenience init(_ file: SedgeFile) throws {
    try self.init(
      file, folds: file.header.folds, preprocessing: file.header.preprocessing, path: file.path)
  }
}
