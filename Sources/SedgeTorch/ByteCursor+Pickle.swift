// What pickles hold: lines, and bytes that are located and not read.

internal import SedgeTensor

extension ByteCursor {
  /// A cursor on a pickle that fills a range of a file.
  init(pickle range: Range<Int>, of file: InputFile) { self.init(file, range, part: "the pickle") }

  /// A cursor on a pickle in memory, whose bytes are in no file as they are.
  init(pickle bytes: [UInt8]) { self.init(bytes, part: "the pickle") }

  /// Passes over `count` bytes; where they are, or the bytes themselves where they are in memory.
  mutating func storedBytes(_ count: Int) throws(FormatError) -> StoredBytes {
    if isInMemory { return StoredBytes(Array(try bytes(count))) }
    return StoredBytes(byteOffset: try skip(count).lowerBound, byteCount: count)
  }

  /// Passes over `count` bytes of UTF-8 text; where the bytes are that its characters stand for.
  ///
  /// - Returns: `nil` where a character is beyond 255.
  mutating func storedText(_ count: Int) throws(FormatError) -> StoredBytes? {
    var text = try cursor(count, part: "the text")
    var copy = text
    let pieceByteCount = 1 << 16
    var characterCount = 0
    var isLatin = true
    var follows = false
    while !text.isAtEnd {
      for byte in try text.bytes(min(pieceByteCount, text.remaining)) {
        if follows {
          isLatin = isLatin && byte & 0xC0 == 0x80
          follows = false
        } else {
          follows = byte >= 0x80
          isLatin = isLatin && (byte < 0x80 || byte == 0xC2 || byte == 0xC3)
          characterCount += 1
        }
      }
    }
    guard isLatin, !follows else { return nil }
    if isInMemory {
      return String(decoding: try copy.bytes(count), as: UTF8.self).latin1.map { StoredBytes($0) }
    }
    return StoredBytes(
      byteOffset: copy.byteOffset, storedByteCount: count, byteCount: characterCount, coding: .text)
  }

  /// Reads the bytes up to the next newline, and the newline.
  mutating func line() throws(FormatError) -> [UInt8] {
    var line: [UInt8] = []
    while true {
      let next = try byte()
      if next == UInt8(ascii: "\n") { return line }
      guard line.count < PickleLimits.byteCount else { throw fault(.malformed("a line has no end")) }
      line.append(next)
    }
  }
}
