// The lines of a file, read piece by piece.

import SedgeTensor

/// The lines of a file, one after another.
struct LineReader {
  private let file: InputFile
  private let maximumByteCount: Int
  private var buffer: [UInt8] = []
  private var start = 0
  private var byteOffset = 0

  init(_ file: InputFile, maximumByteCount: Int) {
    (self.file, self.maximumByteCount) = (file, maximumByteCount)
  }

  /// The next line without its line break, its place, and the place behind it; the last line may lack its break.
  mutating func next() throws(FormatError) -> (bytes: [UInt8], byteOffset: Int, endByteOffset: Int)? {
    var searched = start
    while true {
      if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        let line = (Array(buffer[start..<end]), byteOffset, byteOffset + end + 1 - start)
        byteOffset = line.2
        start = end + 1
        return line
      }
      buffer.removeFirst(start)
      start = 0
      searched = buffer.count
      let readCount = byteOffset + buffer.count
      guard buffer.count <= maximumByteCount else {
        throw FormatError(.malformed("a row is too long"), path: file.path, byteOffset: byteOffset)
      }
      let count = min(1 << 18, file.byteCount - readCount)
      guard count > 0 else {
        guard !buffer.isEmpty else { return nil }
        // A line without its break is not whole, whatever its checksum: cut off, not written.
        let line = (buffer + [0], byteOffset, file.byteCount)
        byteOffset = file.byteCount
        buffer = []
        return line
      }
      buffer += try file.bytes(at: readCount, count: count)
    }
  }
}
