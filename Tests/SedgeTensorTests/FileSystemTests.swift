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
