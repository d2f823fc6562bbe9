import SedgeTensor
import TestSupport
import Testing

@Suite("A byte cursor")
struct ByteCursorTests {
  private static let bytes: [UInt8] = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }

  /// Cursors on the same bytes, in memory and in a file.
  private static func cursors(_ folder: TemporaryFolder) throws -> [ByteCursor] {
    let file = try InputFile(path: folder.write(bytes, to: "bytes"))
    return [
      ByteCursor(bytes, byteOffset: 0, part: "the part"), ByteCursor(file, 0..<bytes.count, part: "the part"),
    ]
  }

  @Test("Bytes and integers are read in order, in memory as in a file")
  func reads() throws {
    let folder = try TemporaryFolder()
    for var cursor in try Self.cursors(folder) {
      #expect(try cursor.byte() == 0)
      #expect(try cursor.integer(UInt16.self) == 0x0E07)
      #expect(try Array(cursor.bytes(70_000)) == Array(Self.bytes[3..<70_003]))
      #expect(try cursor.skip(100_000) == 70_003..<170_003)
      #expect(try cursor.integer(Int8.self) == Int8(bitPattern: Self.bytes[170_003]))
      #expect(cursor.remaining == 200_000 - 170_004)
      var inner = try cursor.cursor(4, part: "the inner part")
      #expect(try Array(inner.bytes(4)) == Array(Self.bytes[170_004..<170_008]))
      #expect(inner.isAtEnd && cursor.byteOffset == 170_008)
    }
  }

  @Test("Nothing is read beyond the end of the range", arguments: [1, 5, Int.max, -1])
  func refuses(count: Int) throws {
    let folder = try TemporaryFolder()
    for whole in try Self.cursors(folder) {
      var whole = whole
      try whole.skip(10)
      var cursor = try whole.cursor(0, part: "the inner part")
      let error = FormatError(.malformed("the inner part is cut short"), byteOffset: 10)
      #expect(throws: error) { _ = try cursor.bytes(count) }
      #expect(throws: error) { _ = try cursor.skip(count) }
      #expect(throws: error) { _ = try cursor.byte() }
      #expect(throws: error) { _ = try cursor.integer(UInt64.self) }
      #expect(cursor.byteOffset == 10)
    }
  }

  @Test("An integer is read from either end")
  func endianness() throws {
    var cursor = ByteCursor([1, 2, 3, 4, 0xFF, 0xFE], part: "it")
    #expect(try cursor.bigEndianInteger(UInt32.self) == 0x0102_0304)
    #expect(try cursor.bigEndianInteger(Int16.self) == -2)
  }

  @Test("A byte is found in memory and in a file, and its absence at the end")
  func finds() throws {
    let folder = try TemporaryFolder()
    var bytes = [UInt8](repeating: 0, count: 150_000)
    bytes[140_000] = 9
    let file = try InputFile(path: folder.write(bytes, to: "bytes"))
    for var cursor in [ByteCursor(bytes, part: "it"), ByteCursor(file, 0..<bytes.count, part: "it")] {
      try cursor.skip(to: 9)
      #expect(cursor.byteOffset == 140_000)
      #expect(try cursor.byte() == 9)
      try cursor.skip(to: 9)
      #expect(cursor.isAtEnd)
    }
  }

  @Test("A cursor moved behind the end has nothing left, and an error counts from its place")
  func moves() throws {
    let whole = ByteCursor(wholeFile: [1, 2, 3])
    var inside = whole.moved(to: 1)
    #expect(try inside.integer(UInt16.self) == 0x0302)
    var behind = whole.moved(to: 7)
    #expect(behind.isAtEnd && behind.remaining == 0)
    #expect(throws: FormatError(.truncated(expectedBytes: 11, actualBytes: 3))) {
      try behind.integer(UInt32.self)
    }
    #expect(throws: FormatError(.truncated(expectedBytes: .max, actualBytes: 3))) { try behind.skip(.max) }
    #expect(throws: FormatError(.truncated(expectedBytes: 8, actualBytes: 3))) { try behind.byte() }
  }

  @Test("A number of parts is bounded by the bytes left", arguments: [-1, 3, Int.max])
  func counts(count: Int) throws {
    let bytes = littleEndian(count) + [UInt8](repeating: 0, count: 23)
    var cursor = ByteCursor(bytes, part: "it")
    #expect(throws: FormatError(.malformed("it is cut short"))) { try cursor.count(ofParts: 8) }
    var same = ByteCursor(bytes, part: "it")
    let fits = try? same.count(ofParts: 7)
    #expect(fits == (count == 3 ? 3 : nil))
  }

  @Test("Bytes that are in no file have no offset in errors")
  func offsets() throws {
    var placed = ByteCursor([1], byteOffset: 40, part: "it")
    var unplaced = ByteCursor([1], part: "it")
    _ = (try placed.byte(), try unplaced.byte())
    #expect(placed.fault(.malformed("x"), back: 1).byteOffset == 40)
    #expect(throws: FormatError(.malformed("it is cut short"), byteOffset: 41)) { try placed.byte() }
    #expect(throws: FormatError(.malformed("it is cut short"))) { try unplaced.byte() }
  }
}
