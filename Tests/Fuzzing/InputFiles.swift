// Inputs as files, and files as inputs.

import Foundation
import SedgePlatform
import TestSupport

/// A folder of this process for inputs, in the folder for temporary files; the scripts put that into memory.
private let stage: String = {
  let path = NSTemporaryDirectory() + "/sedge-fuzz-\(getpid())"
  try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  atexit { try? FileManager.default.removeItem(atPath: NSTemporaryDirectory() + "/sedge-fuzz-\(getpid())") }
  return path
}()

/// Writes an input to a file, in place of the one before, for readers that take a path.
func file(_ bytes: [UInt8], named name: String) -> String {
  let path = stage + "/" + name
  let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
  var written = 0
  unsafe bytes.withUnsafeBytes { buffer in
    while descriptor >= 0, written < bytes.count, let start = buffer.baseAddress {
      let count = unsafe write(descriptor, start + written, bytes.count - written)
      if count <= 0 { break }
      written += count
    }
  }
  close(descriptor)
  guard descriptor >= 0, written == bytes.count else { fail("\(path) cannot be written") }
  return path
}

/// A file, or the files in a folder, sorted.
func filesOfFolder(_ path: String) throws -> [String] {
  var isFolder: ObjCBool = false
  guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
    fail("\(path) does not exist")
  }
  guard isFolder.boolValue else { return [path] }
  return try FileManager.default.contentsOfDirectory(atPath: path).sorted().map { "\(path)/\($0)" }
}

/// The bytes of the files of a folder of `Fixtures` whose names have one of some endings.
func fixtures(_ folder: String, _ endings: String...) throws -> [[UInt8]] {
  try FileManager.default.contentsOfDirectory(atPath: fixture(folder)).sorted()
    .filter { name in endings.contains { name.hasSuffix($0) } }
    .map { try bytes(ofFixture: "\(folder)/\($0)") }
}

/// The bytes of a file of `Fixtures`.
func bytes(ofFixture name: String) throws -> [UInt8] { try bytes(ofFile: fixture(name)) }

/// All bytes of a file.
func bytes(ofFile path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }
