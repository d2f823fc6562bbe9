// A file that an option of a conversion was read from.

import SedgeContainer
package import SedgeTensor

/// A file, or a set of files, beside the sources of a conversion, as it was before it was read.
package struct ConversionInput: Sendable {
  /// The option, such as `templates`.
  package let option: String
  /// The files; one where they are no set.
  package let files: [FileSnapshot]
  /// Whether they are a set, whose names do not matter.
  package let isSet: Bool

  /// Remembers a file.
  ///
  /// - Throws: `FormatError` where it cannot be opened.
  package init(option: String, path: String) throws(FormatError) {
    self.option = option
    files = [try InputFile(path: path).snapshot]
    isSet = false
  }

  /// Remembers a set of files.
  ///
  /// - Throws: `FormatError` where one of them cannot be opened.
  package init(option: String, set paths: [String]) throws(FormatError) {
    self.option = option
    var files: [FileSnapshot] = []
    for path in paths { files.append(try InputFile(path: path).snapshot) }
    self.files = files
    isSet = true
  }

  /// The name of the file, without its folder; `nil` for a set.
  var fileName: String? { isSet ? nil : files.first.map { Conversion.fileName(of: $0.path) } }

  /// The digest of what was read.
  ///
  /// - Throws: `FormatError` where a file cannot be read, or has changed since.
  func record() throws(FormatError) -> ProvenanceRecord.Input {
    var digests: [[UInt8]] = []
    for file in files { digests.append(try sha256(of: file)) }
    return ProvenanceRecord.Input(
      option: option, fileName: fileName, fileCount: isSet ? files.count : nil,
      sha256: isSet ? ProvenanceRecord.Input.sha256(ofSet: digests) : digests[0])
  }
}
