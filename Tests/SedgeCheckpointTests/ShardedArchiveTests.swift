// Several files that an index holds together, and folders.

import Foundation
import SedgeCheckpoint
import SedgeSafetensors
import SedgeTensor
import TestSupport
import Testing

@Suite("A model in several files")
struct ShardedArchiveTests {
  /// Two shards of one tensor each, `a` and `b`, in the folder and below it, and an index.
  private static func folder(index: String) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: folder.file("shards"), withIntermediateDirectories: true)
    for (name, value) in [("a", Float(1)), ("b", Float(2))] {
      for place in ["", "shards/"] { try write(name, value, to: folder.file("\(place)\(name).safetensors")) }
    }
    _ = try folder.write(Array(index.utf8), to: Self.indexName)
    return folder
  }

  private static func write(_ name: String, _ value: Float, to path: String) throws {
    try StoredTensor.write([StoredTensor(name: name, shape: [1], values: [value])], to: path)
  }

  private static let indexName = "model.safetensors.index.json"
  private static let map = #""weight_map": {"a": "a.safetensors", "b": "b.safetensors"}"#

  /// What stands in an index in front of its map.
  static let starts = [
    "{", #"{"metadata": {"total_size": 8, "x": -1.5e3, "y": "z", "n": null}, "#, "{\n\t", "\n {", "\u{FEFF}{",
    #"{"metadata": {"parts": ["a"], "by": {"n": 1}}, "#,
    #"{"quantization_config": {"bits": 8}, "version": 2, "#,
    #"{"metadata": {"note": ""# + String(repeating: "x", count: 5000) + #""}, "#,
  ]

  @Test("gives the tensors of all files, whatever else its index says", arguments: starts)
  func tensors(start: String) throws {
    let folder = try Self.folder(index: "\(start)\(Self.map)}")
    let path = folder.file(Self.indexName)
    let archive = try openArchive(path: path)
    #expect(archive.tensors.map(\.name) == ["a", "b"])
    #expect(try archive.tensors.map { try archive.floats($0).values } == [[1], [2]])
    #expect(archive.files.map(\.path) == [path, folder.file("a.safetensors"), folder.file("b.safetensors")])
    #expect(archive.formatName == "safetensors, 2 shards")
  }

  @Test("may lie in folders below its index, behind links, and in other formats")
  func places() throws {
    let map =
      #"{"weight_map": {"a": "shards/a.safetensors", "b": "link.safetensors", "weight": "small.pth"}}"#
    let folder = try Self.folder(index: map)
    let cache = try TemporaryFolder()
    let manager = FileManager.default
    try manager.moveItem(atPath: folder.file("b.safetensors"), toPath: cache.file("0123abcd"))
    try manager.createSymbolicLink(
      atPath: folder.file("link.safetensors"), withDestinationPath: cache.file("0123abcd"))
    try manager.copyItem(atPath: fixture("torch/small.pth"), toPath: folder.file("small.pth"))
    let archive = try openArchive(path: folder.file(Self.indexName))
    #expect(archive.tensors.map(\.name) == ["b", "a", "weight"])
    #expect(try archive.floats(archive.tensors[0]).values == [2])
    #expect(try archive.floats(archive.tensors[2]).values == (0..<6).map { Float($0) / 4 - 3 })
    #expect(archive.formatName == "safetensors + PyTorch, 3 shards")
  }

  private static let outside = "expected a file below its own folder"
  private static let other = "they are not of the same model: get all of its files again"

  @Test(
    "is refused for what is wrong with its index",
    arguments: [
      (#"{"weight_map": {}}"#, "the index has no weight_map, or nothing in it"),
      (#"{"weight_map": {"a": "a.safetensors""#, "expected a comma or the end of the object, found the end"),
      ("{\(map)} x", "expected the end of the index, found no JSON"),
      ("{\(map), \(map)}", "weight_map occurs twice"),
      (#"{"weight_map": {"a": "a.safetensors", "a": "b.safetensors"}}"#, "the index has the tensor twice"),
      (#"{"weight_map": {"a": 1}}"#, "expected a string in the index, found a number"),
      (
        #"{"weight_map": {"a": "../a.safetensors"}}"#,
        #"the index names the shard "../a.safetensors", \#(outside)"#
      ),
      (#"{"weight_map": {"a": "s/../../a"}}"#, #"the index names the shard "s/../../a", \#(outside)"#),
      (#"{"weight_map": {"a": "/etc/passwd"}}"#, #"the index names the shard "/etc/passwd", \#(outside)"#),
      (#"{"weight_map": {"a": ".."}}"#, #"the index names the shard "..", \#(outside)"#),
      (
        #"{"weight_map": {"b": "a.safetensors"}}"#,
        "the shard a.safetensors has the tensor, the index does not have it; \(other)"
      ),
      (
        #"{"weight_map": {"a": "a.safetensors", "gone": "a.safetensors", "lost": "a.safetensors"}}"#,
        "the index puts the tensor in a.safetensors, which does not have it, and 1 more likewise; \(other)"
      ),
      (
        #"{"weight_map": {"a": "b.safetensors", "b": "a.safetensors"}}"#,
        "the shard a.safetensors has the tensor, the index puts it in b.safetensors; \(other)"
      ),
    ])
  func malformed(index: String, what: String) throws {
    let folder = try Self.folder(index: index)
    let path = folder.file(Self.indexName)
    let error = #expect(throws: FormatError.self) { try openArchive(path: path) }
    #expect(error?.kind == .malformed(what))
    #expect(error?.path == path)
  }

  @Test("names all files that are missing at once")
  func missingShards() throws {
    let folder = try Self.folder(
      index: #"{"weight_map": {"a": "c.safetensors", "b": "b.safetensors", "d": "d.bin"}}"#)
    let error = #expect(throws: FormatError.self) { try openArchive(path: folder.file(Self.indexName)) }
    #expect(error?.path == folder.file(Self.indexName))
    #expect(
      error?.kind
        == .cannotRead(
          reason:
            "2 of the 3 files that it names are not there: c.safetensors, d.bin; put them beside it, or give the "
            + "index that belongs to the files there"))
  }

  @Test("does not take an index for a shard")
  func nestedIndex() throws {
    let folder = try Self.folder(index: #"{"weight_map": {"a": "model.safetensors.index.json"}}"#)
    let error = #expect(throws: FormatError.self) { try openArchive(path: folder.file(Self.indexName)) }
    #expect(error?.kind == .notACheckpoint(found: "JSON", advice: nil))
  }

  @Test("An 8-bit weight is scaled by a tensor of another shard")
  func scaledAcrossShards() throws {
    let folder = try Self.folder(
      index: #"{"weight_map": {"w": "w.safetensors", "w_scale": "s.safetensors"}}"#)
    let info = try #require(TensorInfo(name: "w", elementType: .float8E4M3, shape: [1]))
    let writer = try SafetensorsWriter(path: folder.file("w.safetensors"), tensors: [info])
    unsafe try writer.write([UInt8(1)].span.bytes, of: "w")
    try writer.finish()
    try Self.write("w_scale", 2, to: folder.file("s.safetensors"))
    let archive = try openArchive(path: folder.file(Self.indexName))
    #expect(archive.tensors.map(\.name) == ["w_scale"])
    #expect(archive.skipped.map(\.name) == ["w"])
    #expect(Set(archive.skipped.map(\.isTensor)) == [true])
  }

  @Test("A file's name tells that it is only a part, and what to give")
  func shardName() throws {
    let folder = try TemporaryFolder()
    let shard = folder.file("model-00002-of-00012.safetensors")
    let name = try #require(ShardName(path: shard))
    #expect(
      name.advice
        == "it is one of 12 files of a model; give all of them: \(folder.file("model-00001-of-00012.safetensors")) to "
        + folder.file("model-00012-of-00012.safetensors"))
    let index = try folder.write([], to: Self.indexName)
    #expect(name.advice == "it is one of 12 files of a model; give \(index), which holds them together")
    for path in ["model.safetensors", "model-00001-of-00001.bin", "of-00001-of-00002", "model-1-of-2.bin"] {
      #expect(ShardName(path: path) == nil)
    }
  }

  /// Files in a folder, and which one is meant; or why none is.
  static let folders: [(names: [String], file: String?, found: String)] = [
    (["model.safetensors", "config.json"], "model.safetensors", ""),
    (
      ["model.safetensors.index.json", "a.safetensors", "b.safetensors"], nil,
      "with 3 checkpoints in it (give one: "
        + "model.safetensors.index.json, a.safetensors, b.safetensors)"
    ),
    (
      ["model.safetensors", "pytorch_model.bin"], nil,
      "with 2 checkpoints in it (give one: "
        + "model.safetensors, pytorch_model.bin)"
    ),
    (["config.json"], nil, "without a checkpoint in it"),
  ]

  @Test("A folder stands for the one checkpoint in it", arguments: folders)
  func choosesInFolder(_ contents: (names: [String], file: String?, found: String)) throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: folder.file("in"), withIntermediateDirectories: true)
    for name in contents.names { try Self.write("a", 1, to: folder.file("in/\(name)")) }
    if let file = contents.file {
      #expect(try openArchive(path: folder.file("in")).path == folder.file("in/\(file)"))
    } else {
      let error = #expect(throws: FormatError.self) { try openArchive(path: folder.file("in")) }
      #expect(error?.kind == .notAFile(found: "a directory \(contents.found)"))
    }
  }

  @Test("A folder with an index and its shards stands for the index")
  func folderOfShards() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: folder.file("in"), withIntermediateDirectories: true)
    for (number, name) in ["a", "b"].enumerated() {
      try Self.write(name, 1, to: folder.file("in/model-0000\(number + 1)-of-00002.safetensors"))
    }
    let map =
      #"{"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}}"#
    _ = try folder.write(Array(map.utf8), to: "in/\(Self.indexName)")
    #expect(try openArchive(path: folder.file("in/")).tensors.map(\.name) == ["a", "b"])
  }
}
