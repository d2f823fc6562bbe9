// Which bytes a path led to at one moment.

import SedgePlatform

/// A file as it was when it was opened: its path, which file that was, its size, and when it was last written.
///
/// Results that are read in several steps, or by path again, are of one file as long as its snapshot holds.
package struct FileSnapshot: Hashable, Sendable {
  /// The file as the caller named it.
  package let path: String
  /// Bytes of the file.
  package let byteCount: Int
  private let device: UInt64
  private let number: UInt64
  private let seconds: Int
  private let nanoseconds: Int

  /// A snapshot from what the system tells of an open file (`fstat`).
  init(path: String, _ status: stat) {
    self.path = path
    byteCount = Int(status.st_size)
    device = UInt64(truncatingIfNeeded: status.st_dev)
    number = UInt64(truncatingIfNeeded: status.st_ino)
    (seconds, nanoseconds) = (Int(status.lastWritten.tv_sec), Int(status.lastWritten.tv_nsec))
  }

  /// Makes sure that the path still leads to the same file, with the same size and time of the last write (`stat`).
  ///
  /// - Throws: ``FormatError`` where it does not.
  package func requireUnchanged() throws(FormatError) {
    var status = stat()
    guard unsafe stat(path, &status) == 0, FileSnapshot(path: path, status) == self else {
      throw FormatError(.changedWhileRead, path: path)
    }
  }

  /// Opens the same file again.
  ///
  /// - Throws: ``FormatError`` where it cannot be opened or has changed.
  package func open() throws(FormatError) -> InputFile {
    let file = try InputFile(path: path)
    guard file.snapshot == self else { throw FormatError(.changedWhileRead, path: path) }
    return file
  }
}
