// Writing a file that appears whole or not at all.

import SedgePlatform

/// A file being written under a temporary name in its folder; ``commit()`` gives it its own name.
///
/// Without ``commit()`` the path keeps what it had before.
package final class OutputFile {
  /// The path of the finished file.
  package let path: String
  /// Bytes written so far by ``append(_:)``.
  package private(set) var byteCount = 0
  private let temporaryPath: String
  private var descriptor: Int32
  private let unfinished: Int?

  /// Creates a temporary file in the folder of `path` (`open` with `O_EXCL`).
  ///
  /// - Throws: ``FormatError`` when the folder does not exist or cannot be written, or `path` is a directory.
  package init(path: String) throws(FormatError) {
    var status = stat()
    if unsafe stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      let found = status.st_mode & S_IFMT == S_IFDIR ? "a directory" : "no regular file"
      throw FormatError(.notAFile(found: found), path: path)
    }
    let temporaryPath = "\(path).\(getpid()).partial"
    let descriptor = unsafe open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw FormatError(.cannotWrite(reason: systemErrorText()), path: path)
    }
    self.path = path
    self.temporaryPath = temporaryPath
    self.descriptor = descriptor
    self.unfinished = UnfinishedFiles.insert(temporaryPath)
  }

  deinit {
    if descriptor >= 0 {
      close(descriptor)
      unsafe unlink(temporaryPath)
    }
    UnfinishedFiles.remove(unfinished)
  }

  /// Writes bytes behind those written so far.
  package func append(_ bytes: RawSpan) throws(FormatError) {
    try write(bytes, at: byteCount)
    byteCount += bytes.byteCount
  }

  /// Writes zeros until ``byteCount`` is a multiple of `alignment`.
  package func pad(to alignment: Int) throws(FormatError) {
    let missing = (alignment - byteCount % alignment) % alignment
    try unsafe append([UInt8](repeating: 0, count: missing).span.bytes)
  }

  /// Writes over bytes at an offset (`pwrite`).
  package func write(_ bytes: RawSpan, at byteOffset: Int) throws(FormatError) {
    var done = 0
    var reason: String?
    unsafe bytes.withUnsafeBytes { buffer in
      while done < buffer.count, let base = buffer.baseAddress {
        let put = unsafe pwrite(descriptor, base + done, buffer.count - done, off_t(byteOffset + done))
        if put >= 0 {
          done += put
        } else if errno != EINTR {
          reason = systemErrorText()
          return
        }
      }
    }
    if let reason { throw FormatError(.cannotWrite(reason: reason), path: path) }
  }

  /// Flushes the bytes to the disk and renames the file (`fsync`, `rename`).
  package func commit() throws(FormatError) {
    guard fsync(descriptor) == 0, unsafe rename(temporaryPath, path) == 0 else {
      throw FormatError(.cannotWrite(reason: systemErrorText()), path: path)
    }
    UnfinishedFiles.remove(unfinished)
    close(descriptor)
    descriptor = -1
  }

  /// Writes a whole file at once.
  package static func write(_ bytes: RawSpan, to path: String) throws(FormatError) {
    let file = try OutputFile(path: path)
    try file.append(bytes)
    try file.commit()
  }
}
