// Weights in a file beside an ONNX file, and what such a file may ask for.

import Foundation
import SedgeONNX
import SedgeTensor
import TestSupport
import Testing

@Suite("External weights of ONNX files")
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
      atPath: folder.file("model/nowhere.bin"), withDestinationPath: "nothing")
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
    "Weights are found in the file's folder and folders below it, by links within them and Windows' separators too",
    arguments: [
      "weights.bin", "parts/weights.bin", "./weights.bin", "parts//weights.bin", "parts\\weights.bin",
      "near.bin",
    ])
  func follows(_ location: String) throws {
    let archive = try open([("location", location), ("offset", "4"), ("length", "8"), ("checksum", "x")])
    #expect(try archive.integers(archive.tensors[0]) == [0x0706_0504, 0x0B0A_0908])
  }

  private static func refusal(_ location: String, _ reason: String) -> FormatError.Kind {
    .malformed("the location \(location.debugDescription) of its external data is refused: \(reason)")
  }

  private static func absolute(_ location: String) -> FormatError.Kind {
    .unsupported(
      "the absolute path \(location.debugDescription) for its external data",
      advice: "save the model anew with its data beside it, in Python: "
        + "onnx.save_model(onnx.load(OLD), NEW, save_as_external_data=True)")
  }

  private static let leavingLink = FormatError.Kind.unsupported(
    "a symbolic link out of the model's folder", advice: "put the file itself in its place")

  @Test(
    "A location is never followed out of the folder",
    arguments: [
      ("", refusal("", "it is empty")),
      ("/etc/passwd", absolute("/etc/passwd")),
      ("C:\\weights.bin", absolute("C:\\weights.bin")),
      ("\\weights.bin", absolute("\\weights.bin")),
      (".", refusal(".", "it is empty")),
      ("../secret.bin", refusal("../secret.bin", "it leaves the folder")),
      ("parts/../../secret.bin", refusal("parts/../../secret.bin", "it leaves the folder")),
      ("parts/..", refusal("parts/..", "it leaves the folder")),
      ("weights.bin\0", refusal("weights.bin\0", "it has a character that no such name has")),
      ("..\\secret.bin", refusal("..\\secret.bin", "it leaves the folder")),
      ("link.bin", leavingLink), ("up/secret.bin", leavingLink),
      ("nowhere.bin", .cannotRead(reason: "it is a symbolic link that leads to nothing")),
      ("pipe", .notAFile(found: "no regular file")),
      ("parts", .notAFile(found: "a directory")),
    ] as [(String, FormatError.Kind)])
  func refuses(_ location: String, _ kind: FormatError.Kind) throws {
    let error = try #require(throws: FormatError.self) { try open([("location", location)]) }
    #expect(error.kind == kind)
    #expect(error.tensor == "w")
  }

  @Test(
    "Numbers of external data are checked against the shape and the file",
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

  @Test("A missing file is named, and a file of its size in the model's folder")
  func namesMissingFile() throws {
    let entries = [("location", "model.onnx.data"), ("offset", "8")]
    let error = try #require(throws: FormatError.self) { try open(entries) }
    #expect(
      error.kind
        == .missingData(
          of: folder.file("model/model.onnx"), foundBytes: nil, candidate: folder.file("model/weights.bin")))
    #expect(error.path == folder.file("model/model.onnx.data"))
    // With a second file of that size there is no telling, with none of it neither.
    _ = try folder.write([UInt8](0..<16), to: "model/other.bin")
    let doubtful = try #require(throws: FormatError.self) { try open(entries) }
    #expect(
      doubtful.kind == .missingData(of: folder.file("model/model.onnx"), foundBytes: nil, candidate: nil))
    let small = try #require(throws: FormatError.self) { try open([("location", "model.onnx.data")]) }
    #expect(small.kind == .missingData(of: folder.file("model/model.onnx"), foundBytes: nil, candidate: nil))
  }

  @Test("A file of weights that is too short is an error with all bytes that the model needs")
  func tellsNeededSize() throws {
    let tensors = (0..<3).reduce(Message()) { graph, index in
      graph.message(
        5,
        tensor("w\(index)", type: 6, [2]).varint(14, 1).entry(13, "location", "weights.bin")
          .entry(13, "offset", "\(8 * index)"))
    }
    let path = try folder.write(model(tensors), to: "model/model.onnx")
    let error = try #require(throws: FormatError.self) { try ONNXArchive(path: path) }
    #expect(error.kind == .truncated(expectedBytes: 24, actualBytes: 16))
    #expect(error.tensor == "w2")
    // A file beside it of just that size may be the right one.
    _ = try folder.write([UInt8](repeating: 0, count: 24), to: "model/other.bin")
    let hinted = try #require(throws: FormatError.self) { try ONNXArchive(path: path) }
    #expect(hinted.kind == .missingData(of: path, foundBytes: 16, candidate: folder.file("model/other.bin")))
  }

  /// The layout of huggingface_hub's cache: names that are links into a folder of contents.
  private func cache() throws -> String {
    for name in ["hub/models--x/blobs", "hub/models--x/snapshots/1/onnx"] {
      try FileManager.default.createDirectory(atPath: folder.file(name), withIntermediateDirectories: true)
    }
    let weight = tensor("w", type: 6, [2]).varint(14, 1).entry(13, "location", "model.onnx_data")
    _ = try folder.write(model(initializer: weight.entry(13, "offset", "4")), to: "hub/models--x/blobs/0a")
    _ = try folder.write([UInt8](0..<16), to: "hub/models--x/blobs/0b")
    for (name, blob) in [("model.onnx", "0a"), ("model.onnx_data", "0b")] {
      try FileManager.default.createSymbolicLink(
        atPath: folder.file("hub/models--x/snapshots/1/onnx/\(name)"),
        withDestinationPath: "../../../blobs/\(blob)")
    }
    return folder.file("hub/models--x/snapshots/1/onnx")
  }

  @Test("Links of a cache are followed where they lead to where the model itself is")
  func followsCache() throws {
    let place = try cache()
    let archive = try ONNXArchive(path: "\(place)/model.onnx")
    #expect(try archive.integers(archive.tensors[0]) == [0x0706_0504, 0x0B0A_0908])
    #expect(archive.files.count == 2)
    #expect(archive.files[1].path.hasSuffix("blobs/0b"))
  }

  @Test("A link next to a linked model that leads elsewhere is refused")
  func refusesForeignLink() throws {
    let place = try cache()
    try FileManager.default.removeItem(atPath: "\(place)/model.onnx_data")
    try FileManager.default.createSymbolicLink(
      atPath: "\(place)/model.onnx_data", withDestinationPath: folder.file("secret.bin"))
    let error = try #require(throws: FormatError.self) { try ONNXArchive(path: "\(place)/model.onnx") }
    #expect(error.kind == Self.leavingLink)
  }

  @Test("Weights are found in the folder that a link to a model leads to")
  func followsModelLink() throws {
    let weight = tensor("w", type: 6, [2]).varint(14, 1).entry(13, "location", "weights.bin")
    _ = try folder.write(model(initializer: weight), to: "model/model.onnx")
    let link = folder.file("link.onnx")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "model/model.onnx")
    let archive = try ONNXArchive(path: link)
    #expect(try archive.integers(archive.tensors[0]) == [0x0302_0100, 0x0706_0504])
  }
}
