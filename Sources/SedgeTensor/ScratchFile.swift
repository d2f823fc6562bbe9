// Data on the disk that no name leads to.

import SedgePlatform

/// A file for data that does not fit into memory.
///
/// The file loses its name as soon as it exists (`mkstemp`, `unlink`), so that the system removes it when the process ends, whatever
/// ends it.
package final class ScratchFile {
  /// Bytes written so far.
  package private(set) var byteCount = 0
  private let folder: String
  private let descriptor: Int32

  /// Creates a file.
  ///
  /// - Parameter folder: By default `TMPDIR`, or `/tmp`.
  /// - Throws: ``FormatError`` where the folder cannot be written.
  package init(folder: String? = nil) throws(FormatError) {
    let folder = folder ?? Self.defaultFolder
    var template = Array("\(folder)/sedge-\(getpid())-XXXXXX".utf8CString)
    descriptor = unsafe template.withUnsafeMutableBufferPointer { buffer in
      guard let path = buffer.baseAddress else { return -1 }
      let descriptor = unsafe mkstemp(path)
      if descriptor >= 0 { unsafe unlink(path) }
      return descriptor
    }
    self.folder = folder
    guard descriptor >= 0 else { throw FormatError(.cannotWrite(reason: systemErrorText()), path: folder) }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  }

  private static var defaultFolder: String {
    guard let folder = unsafe getenv("TMPDIR"), unsafe folder.pointee != 0 else { return "/tmp" }
    return unsafe String(cString: folder)
  }

  deinit { close(descriptor) }

  /// Bytes that the file system still has for users (`fstatvfs`); 0 where it does not tell.
  package var freeByteCount: Int {
    var status = statvfs()
    guard unsafe fstatvfs(descriptor, &status) == 0 else { return 0 }
    return Int(
      clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize)).partialValue)
  }

  /// Writes bytes behind the last ones (`pwrite`).
  ///
  /// - Returns: The offset of the first.
  /// - Throws: ``FormatError`` where there is no room; what was written of them is then written over by the next.
  package func append(_ bytes: RawSpan) throws(FormatError) -> Int {
    let (start, count) = (byteCount, bytes.byteCount)
    let isWritten = unsafe bytes.withUnsafeBytes { buffer in
      transfer(count) { done in
        guard let base = buffer.baseAddress else { return 0 }
        return unsafe pwrite(descriptor, base + done, count - done, off_t(start + done))
      }
    }
    guard isWritten else { throw FormatError(.cannotWrite(reason: systemErrorText()), path: folder) }
    byteCount += count
    return start
  }

  /// Reads bytes from an offset (`pread`); trapping beyond ``byteCount``.
  ///
  /// - Throws: ``FormatError`` where the disk fails.
  package func read(at start: Int, into bytes: inout MutableRawSpan) throws(FormatError) {
    let count = bytes.byteCount
    precondition(start >= 0 && start <= byteCount - count)
    let isRead = unsafe bytes.withUnsafeMutableBytes { buffer in
      transfer(count) { done in
        guard let base = buffer.baseAddress else { return 0 }
        return unsafe pread(descriptor, base + done, count - done, off_t(start + done))
      }
    }
    guard isRead else { throw FormatError(.cannotRead(reason: systemErrorText()), path: folder) }
  }

  /// Calls `step` with the bytes that are done until all are.
  private func transfer(_ count: Int, _ step: (_ done: Int) -> Int) -> Bool {
    var done = 0
    while done < count {
      let moved = step(done)
      if moved > 0 {
        done += moved
      } else if moved == 0 || errno != EINTR {
        return false
      }
    }
    return true
  }
}
