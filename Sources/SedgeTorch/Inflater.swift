// Inflating a stretch of a file, a little at a time.

internal import CZlib
internal import SedgeTensor

/// Owns one zlib stream; being noncopyable, it ends it exactly once.
///
/// The compressed bytes are read in small pieces and the plain ones go where the caller wants them, so that nothing
/// grows with what a file claims.
///
/// Source: RFC 1951.
@safe struct Inflater: ~Copyable {
  private let stream: UnsafeMutablePointer<z_stream>
  private let file: InputFile
  /// What is still to be read from the file.
  private var unread: Range<Int>
  private var input: [UInt8] = []
  private var inputPosition = 0

  private static let pieceByteCount = 1 << 16

  /// Begins at the start of a stream (`inflateInit2`).
  ///
  /// - Throws: ``FormatError`` where zlib has no memory.
  init(of stored: StoredBytes, in file: InputFile) throws(FormatError) {
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    self.file = file
    unread = stored.byteOffset..<stored.byteOffset + stored.storedByteCount
    guard unsafe sedge_inflateInitRaw(stream) == Z_OK else {
      throw FormatError(.cannotRead(reason: "zlib does not start"))
    }
  }

  deinit {
    unsafe inflateEnd(stream)
    unsafe stream.deallocate()
  }

  /// Inflates the next `byteCount` bytes and forgets them.
  mutating func skip(_ byteCount: Int) throws(FormatError) {
    var left = byteCount
    while left > 0 {
      var scratch = [UInt8](repeating: 0, count: min(left, Self.pieceByteCount))
      left -= scratch.count
      var span = scratch.mutableSpan
      var bytes = unsafe span.mutableBytes
      try fill(&bytes)
    }
  }

  /// Inflates as many bytes as `destination` takes.
  ///
  /// - Throws: ``FormatError`` where the stream is damaged or ends before.
  mutating func fill(_ destination: inout MutableRawSpan) throws(FormatError) {
    var done = 0
    while done < destination.byteCount {
      let (progress, status) = try step(&destination, at: done)
      done += progress
      if done < destination.byteCount, status == Z_STREAM_END {
        throw FormatError(.malformed("the deflated record is shorter than it claims"))
      }
    }
  }

  /// The stream must end here, with its last byte in the file.
  ///
  /// - Throws: ``FormatError`` where more follows.
  mutating func finish() throws(FormatError) {
    var scratch: [UInt8] = [0]
    var span = scratch.mutableSpan
    var byte = unsafe span.mutableBytes
    var status = Z_OK
    while status != Z_STREAM_END {
      let progress: Int
      (progress, status) = try step(&byte, at: 0)
      guard progress == 0 else {
        throw FormatError(.malformed("the deflated record is longer than it claims"))
      }
    }
    guard unread.isEmpty, inputPosition == input.count else {
      throw FormatError(.malformed("bytes follow the end of a deflated record"))
    }
  }

  /// One call of `inflate`, which must get on: how many bytes it made, and its status.
  private mutating func step(
    _ destination: inout MutableRawSpan, at start: Int
  ) throws(FormatError) -> (produced: Int, status: Int32) {
    if inputPosition == input.count, !unread.isEmpty {
      input = try file.bytes(at: unread.lowerBound, count: min(unread.count, Self.pieceByteCount))
      unread = unread.lowerBound + input.count..<unread.upperBound
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
        return unsafe inflate(stream, Z_NO_FLUSH)
      }
    }
    let consumed = unsafe available - Int(stream.pointee.avail_in)
    let produced = unsafe room - Int(stream.pointee.avail_out)
    inputPosition += consumed
    switch status {
    case Z_STREAM_END: break
    case Z_OK, Z_BUF_ERROR:
      guard consumed > 0 || produced > 0 || !unread.isEmpty else {
        throw FormatError(.malformed("a deflated record is cut short"))
      }
    default: throw FormatError(.malformed("a deflated record is damaged"))
    }
    return (produced, status)
  }
}
