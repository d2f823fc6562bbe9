// The program and the files that a file was made with.

internal import SedgeTensor

/// What made a file, beside its sources and options; running a model needs none of it.
package struct ProvenanceRecord: Hashable, Sendable {
  /// The commit of the program, with `-dirty` where its source was changed; `nil` where it is not known.
  package var commit: String?
  /// The kernel set that chose codes or measured quality; `nil` where none did.
  package var kernels: String?
  /// The files that options named, sources apart.
  package var inputs: [Input]

  /// A file, or a set of files, that an option named.
  package struct Input: Hashable, Sendable {
    /// The option, such as `templates`.
    package var option: String
    /// The name of the file, without its folder; `nil` for a set.
    package var fileName: String?
    /// The number of files of a set; `nil` for a single file.
    package var fileCount: Int?
    /// The SHA-256 of a file's bytes; of a set, see ``sha256(ofSet:)``.
    package var sha256: [UInt8]

    /// Collects the fields.
    package init(option: String, fileName: String?, fileCount: Int?, sha256: [UInt8]) {
      self.option = option
      self.fileName = fileName
      self.fileCount = fileCount
      self.sha256 = sha256
    }

    /// The digest of a set of files, whatever their names: the SHA-256 of their hexadecimal SHA-256, in ascending order, with a line
    /// feed behind each.
    ///
    /// `sha256sum FILES | cut -c 1-64 | LC_ALL=C sort | sha256sum` prints the same.
    package static func sha256(ofSet digests: [[UInt8]]) -> [UInt8] {
      SedgeContainer.sha256(
        of: digests.map(\.hexadecimalText).sorted().flatMap { Array($0.utf8) + [UInt8(ascii: "\n")] })
    }
  }

  /// Collects the fields.
  package init(commit: String?, kernels: String?, inputs: [Input] = []) {
    self.commit = commit
    self.kernels = kernels
    self.inputs = inputs
  }
}
