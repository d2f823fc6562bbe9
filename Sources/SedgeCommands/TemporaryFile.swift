// A file that is gone when nobody needs it any more.

import SedgePlatform
import SedgeTensor

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A path in the folder for temporary files; what is written there is removed with this object, and when the process
/// is interrupted.
final class TemporaryFile {
  /// The path.
  let path: String
  private let unfinished: Int?

  /// Chooses a path that ends with a name and that no other process, in a container or not, can have or foresee.
  init(_ name: String) {
    let file = "sedge-\(UUID().uuidString)-\(name)"
    path = FileManager.default.temporaryDirectory.appendingPathComponent(file).path
    unfinished = UnfinishedFiles.insert(path)
  }

  deinit {
    unsafe unlink(path)
    UnfinishedFiles.remove(unfinished)
  }
}
