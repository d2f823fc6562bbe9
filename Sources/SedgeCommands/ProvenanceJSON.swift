// What made a report.

import Sedge
import SedgeContainer
import SedgeOperators

/// The program, its command line, and the files whose digests it has computed in any case.
struct ProvenanceJSON: Encodable {
  struct Input: Encodable {
    /// The option that named the file; `nil` for an argument.
    var option: String?
    var file: String
    /// Of a set of files, its number.
    var files: Int?
    var bytes: Int?
    var sha256: String

    /// A source of a `.sedge` file.
    init(_ source: SedgeHeader.SourceRecord) {
      (file, bytes, sha256) = (source.fileName, source.byteCount, source.sha256.hexadecimalText)
    }

    /// A file, or a set of files, that an option named.
    init(_ input: ProvenanceRecord.Input) {
      (option, files, sha256) = (input.option, input.fileCount, input.sha256.hexadecimalText)
      file = input.fileName ?? ""
    }
  }

  /// The release.
  var version = sedgeVersion
  /// The commit, or `unknown`.
  var commit = sedgeCommit ?? "unknown"
  /// The kernel set of this process; `nil` where `SEDGE_KERNELS` cannot be followed.
  var kernels = try? KernelSet.chosen()
  /// The arguments as they were given, with the name of the program.
  var command = ["sedge"] + Console.current.arguments
  /// Files that were read whole.
  var inputs: [Input]

  /// Describes this process.
  init(inputs: [Input] = []) { self.inputs = inputs }
}

extension SedgeHeader {
  /// The files that a conversion has read whole.
  var inputsJSON: [ProvenanceJSON.Input] {
    sources.map(ProvenanceJSON.Input.init) + (provenance?.inputs ?? []).map(ProvenanceJSON.Input.init)
  }
}
