// Bytes in memory under a path.

import CSedge
import SedgePlatform
import SedgeTensor

/// A file without a name in any folder, which exists while this object does.
final class MemoryFile {
  private let descriptor: Int32
  /// The path, of this process only.
  let path: String

  /// Copies bytes (`memfd_create`, or a temporary file that is removed at once).
  ///
  /// - Throws: `FormatError` where there is no room.
  init(_ bytes: UnsafeRawBufferPointer) throws(FormatError) {
    descriptor = open_memory_file()
    path = "/dev/fd/\(descriptor)"
    guard descriptor >= 0 else {
      throw FormatError(.cannotRead(reason: systemErrorText()), path: "the model in memory")
    }
    var rest = bytes[...]
    while !rest.isEmpty {
      let part = UnsafeRawBufferPointer(rebasing: rest)
      let count = write(descriptor, part.baseAddress, part.count)
      guard count > 0 else {
        let reason = systemErrorText()
        close(descriptor)
        throw FormatError(.cannotRead(reason: reason), path: "the model in memory")
      }
      rest = rest.dropFirst(count)
    }
  }

  deinit { close(descriptor) }
}
