// A file that grows by whole records and survives the end of the process at any moment.

import SedgePlatform

/// A file to which records are appended; what was appended stays, whatever becomes of the process.
///
/// One process has the file at a time (`flock`).
package final class AppendingFile {
  /// The file as the caller named it.
  package let path: String
  private let descriptor: Int32

  /// Creates a file.
  ///
  /// - Parameter replacing: Whether an existing file is emptied; otherwise it is an error.
  /// - Throws: ``FormatError`` where the file cannot be created or another process has it.
  package init(creating path: String, replacing: Bool) throws(FormatError) {
    descriptor = try Self.open(path, O_CREAT | (replacing ? 0 : O_EXCL))
    self.path = path
    try lock()
    if replacing { try truncate(to: 0) }
  }

  /// Opens an existing file.
  ///
  /// - Throws: ``FormatError`` where the file cannot be opened or another process has it.
  package init(continuing path: String) throws(FormatError) {
    descriptor = try Self.open(path, 0)
    self.path = path
    try lock()
  }

  private static func open(_ path: String, _ flags: Int32) throws(FormatError) -> Int32 {
    let flags = O_WRONLY | O_APPEND | O_NONBLOCK | O_CLOEXEC | flags
    let descriptor = unsafe SedgePlatform.open(path, flags, 0o666)
    guard descriptor >= 0 else { throw FormatError(.cannotWrite(reason: systemErrorText()), path: path) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw FormatError(.notAFile(found: "no regular file"), path: path)
    }
    return descriptor
  }

  /// Takes the file (`flock`); file systems without locks are used without.
  private func lock() throws(FormatError) {
    guard flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK else { return }
    throw FormatError(.cannotWrite(reason: "another process writes it"), path: path)
  }

  deinit { close(descriptor) }

  /// Cuts the file to its first bytes (`ftruncate`).
  package func truncate(to byteCount: Int) throws(FormatError) {
    guard ftruncate(descriptor, off_t(byteCount)) == 0 else {
      throw FormatError(.cannotWrite(reason: systemErrorText()), path: path)
    }
  }

  /// Writes bytes behind the last ones (`write`).
  package func append(_ bytes: [UInt8]) throws(FormatError) {
    var done = 0
    while done < bytes.count {
      let put = unsafe bytes.withUnsafeBytes { buffer in
        unsafe buffer.baseAddress.map { unsafe write(descriptor, $0 + done, buffer.count - done) } ?? 0
      }
      if put >= 0 {
        done += put
      } else if errno != EINTR {
        throw FormatError(.cannotWrite(reason: systemErrorText()), path: path)
      }
    }
  }

  /// Waits until everything is on the disk (`fsync`).
  package func synchronize() throws(FormatError) {
    guard fsync(descriptor) == 0 else {
      throw FormatError(.cannotWrite(reason: systemErrorText()), path: path)
    }
  }
}
