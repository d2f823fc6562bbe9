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
