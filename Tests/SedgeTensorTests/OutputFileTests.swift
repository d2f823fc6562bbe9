// Files that appear whole or not at all.

import SedgePlatform
import SedgeTensor
import TestSupport
import Testing

@Suite("Output file")
struct OutputFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func write(_ text: String, to path: String) throws {
    unsafe try OutputFile.write(Array(text.utf8).span.bytes, to: path)
  }

  private func text(_ name: String) throws -> String {
    String(decoding: try bytes(of: folder.file(name)), as: UTF8.self)
  }

  @Test("Until it is committed, its path has what it had before; dropped, it leaves nothing")
  func dropped() throws {
    _ = try folder.write(Array("old".utf8), to: "a")
    do {
      let file = try OutputFile(path: folder.file("a"))
      unsafe try file.append(Array("new".utf8).span.bytes)
      #expect(try folder.contents() == [".a.sedge-partial", "a"])
      #expect(try text("a") == "old")
    }
    #expect(try folder.contents() == ["a"])
    #expect(try text("a") == "old")
  }

  @Test("What a process that no longer exists has left is removed")
  func leftover() throws {
    _ = try folder.write(Array("half".utf8), to: ".a.sedge-partial")
    try write("new", to: folder.file("a"))
    #expect(try folder.contents() == ["a"])
    #expect(try text("a") == "new")
  }

  @Test("What another process is writing is left to it, in words")
  func busy() throws {
    let file = try OutputFile(path: folder.file("a"))
    let error = try #require(throws: FormatError.self) { try OutputFile(path: folder.file("a")) }
    #expect(
      error.description
        == "\(folder.file("a")): cannot be written: another process is writing it (.a.sedge-partial)")
    unsafe try file.append(Array("first".utf8).span.bytes)
    try file.commit()
    #expect(try text("a") == "first")
    try write("second", to: folder.file("a"))
    #expect(try text("a") == "second")
  }

  @Test("A leftover that cannot be removed is named", arguments: ["folder", "link"])
  func inTheWay(kind: String) throws {
    let name = folder.file(".a.sedge-partial")
    if kind == "folder" { unsafe mkdir(name, 0o777) } else { unsafe symlink("elsewhere", name) }
    let error = try #require(throws: FormatError.self) { try OutputFile(path: folder.file("a")) }
    #expect(error.description.contains(".a.sedge-partial is in the way"))
    #expect(error.description.hasSuffix("; remove it"))
    #expect(try folder.contents() == [".a.sedge-partial"])
  }

  @Test("A link is followed: its target is replaced, the link stays")
  func link() throws {
    let other = try TemporaryFolder()
    _ = try other.write(Array("old".utf8), to: "target")
    unsafe symlink(other.file("target"), folder.file("a"))
    try write("new", to: folder.file("a"))
    #expect(FileSystem.kind(of: folder.file("a"), followingLinks: false) == .link)
    #expect(try bytes(of: other.file("target")) == Array("new".utf8))
    #expect(try other.contents() == ["target"])
  }

  @Test("A link to nothing is refused")
  func danglingLink() throws {
    unsafe symlink(folder.file("nothing"), folder.file("a"))
    #expect(
      throws: FormatError(
        .cannotWrite(reason: "it is a symbolic link that leads to nothing; remove the link"),
        path: folder.file("a"))
    ) { try write("new", to: folder.file("a")) }
    #expect(try folder.contents() == ["a"])
  }

  @Test("A folder that is swapped for a link meanwhile does not lead the file elsewhere")
  func swappedFolder() throws {
    let other = try TemporaryFolder()
    let (path, moved) = (folder.file("out"), folder.file("moved"))
    unsafe mkdir(path, 0o777)
    let file = try OutputFile(path: "\(path)/a")
    unsafe try file.append(Array("new".utf8).span.bytes)
    #expect(unsafe rename(path, moved) == 0)
    #expect(unsafe symlink(other.path, path) == 0)
    try file.commit()
    #expect(try other.contents() == [])
    #expect(try bytes(of: "\(moved)/a") == Array("new".utf8))
  }

  @Test("Permissions of a replaced file stay")
  func permissions() throws {
    let path = try folder.write(Array("old".utf8), to: "a")
    unsafe chmod(path, 0o640)
    try write("new", to: path)
    var status = stat()
    #expect(unsafe stat(path, &status) == 0)
    #expect(status.st_mode & 0o777 == 0o640)
  }

  @Test("Names as long as the file system allows can be written")
  func longName() throws {
    let name = String(repeating: "n", count: 255)
    try write("new", to: folder.file(name))
    #expect(try folder.contents() == [name])
  }

  @Test("Paths that name no file are refused", arguments: ["", ".", "..", "sub/"])
  func noFile(name: String) throws {
    unsafe mkdir(folder.file("sub"), 0o777)
    #expect(throws: FormatError.self) { try OutputFile(path: name.isEmpty ? "" : folder.file(name)) }
    #expect(try folder.contents() == ["sub"])
  }

  @Test("One place for one output, however it is named")
  func places() throws {
    unsafe mkdir(folder.file("sub"), 0o777)
    unsafe symlink("sub", folder.file("link"))
    let place = FileSystem.place(ofOutput: folder.file("sub/a"))
    #expect(FileSystem.place(ofOutput: folder.file("link/a")) == place)
    #expect(FileSystem.place(ofOutput: folder.file("sub/../sub/./a")) == place)
    unsafe symlink("sub/a", folder.file("b"))
    _ = try folder.write([], to: "sub/a")
    #expect(FileSystem.place(ofOutput: folder.file("b")) == place)
  }
}
