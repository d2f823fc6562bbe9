// The helpers of tests, tested.

import SedgeTensor
import TestSupport
import Testing

@Suite("Bytes")
struct BytesTests {
  @Test("Integers and floats are written least significant byte first")
  func numbers() {
    #expect(littleEndian(UInt32(0x0102_0304)) == [4, 3, 2, 1])
    #expect(littleEndian(Int16(-2)) == [0xFE, 0xFF])
    #expect(littleEndian(Float(1)) == [0, 0, 0x80, 0x3F])
  }

  @Test("A file is read as a whole, and gone with its folder")
  func files() throws {
    var folder: TemporaryFolder? = try TemporaryFolder()
    let path = try #require(folder).write([1, 2, 3], to: "a")
    #expect(try folder?.contents() == ["a"])
    #expect(try bytes(of: path) == [1, 2, 3])
    #expect(try folder?.write([4], to: "a") == path)
    #expect(try bytes(of: path) == [4])
    folder = nil
    #expect(throws: (any Error).self) { try bytes(of: path) }
  }
}
