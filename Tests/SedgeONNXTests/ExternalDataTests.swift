// Weights in a file beside an ONNX file, and what such a file may ask for.

import Foundation
import SedgeONNX
import SedgeTensor
import TestSupport
import Testing

@Suite("Weights beside ONNX files")
struct ExternalDataTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: folder.file("model"), withIntermediateDirectories: true)
    try FileManager.default.createDirectory(
      atPath: folder.file("model/parts"), withIntermediateDirectories: true)
    _ = try folder.write([UInt8](0..<16), to: "secret.bin")
    _ = try folder.write([UInt8](0..<16), to: "model/weights.bin")
    _ = try folder.write([UInt8](0..<16), to: "model/parts/weights.bin")
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("model/link.bin"), withDestinationPath: "../secret.bin")
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("model/near.bin"), withDestinationPath: "weights.bin")
    try FileManager.default.createSymbolicLink(atPath: folder.file("model/up"), withDestinationPath: "..")
    #expect(unsafe mkfifo(folder.file("model/pipe"), 0o600) == 0)
  }

  private func open(_ entries: [(String, String)]) throws -> ONNXArchive {
    let empty = tensor("w", type: 6, [2]).varint(14, 1)
    let bytes = model(initializer: entries.reduce(empty) { $0.entry(13, $1.0, $1.1) })
    return try ONNXArchive(path: try folder.write(bytes, to: "model/model.onnx"))
  }

  @Test(
    "Weights are found beside the file and in folders there", arguments: ["weights.bin", "parts/weights.bin"])
  func follows(_ location: String) throws {
    let archive = try open([("location", location), ("offset", "4"), ("length", "8"), ("checksum", "x")])
    #expect(try archive.integers(archive.tensors[0]) == [0x0706_0504, 0x0B0A_0908])
  }

  private static func refusal(_ location: String, _ reason: String) -> FormatError.Kind {
    .malformed("the location \(location.debugDescription) of its external data is refused: \(reason)")
  }

  @Test(
    "A location is never followed out of the folder",
    arguments: [
      ("", refusal("", "it is empty")),
      ("/etc/passwd", refusal("/etc/passwd", "it is an absolute path")),
      ("../secret.bin", refusal("../secret.bin", "it leaves the folder")),
      ("parts/../../secret.bin", refusal("parts/../../secret.bin", "it leaves the folder")),
      ("parts/..", refusal("parts/..", "it leaves the folder")),
      ("parts//weights.bin", refusal("parts//weights.bin", "it has an empty part")),
      ("./weights.bin", refusal("./weights.bin", "it has an empty part")),
      ("weights.bin\0", refusal("weights.bin\0", "it has a character that no such name has")),
      ("..\\secret.bin", refusal("..\\secret.bin", "it has a character that no such name has")),
      ("link.bin", .notAFile(found: "a symbolic link")),
      ("near.bin", .notAFile(found: "a symbolic link")),
      ("up/secret.bin", .notAFile(found: "a symbolic link")),
      ("pipe", .notAFile(found: "no regular file")),
      ("parts", .notAFile(found: "a directory")),
      ("missing.bin", .cannotRead(reason: "No such file or directory")),
    ] as [(String, FormatError.Kind)])
  func refuses(_ location: String, _ kind: FormatError.Kind) throws {
    let error = try #require(throws: FormatError.self) { try open([("location", location)]) }
    #expect(error.kind == kind)
    #expect(error.tensor == "w")
  }

  @Test(
    "Numbers of external data are held against the shape and the file",
    arguments: [
      (["length": "8"], .malformed("its external data has no location")),
      (["location": "weights.bin", "offset": "9"], .truncated(expectedBytes: 17, actualBytes: 16)),
      (
        ["location": "weights.bin", "offset": "9223372036854775807"],
        .truncated(expectedBytes: .max, actualBytes: 16)
      ),
      (
        ["location": "weights.bin", "offset": "9223372036854775808"],
        .malformed("the offset of its external data is \"9223372036854775808\"")
      ),
      (["location": "weights.bin", "offset": "-4"], .malformed("the offset of its external data is \"-4\"")),
      (["location": "weights.bin", "offset": "+4"], .malformed("the offset of its external data is \"+4\"")),
      (["location": "weights.bin", "offset": ""], .malformed("the offset of its external data is \"\"")),
      (["location": "weights.bin", "length": "4x"], .malformed("the length of its external data is \"4x\"")),
      (
        ["location": "weights.bin", "length": "4"],
        .malformed("its external data has 4 bytes, 2 of int32 takes 8")
      ),
    ] as [([String: String], FormatError.Kind)])
  func refusesNumbers(_ entries: [String: String], _ kind: FormatError.Kind) throws {
    let error = try #require(throws: FormatError.self) { try open(entries.map { ($0.key, $0.value) }) }
    #expect(error.kind == kind)
  }

  @Test("A key given twice is refused")
  func refusesDoubledKey() throws {
    let error = try #require(throws: FormatError.self) {
      try open([("location", "weights.bin"), ("location", "parts/weights.bin")])
    }
    #expect(error.kind == .malformed("a tensor has location of its external data twice"))
  }

  @Test("A file of weights that is cut short is named")
  func namesFile() throws {
    let error = try #require(throws: FormatError.self) {
      try open([("location", "weights.bin"), ("offset", "12")])
    }
    #expect(error.path == folder.file("model/weights.bin"))
  }
}
