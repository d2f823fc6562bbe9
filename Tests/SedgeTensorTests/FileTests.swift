import Foundation
import SedgeTensor
import TestSupport
import Testing

@Test("A file appears when it is committed, and not before")
func commit() throws {
  let folder = try TemporaryFolder()
  do {
    let file = try OutputFile(path: folder.file("a"))
    unsafe try file.append([UInt8]([1, 2, 3]).span.bytes)
    #expect(try folder.contents() != ["a"])
  }
  #expect(try folder.contents() == [])
  let file = try OutputFile(path: folder.file("a"))
  unsafe try file.append([UInt8]([1, 2, 3]).span.bytes)
  try file.pad(to: 8)
  unsafe try file.write([UInt8]([9]).span.bytes, at: 0)
  try file.commit()
  #expect(try folder.contents() == ["a"])
  #expect(try InputFile(path: folder.file("a")).bytes(at: 0, count: 8) == [9, 2, 3, 0, 0, 0, 0, 0])
}

@Test("A folder, a missing file and a pipe are refused, and none of them hangs")
func refused() throws {
  let folder = try TemporaryFolder()
  let directory = #expect(throws: FormatError.self) { try InputFile(path: folder.path) }
  #expect(directory?.kind == .notAFile(found: "a directory"))
  let missing = #expect(throws: FormatError.self) { try InputFile(path: folder.file("none")) }
  #expect(missing?.kind == .cannotRead(reason: "No such file or directory"))
  #expect(unsafe mkfifo(folder.file("pipe"), 0o600) == 0)
  let pipe = #expect(throws: FormatError.self) { try InputFile(path: folder.file("pipe")) }
  #expect(pipe?.kind == .notAFile(found: "no regular file"))
}

@Test(
  "Reading past the end is an error with the expected and actual sizes",
  arguments: [(0, 4), (3, 1), (-1, 1), (Int.max, 2)])
func pastTheEnd(offset: Int, count: Int) throws {
  let folder = try TemporaryFolder()
  let file = try InputFile(path: folder.write([1, 2, 3], to: "a"))
  #expect(throws: FormatError.self) { try file.bytes(at: offset, count: count) }
}
