// Reading a file at offsets, without trusting it.

import SedgePlatform

/// A regular file opened for reading at any offset.
///
/// Nothing is mapped: a file that shrinks under the reader becomes an error and not a signal. Opening never waits,
/// so a named pipe is refused and cannot hang the caller.
package final class InputFile: Sendable {
  /// The file as the caller named it.
  package let path: String
  /// Bytes of the file when it was opened.
  package let byteCount: Int
  /// The file as it was when it was opened.
  package let snapshot: FileSnapshot
  /// The open file, for calls of the system and for a process that reads it in this one's place; closed with this object.
  package let descriptor: Int32

  /// Opens a regular file (`open`, `fstat`).
  ///
  /// - Throws: ``FormatError`` when there is none or it is not a regular file.
  package init(path: String) throws(FormatError) {
    let descriptor = unsafe open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw FormatError(.cannotRead(reason: systemErrorText()), path: path)
    }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      let reason = systemErrorText()
      close(descriptor)
      throw FormatError(.cannotRead(reason: reason), path: path)
    }
    let kind = status.st_mode & S_IFMT
    guard kind == S_IFREG else {
      close(descriptor)
      throw FormatError(.notAFile(found: kind == S_IFDIR ? "a directory" : "no regular file"), path: path)
    }
    self.path = path
    self.byteCount = Int(status.st_size)
    self.descriptor = descriptor
    snapshot = FileSnapshot(path: path, status)
  }

  deinit { close(descriptor) }

  /// Whether there is anything at a path, behind links (`access`).
  package static func exists(at path: String) -> Bool { unsafe access(path, F_OK) == 0 }

  /// Fills `destination` from the bytes at `byteOffset` (`pread`).
  ///
  /// - Throws: ``FormatError`` where the file ends before, or the system reports a fault.
  package func read(at byteOffset: Int, into destination: inout MutableRawSpan) throws(FormatError) {
    let count = destination.byteCount
    let (end, overflow) = byteOffset.addingReportingOverflow(count)
    guard byteOffset >= 0, !overflow, end <= byteCount else {
      throw FormatError(
        .truncated(expectedBytes: overflow ? Int.max : end, actualBytes: byteCount), path: path)
    }
    var done = 0
    var fault: FormatError?
    unsafe destination.withUnsafeMutableBytes { buffer in
      while done < count, let base = buffer.baseAddress {
        let got = unsafe pread(descriptor, base + done, count - done, off_t(byteOffset + done))
        if got > 0 {
          done += got
        } else if got == 0 {
          fault = FormatError(
            .truncated(expectedBytes: end, actualBytes: byteOffset + done), path: path)
          return
        } else if errno != EINTR {
          fault = FormatError(.cannotRead(reason: systemErrorText()), path: path)
          return
        }
      }
    }
    if let fault { throw fault }
  }

  /// The `count` bytes at `byteOffset`, no more of which are held than the file has.
  ///
  /// - Throws: ``FormatError`` where the file ends before, or the system reports a fault.
  package func bytes(at byteOffset: Int, count: Int) throws(FormatError) -> [UInt8] {
    guard count >= 0, byteOffset >= 0, count <= byteCount, byteOffset <= byteCount - count else {
      let (end, overflow) = byteOffset.addingReportingOverflow(count)
      throw FormatError(
        .truncated(expectedBytes: overflow ? Int.max : end, actualBytes: byteCount), path: path)
    }
    var bytes = [UInt8](repeating: 0, count: count)
    var span = bytes.mutableSpan
    var raw = unsafe span.mutableBytes
    try read(at: byteOffset, into: &raw)
    return bytes
  }
}
