// Inflating a range of bytes, piece by piece.

internal import CZlib
package import SedgeTensor

/// Owns one zlib stream; being noncopyable, it ends it exactly once.
///
/// Compressed bytes are read in small pieces and plain bytes go where the caller wants them: no memory is taken for what a
/// file claims.
///
/// Source: RFC 1950 to 1952.
@safe package struct Inflater: ~Copyable {
  /// What is around the deflated bytes.
  package enum Format: Int32 {
    /// Nothing (RFC 1951).
    case deflate = -15
    /// A header and an Adler-32 checksum (RFC 1950).
    case zlib = 15
    /// A header, a checksum and a length (RFC 1952).
    case gzip = 31
  }

  private let stream: UnsafeMutablePointer<z_stream>
  private var unread: ByteCursor
  /// The stream, for errors, such as `the gzip stream`.
  private let name: String
  private var input: [UInt8] = []
  private var inputPosition = 0

  private static let pieceByteCount = 1 << 16

  /// Starts at the first byte of a stream (`inflateInit2`).
  ///
  /// - Parameters:
  ///   - input: The compressed bytes; the stream must end at their end.
  ///   - name: The stream, for errors, such as `the gzip stream`.
  /// - Throws: ``FormatError`` where zlib has no memory.
  package init(_ format: Format, of input: ByteCursor, name: String) throws(FormatError) {
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    unread = input
    self.name = name
    guard unsafe sedge_inflateInit(stream, format.rawValue) == Z_OK else {
      throw FormatError(.cannotRead(reason: "zlib does not start"))
    }
  }

  deinit {
    unsafe inflateEnd(stream)
    unsafe stream.deallocate()
  }

  /// All plain bytes of a stream.
  ///
  /// - Parameter ignoresTrailingBytes: Whether other bytes may follow the stream.
  /// - Throws: ``FormatError`` where the stream is damaged, cut short, followed by other bytes, or longer than `limit`.
  package static func inflate(
    _ bytes: [UInt8], as format: Format, name: String, limit: Int, ignoresTrailingBytes: Bool = false
  ) throws(FormatError) -> [UInt8] {
    var inflater = try Inflater(format, of: ByteCursor(bytes, part: name), name: name)
    var plain: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: pieceByteCount)
    var status = Z_OK
    while status != Z_STREAM_END {
      var span = piece.mutableSpan
      var destination = unsafe span.mutableBytes
      let count: Int
      (count, status) = try inflater.step(&destination, at: 0)
      plain += piece[..<count]
      guard plain.count <= limit else {
        throw FormatError(.malformed("\(name) holds more than \(limit) bytes"))
      }
    }
    if !ignoresTrailingBytes { try inflater.checkEnd() }
    return plain
  }

  /// Inflates the next `byteCount` bytes and drops them.
  package mutating func skip(_ byteCount: Int) throws(FormatError) {
    var remaining = byteCount
    while remaining > 0 {
      var scratch = [UInt8](repeating: 0, count: min(remaining, Self.pieceByteCount))
      remaining -= scratch.count
      var span = scratch.mutableSpan
      var bytes = unsafe span.mutableBytes
      try fill(&bytes)
    }
  }

  /// Inflates as many bytes as `destination` takes.
  ///
  /// - Throws: ``FormatError`` where the stream is damaged or ends before.
  package mutating func fill(_ destination: inout MutableRawSpan) throws(FormatError) {
    var done = 0
    while done < destination.byteCount {
      let (progress, status) = try step(&destination, at: done)
      done += progress
      if done < destination.byteCount, status == Z_STREAM_END {
        throw FormatError(.malformed("\(name) is shorter than it claims"))
      }
    }
  }

  /// Checks that the stream ends here, with the last compressed byte.
  ///
  /// - Throws: ``FormatError`` where more follows.
  package mutating func finish() throws(FormatError) {
    var scratch: [UInt8] = [0]
    var span = scratch.mutableSpan
    var byte = unsafe span.mutableBytes
    var status = Z_OK
    while status != Z_STREAM_END {
      let progress: Int
      (progress, status) = try step(&byte, at: 0)
      guard progress == 0 else { throw FormatError(.malformed("\(name) is longer than it claims")) }
    }
    try checkEnd()
  }

  private func checkEnd() throws(FormatError) {
    let count = unread.remaining + input.count - inputPosition
    guard count == 0 else { throw FormatError(.malformed("\(count) bytes follow the end of \(name)")) }
  }

  /// Calls `inflate` once, which must make progress: how many bytes it made, and its status.
  private mutating func step(
    _ destination: inout MutableRawSpan, at start: Int
  ) throws(FormatError) -> (produced: Int, status: Int32) {
    if inputPosition == input.count, !unread.isAtEnd {
      input = Array(try unread.bytes(min(unread.remaining, Self.pieceByteCount)))
      inputPosition = 0
    }
    let stream = unsafe stream
    let available = input.count - inputPosition
    let room = min(destination.byteCount - start, 1 << 30)
    let position = inputPosition
    let status = unsafe input.withUnsafeMutableBufferPointer { input in
      unsafe destination.withUnsafeMutableBytes { output in
        unsafe stream.pointee.next_in = input.baseAddress.map { unsafe $0 + position }
        unsafe stream.pointee.avail_in = UInt32(available)
        unsafe stream.pointee.next_out = output.baseAddress.map {
          unsafe $0.assumingMemoryBound(to: UInt8.self) + start
        }
        unsafe stream.pointee.avail_out = UInt32(room)
        return unsafe CZlib.inflate(stream, Z_NO_FLUSH)
      }
    }
    let consumed = unsafe available - Int(stream.pointee.avail_in)
    let produced = unsafe room - Int(stream.pointee.avail_out)
    inputPosition += consumed
    switch status {
    case Z_STREAM_END: break
    case Z_OK, Z_BUF_ERROR:
      guard consumed > 0 || produced > 0 || !unread.isAtEnd else {
        throw FormatError(.malformed("\(name) is cut short"))
      }
    default: throw FormatError(.malformed("\(name) is damaged"))
    }
    return (produced, status)
  }
}
