// A stretch of a file that holds bytes, as they are or deflated.

internal import SedgeTensor

/// Where a record's bytes are in the file, and how they are stored.
struct StoredBytes: Hashable {
  /// Offset from the start of the file.
  var byteOffset: Int
  /// Bytes in the file.
  var storedByteCount: Int
  /// Bytes that they stand for.
  var byteCount: Int
  /// Whether they are a raw deflate stream (RFC 1951).
  var isDeflated: Bool

  /// Bytes that nothing was done to.
  init(byteOffset: Int, byteCount: Int) {
    self.init(
      byteOffset: byteOffset, storedByteCount: byteCount, byteCount: byteCount, isDeflated: false)
  }

  init(byteOffset: Int, storedByteCount: Int, byteCount: Int, isDeflated: Bool) {
    self.byteOffset = byteOffset
    self.storedByteCount = storedByteCount
    self.byteCount = byteCount
    self.isDeflated = isDeflated
  }

  /// Fills `destination` from `start` on, counted in plain bytes; a stream that is read to its end must end there.
  ///
  /// - Throws: ``FormatError`` where the file has shrunk, or the stream is damaged or of another length.
  func read(
    from file: InputFile, at start: Int, into destination: inout MutableRawSpan
  ) throws(FormatError) {
    precondition(start >= 0 && start <= byteCount - destination.byteCount)
    guard isDeflated else {
      return try file.read(at: byteOffset + start, into: &destination)
    }
    var inflater = try Inflater(of: self, in: file)
    try inflater.skip(start)
    try inflater.fill(&destination)
    if start + destination.byteCount == byteCount { try inflater.finish() }
  }

  /// Some of the plain bytes.
  ///
  /// - Throws: as ``read(from:at:into:)``.
  func bytes(from file: InputFile, in range: Range<Int>) throws(FormatError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: range.count)
    var span = bytes.mutableSpan
    var raw = unsafe span.mutableBytes
    try read(from: file, at: range.lowerBound, into: &raw)
    return bytes
  }
}
