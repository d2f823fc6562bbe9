// The kind of the model in a file.

package import SedgeArchitecture
import SedgeCheckpoint
import SedgeContainer

extension ModelKind {
  /// The kind of the model in a `.sedge` file or a checkpoint, by its directory alone; `nil` where there is none, or the file cannot be
  /// read.
  package init?(ofFile path: String, options: ArchitectureOptions) {
    if let prefix = try? filePrefix(path: path), SedgeFile.recognizes(prefix) {
      guard let file = try? openSedgeFile(path: path) else { return nil }
      self = file.architecture.kind
      return
    }
    guard let archive = try? openArchive(path: path) else { return nil }
    let options = HyperparameterChoice(archive, options: options).architecture
    guard
      let architecture = Recognition(archive.tensors, options: options, skipped: archive.skipped).architecture
    else { return nil }
    self = architecture.kind
  }
}
