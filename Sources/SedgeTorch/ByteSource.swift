// The bytes of a pickle, one after the other.

internal import SedgeTensor

/// Reads forward through a part of a file in small pieces, or through bytes in memory.
struct ByteSource {
  private let file: InputFile?
  /// The bytes at hand; the first is at `windowOffset`.
  private var window: [UInt8]
  private var windowOffset: Int
  /// The next byte to read, from the start of the file or of the bytes in memory.
  private(set) var position: Int
  /// Where reading ends.
  let end: Int

  private static let windowByteCount = 1 << 16

  /// A part of a file.
  init(_ file: InputFile, _ range: Range<Int>) {
    self.file = file
    window = []
    windowOffset = range.lowerBound
    position = range.lowerBound
    end = range.upperBound
  }

  /// Bytes in memory, which have no place in the file.
  init(_ bytes: [UInt8]) {
    file = nil
    window = bytes
    windowOffset = 0
    position = 0
    end = bytes.count
  }

  /// A fault at the last byte read.
  func fault(_ kind: FormatError.Kind) -> FormatError {
    FormatError(kind, byteOffset: file == nil ? nil : max(position - 1, 0))
  }

  /// The next byte.
  mutating func byte() throws(FormatError) -> UInt8 {
    if position - windowOffset >= window.count { try load(1) }
    let byte = window[position - windowOffset]
    position += 1
    return byte
  }

  /// The next `count` bytes.
  mutating func bytes(_ count: Int) throws(FormatError) -> ArraySlice<UInt8> {
    if position - windowOffset > window.count - count { try load(count) }
    let start = position - windowOffset
    position += count
    return window[start..<start + count]
  }

  /// Where the next `count` bytes are, which are passed over; no more of them are held at once than a window.
  mutating func skip(_ count: Int) throws(FormatError) -> StoredBytes {
    guard file != nil else { return StoredBytes(Array(try bytes(count))) }
    guard count <= end - position else { throw fault(.malformed("the pickle is cut short")) }
    position += count
    return StoredBytes(byteOffset: position - count, byteCount: count)
  }

  /// Where the next `count` bytes of UTF-8 are, which are passed over, as the bytes that their characters stand for;
  /// `nil` where a character is beyond 255.
  mutating func skipText(_ count: Int) throws(FormatError) -> StoredBytes? {
    guard count <= end - position else { throw fault(.malformed("the pickle is cut short")) }
    let start = position
    var characterCount = 0
    var isLatin = true
    var follows = false
    while position < start + count {
      for byte in try bytes(min(Self.windowByteCount, start + count - position)) {
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
    if file == nil {
      let text = window[start..<start + count]
      return String(decoding: text, as: UTF8.self).latin1.map { StoredBytes($0) }
    }
    return StoredBytes(
      byteOffset: start, storedByteCount: count, byteCount: characterCount, coding: .text)
  }

  /// The next `Value`, little-endian.
  mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type
  ) throws(FormatError) -> Value {
    try bytes(MemoryLayout<Value>.size).reversed().reduce(0) { $0 << 8 | Value(truncatingIfNeeded: $1) }
  }

  /// The bytes up to the next newline, which is passed over.
  mutating func line() throws(FormatError) -> [UInt8] {
    var line: [UInt8] = []
    while true {
      let next = try byte()
      if next == UInt8(ascii: "\n") { return line }
      guard line.count < PickleReader.maximumByteCount else { throw fault(.malformed("a line has no end")) }
      line.append(next)
    }
  }

  /// Brings `count` bytes from `position` on into the window.
  private mutating func load(_ count: Int) throws(FormatError) {
    guard count <= end - position else { throw fault(.malformed("the pickle is cut short")) }
    guard let file else { return }
    window = try file.bytes(at: position, count: min(max(count, Self.windowByteCount), end - position))
    windowOffset = position
  }
}
