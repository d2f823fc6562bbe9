// Files without a name.

import Foundation
import SedgeTensor
import TestSupport
import Testing

@Suite("A scratch file")
struct ScratchFileTests {
  @Test("gives back what was appended, and has no name")
  func roundTrip() throws {
    let folder = try TemporaryFolder()
    let file = try ScratchFile(folder: folder.path)
    let parts: [[UInt8]] = [[1, 2, 3], [], [UInt8](repeating: 7, count: 100_000), [9]]
    let offsets = try parts.map { part in try unsafe file.append(part.span.bytes) }
    #expect(offsets == [0, 3, 3, 100_003])
    #expect(file.byteCount == 100_004)
    #expect(try folder.contents() == [])
    for (part, offset) in zip(parts, offsets) {
      var bytes = [UInt8](repeating: 0, count: part.count)
      var span = bytes.mutableSpan
      var target = unsafe span.mutableBytes
      try file.read(at: offset, into: &target)
      #expect(bytes == part)
    }
    #expect(file.freeByteCount > 0)
  }

  @Test("cannot be created in a folder that is not there")
  func refused() throws {
    let folder = try TemporaryFolder()
    let error = #expect(throws: FormatError.self) { try ScratchFile(folder: folder.file("absent")) }
    #expect(error?.kind == .cannotWrite(reason: "No such file or directory"))
    #expect(error?.path == folder.file("absent"))
  }
}
