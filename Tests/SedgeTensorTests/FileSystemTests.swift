import Foundation
import SedgeTensor
import TestSupport
import Testing

@Test("Files, folders and links are distinguished, and links followed on request")
func fileKinds() throws {
  let folder = try TemporaryFolder()
  let file = try folder.write([1, 2, 3], to: "file")
  let link = folder.file("link")
  try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: file)
  #expect(FileSystem.kind(of: file) == .file)
  #expect(FileSystem.kind(of: folder.path) == .folder)
  #expect(FileSystem.kind(of: link) == .file)
  #expect(FileSystem.kind(of: link, followingLinks: false) == .link)
  #expect(FileSystem.kind(of: folder.file("none")) == nil)
  #expect(FileSystem.byteCount(ofFile: file) == 3)
  #expect(FileSystem.byteCount(ofFile: link) == nil)
  #expect(FileSystem.isSameFile(link, file))
  #expect(!FileSystem.isSameFile(file, folder.path))
  #expect(FileSystem.realPath(link) == FileSystem.realPath(file))
  #expect(FileSystem.names(inFolder: folder.path)?.sorted() == ["file", "link"])
  #expect(FileSystem.names(inFolder: folder.path, limit: 1)?.count == 1)
  #expect(FileSystem.names(inFolder: file) == nil)
}

@Test("Paths of one file are the same file: through links, dots and hard links, but not copies")
func sameFile() throws {
  let folder = try TemporaryFolder()
  let file = try folder.write([1, 2, 3], to: "file")
  let copy = try folder.write([1, 2, 3], to: "copy")
  let manager = FileManager.default
  try manager.createSymbolicLink(atPath: folder.file("link"), withDestinationPath: "file")
  try manager.createSymbolicLink(atPath: folder.file("chain"), withDestinationPath: "link")
  try manager.createSymbolicLink(atPath: folder.file("broken"), withDestinationPath: "none")
  try manager.createSymbolicLink(atPath: folder.file("loop"), withDestinationPath: "loop")
  try manager.linkItem(atPath: file, toPath: folder.file("hard"))
  try manager.createDirectory(atPath: folder.file("sub"), withIntermediateDirectories: false)
  for name in ["file", "link", "chain", "hard", "./file", "sub/../file"] {
    #expect(FileSystem.isSameFile(file, folder.file(name)), "\(name)")
    #expect(FileSystem.isSameFile(folder.file(name), file), "\(name)")
  }
  #expect(FileSystem.isSameFile(folder.path, folder.file("sub/..")))
  for name in ["copy", "sub", "broken", "loop", "none", "file/"] {
    #expect(!FileSystem.isSameFile(file, folder.file(name)), "\(name)")
  }
  // A path without a file is no file, not even the same as itself.
  for name in ["broken", "loop", "none"] {
    #expect(!FileSystem.isSameFile(folder.file(name), folder.file(name)), "\(name)")
  }
  #expect(!FileSystem.isSameFile(copy, folder.file("hard")))
}

@Test("Entries of a folder say which are folders, links to folders among them; a broken link is none")
func entries() throws {
  let folder = try TemporaryFolder()
  let manager = FileManager.default
  _ = try folder.write([1], to: "file")
  try manager.createDirectory(atPath: folder.file("sub"), withIntermediateDirectories: false)
  for (link, target) in [("to file", "file"), ("to folder", "sub"), ("to nothing", "none")] {
    try manager.createSymbolicLink(atPath: folder.file(link), withDestinationPath: folder.file(target))
  }
  let found = try #require(FileSystem.entries(inFolder: folder.path)).sorted { $0.name < $1.name }
  #expect(found.map(\.name) == ["file", "sub", "to file", "to folder", "to nothing"])
  #expect(found.map(\.isFolder) == [false, true, false, true, false])
  #expect(FileSystem.entries(inFolder: folder.file("none")) == nil)
}

#if !canImport(Darwin)
  @Test("A name that is not UTF-8 is listed, marked, among entries alone")
  func undecodableNames() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write([1], to: "a.png")
    let name: [UInt8] = Array((folder.path + "/b").utf8) + [0xFF] + Array(".png".utf8) + [0]
    let descriptor = unsafe open(name.map { CChar(bitPattern: $0) }, O_CREAT | O_WRONLY, 0o600)
    try #require(descriptor >= 0)
    close(descriptor)
    let found = try #require(FileSystem.entries(inFolder: folder.path)).sorted { $0.name < $1.name }
    #expect(found.map(\.name) == ["a.png", "b\u{FFFD}.png"])
    #expect(found.map(\.isUTF8) == [true, false])
    #expect(FileSystem.names(inFolder: folder.path) == ["a.png"])
  }
#endif

@Test("Folders are made as far as they are missing, and never in the place of a file")
func makesFolders() throws {
  let folder = try TemporaryFolder()
  try FileSystem.makeFolders(folder.file("a/b//c/"))
  #expect(FileSystem.kind(of: folder.file("a/b/c")) == .folder)
  try FileSystem.makeFolders(folder.file("a/b"))
  _ = try folder.write([1], to: "file")
  for path in ["file", "file/sub"] {
    let error = try #require(throws: FormatError.self) { try FileSystem.makeFolders(folder.file(path)) }
    guard case .cannotWrite = error.kind else {
      Issue.record("\(error)")
      continue
    }
  }
}

@Test("One file has one identity by all of its paths")
func identity() throws {
  let folder = try TemporaryFolder()
  let (file, copy) = (try folder.write([1], to: "file"), try folder.write([1], to: "copy"))
  try FileManager.default.createSymbolicLink(atPath: folder.file("link"), withDestinationPath: file)
  #expect(FileSystem.identity(of: file) == FileSystem.identity(of: folder.file("./link")))
  #expect(FileSystem.identity(of: file) != FileSystem.identity(of: copy))
  #expect(FileSystem.identity(of: folder.file("none")) == nil)
}
