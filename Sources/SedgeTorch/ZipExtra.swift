// The extra fields of a zip record.

internal import SedgeTensor

/// The 64-bit numbers that replace those which do not fit 32 bits.
///
/// Source: PKWARE's APPNOTE.TXT 6.3, section 4.5.3.
struct ZipExtra {
  private var values: [Int] = []
  private var byteOffset = 0

  /// No numbers.
  init() {}

  /// Reads the extra fields that take the next `byteCount` bytes.
  init(_ fields: inout ByteCursor, byteCount: Int) throws(FormatError) {
    var extra = try fields.cursor(byteCount, part: "the zip directory")
    while extra.remaining >= 4 {
      let kind = try extra.integer(UInt16.self)
      let fieldByteCount = Int(try extra.integer(UInt16.self))
      let valueCount = kind == 1 ? min(fieldByteCount / 8, 3) : 0
      for _ in 0..<valueCount { values.append(try extra.zipOffset()) }
      try extra.skip(fieldByteCount - valueCount * 8)
    }
    byteOffset = fields.byteOffset
  }

  /// The number that a field of 32 bits holds or points to; those pointed to are taken in turn.
  mutating func value(_ field: UInt32) throws(FormatError) -> Int {
    guard field == .max else { return Int(field) }
    guard !values.isEmpty else {
      throw FormatError(.malformed("a zip record lacks a size of 64 bits"), byteOffset: byteOffset)
    }
    return values.removeFirst()
  }
}

extension ByteCursor {
  /// A cursor on a structure of a zip archive.
  init(zip range: Range<Int>, of file: InputFile) { self.init(file, range, part: "the zip directory") }

  /// Reads a number of 64 bits that must be an offset or a size.
  mutating func zipOffset() throws(FormatError) -> Int {
    let value = try integer(UInt64.self)
    guard let offset = Int(exactly: value) else {
      throw fault(.malformed("\(value) is more bytes than files have"))
    }
    return offset
  }
}
