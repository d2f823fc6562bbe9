// Writing a file that appears whole or not at all.

import SedgePlatform

/// A file being written under a temporary name in its folder; ``commit()`` gives it its own name.
///
/// Without ``commit()`` the path keeps what it had before. The temporary file is `.NAME.sedge-partial`; it is locked, so that
/// one which a killed process left is told from one that is being written, and removed by the next that writes the output.
package final class OutputFile {
  /// The path of the finished file.
  package let path: String
  /// Bytes written so far by ``append(_:)``.
  package private(set) var byteCount = 0
  private let place: OutputPlace
  private var descriptor: Int32
  private let unfinished: Int?

  /// Creates a temporary file in the folder of `path`.
  ///
  /// A symbolic link at `path` is followed.
  ///
  /// - Throws: ``FormatError`` when the folder does not exist or cannot be written, `path` is a directory or a link to nothing,
  ///   or another process is writing the file.
  package init(path: String) throws(FormatError) {
    let place = try OutputPlace(path: path)
    descriptor = try FormatError.locating(path: path) { () throws(FormatError) in
      try place.createTemporaryFile()
    }
    self.path = path
    self.place = place
    unfinished = UnfinishedFiles.insert(place.temporaryName, in: place.folder)
  }

  deinit {
    // A file that was finished is forgotten already; its slot may be another's by now.
    guard descriptor >= 0 else { return }
    unsafe unlinkat(place.folder, place.temporaryName, 0)
    UnfinishedFiles.remove(unfinished)
    close(descriptor)
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
        if put > 0 {
          done += put
        } else if put == 0 {
          reason = "the system takes no more bytes"
          return
        } else if errno != EINTR {
          reason = systemErrorText()
          return
        }
      }
    }
    if let reason { throw FormatError(.cannotWrite(reason: reason), path: path) }
  }

  /// Reads what was written so far, piece by piece (`pread`).
  package func forEachPiece(_ body: (_ bytes: [UInt8]) -> Void) throws(FormatError) {
    var offset = 0
    while offset < byteCount {
      var piece = [UInt8](repeating: 0, count: min(1 << 22, byteCount - offset))
      let count = unsafe piece.withUnsafeMutableBytes { buffer in
        unsafe pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        let reason = count == 0 ? "it is shorter than what was written" : systemErrorText()
        throw FormatError(
          .cannotWrite(reason: "what was written cannot be read again: \(reason)"), path: path)
      }
      piece.removeLast(piece.count - count)
      body(piece)
      offset += count
    }
  }

  /// Flushes the bytes to the disk and renames the file (`fsync`, `renameat`).
  ///
  /// - Throws: ``FormatError``; the path has what it had before, unless the error says otherwise.
  package func commit() throws(FormatError) {
    while fsync(descriptor) != 0 {
      guard errno == EINTR else { throw FormatError(.cannotWrite(reason: systemErrorText()), path: path) }
    }
    try FormatError.locating(path: path) { () throws(FormatError) in
      try place.rename()
      UnfinishedFiles.remove(unfinished)
      close(descriptor)
      descriptor = -1
      try place.flush()
    }
  }

  /// Writes a whole file at once.
  package static func write(_ bytes: RawSpan, to path: String) throws(FormatError) {
    let file = try OutputFile(path: path)
    try file.append(bytes)
    try file.commit()
  }
}
