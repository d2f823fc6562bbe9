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
