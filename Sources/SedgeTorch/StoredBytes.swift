// A stretch of a file that holds bytes, in one of several codings.

internal import SedgeByteCompression
internal import SedgeTensor

/// Where bytes are in the file, and how they are stored.
struct StoredBytes: Hashable {
  /// How the bytes in the file stand for others.
  enum Coding: Hashable {
    /// They are as they are.
    case plain
    /// A raw deflate stream (RFC 1951).
    case deflated
    /// UTF-8 text of which each character is a byte, as Python 3 writes bytes into old protocols.
    case text
    /// Not in the file, but here.
    case memory([UInt8])
  }

  /// Offset from the start of the file.
  var byteOffset: Int
  /// Bytes in the file.
  var storedByteCount: Int
  /// Bytes that they stand for.
  var byteCount: Int
  /// How they are stored.
  var coding: Coding
  /// Of what they stand for, where this part begins; it ends after ``byteCount``.
  private var start = 0

  /// Bytes that nothing was done to.
  init(byteOffset: Int, byteCount: Int) {
    self.init(byteOffset: byteOffset, storedByteCount: byteCount, byteCount: byteCount, coding: .plain)
  }

  init(byteOffset: Int, storedByteCount: Int, byteCount: Int, coding: Coding) {
    self.byteOffset = byteOffset
    self.storedByteCount = storedByteCount
    self.byteCount = byteCount
    self.coding = coding
  }

  /// Bytes in memory.
  init(_ bytes: [UInt8]) {
    self.init(byteOffset: 0, storedByteCount: 0, byteCount: bytes.count, coding: .memory(bytes))
  }

  /// The bytes, where they are in memory.
  var memory: ArraySlice<UInt8>? {
    if case .memory(let bytes) = coding { bytes[start..<start + byteCount] } else { nil }
  }

  var isDeflated: Bool { coding == .deflated }

  /// A part of the bytes.
  func part(_ range: Range<Int>) -> StoredBytes {
    precondition(range.lowerBound >= 0 && range.upperBound <= byteCount)
    var part = self
    if coding == .plain {
      part = StoredBytes(byteOffset: byteOffset + range.lowerBound, byteCount: range.count)
    } else {
      part.start += range.lowerBound
      part.byteCount = range.count
    }
    return part
  }

  /// Fills `destination` from `start` on, counted in plain bytes; a stream that is read to its end must end there.
  ///
  /// - Throws: ``FormatError`` where the file has shrunk, or the stream is damaged or of another length.
  func read(
    from file: InputFile, at start: Int, into destination: inout MutableRawSpan
  ) throws(FormatError) {
    precondition(start >= 0 && start <= byteCount - destination.byteCount)
    switch coding {
    case .plain: try file.read(at: byteOffset + start, into: &destination)
    case .deflated:
      var inflater = try Inflater(
        .deflate, of: ByteCursor(file, byteOffset..<byteOffset + storedByteCount, part: "a deflated record"),
        name: "the deflated record")
      try inflater.skip(self.start + start)
      try inflater.fill(&destination)
      if start + destination.byteCount == byteCount { try inflater.finish() }
    case .text: try readText(from: file, at: self.start + start, into: &destination)
    case .memory(let bytes):
      for i in 0..<destination.byteCount {
        destination.storeBytes(of: bytes[self.start + start + i], toByteOffset: i, as: UInt8.self)
      }
    }
  }

  /// Reads text from its begin on, and keeps the characters from `start` on.
  private func readText(
    from file: InputFile, at start: Int, into destination: inout MutableRawSpan
  ) throws(FormatError) {
    let pieceByteCount = 1 << 18
    var (place, done) = (0, -start)
    var lead: UInt8?
    while done < destination.byteCount {
      guard place < storedByteCount else {
        throw FormatError(.malformed("a text that stands for bytes is shorter than it was"))
      }
      let piece = try file.bytes(at: byteOffset + place, count: min(pieceByteCount, storedByteCount - place))
      place += piece.count
      for byte in piece {
        if lead == nil, byte >= 0x80 {
          lead = byte
          continue
        }
        let value = lead.map { $0 << 6 | byte & 0x3F } ?? byte
        lead = nil
        if done >= 0, done < destination.byteCount {
          destination.storeBytes(of: value, toByteOffset: done, as: UInt8.self)
        }
        done += 1
      }
    }
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
