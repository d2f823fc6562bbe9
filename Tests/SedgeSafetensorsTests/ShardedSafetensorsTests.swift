// Several files that an index holds together.

import SedgeSafetensors
import SedgeTensor
import TestSupport
import Testing

@Suite("A sharded safetensors archive")
struct ShardedSafetensorsTests {
  /// Two shards of one tensor each, `a` and `b`, and an index.
  private static func folder(index: String) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for (name, value) in [("a", Float(1)), ("b", Float(2))] {
      let info = try #require(TensorInfo(name: name, elementType: .float32, shape: [1]))
      let writer = try SafetensorsWriter(path: folder.file("\(name).safetensors"), tensors: [info])
      let bytes = (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
      unsafe try writer.write(bytes.span.bytes, of: name)
      try writer.finish()
    }
    _ = try folder.write(Array(index.utf8), to: "model.safetensors.index.json")
    return folder
  }

  private static let map = #""weight_map": {"a": "a.safetensors", "b": "b.safetensors"}"#

  @Test(
    "gives the tensors of all shards",
    arguments: [
      "{\(map)}", #"{"metadata": {"total_size": 8, "x": -1.5e3, "y": "z", "n": null}, "#, "{\n\t",
    ])
  func tensors(start: String) throws {
    let index = start.hasSuffix("}") ? start : "\(start)\(Self.map)}"
    let folder = try Self.folder(index: index)
    #expect(ShardedSafetensorsArchive.recognizes(Array(index.utf8)))
    let path = folder.file("model.safetensors.index.json")
    let archive = try ShardedSafetensorsArchive(path: path)
    #expect(archive.tensors.map(\.name) == ["a", "b"])
    #expect(try archive.tensors.map { try archive.floats($0).values } == [[1], [2]])
    #expect(archive.files == [path, folder.file("a.safetensors"), folder.file("b.safetensors")])
    #expect(archive.formatName == "safetensors, 2 shards")
  }

  @Test(
    "is refused for what is wrong with its index",
    arguments: [
      ("{}", "the index has no weight_map, or nothing in it"),
      (#"{"weight_map": {}}"#, "the index has no weight_map, or nothing in it"),
      ("[]", "the index does not begin with {"),
      (#"{"weight_map": {"a": "a.safetensors""#, "expected } in the index"),
      ("{\(map)} x", "something follows the index's object"),
      ("{\(map), \(map)}", "weight_map occurs twice"),
      (#"{"weight_map": {"a": "a.safetensors", "a": "b.safetensors"}}"#, "the index has the tensor twice"),
      (#"{"weight_map": {"a": 1}}"#, "expected \" in the index"),
      (#"{"metadata": {"x": {}}}"#, "expected a string or a number in the index"),
      (
        #"{"weight_map": {"a": "../a.safetensors"}}"#,
        #"the index names the shard "../a.safetensors", expected a file in its own folder"#
      ),
      (
        #"{"weight_map": {"a": ".."}}"#, #"the index names the shard "..", expected a file in its own folder"#
      ),
      (
        #"{"weight_map": {"b": "a.safetensors"}}"#,
        "the shard a.safetensors has the tensor, the index does not have it"
      ),
      (
        #"{"weight_map": {"a": "b.safetensors", "b": "b.safetensors"}}"#,
        "the index puts the tensor in b.safetensors, which does not have it"
      ),
      (
        #"{"weight_map": {"a": "b.safetensors", "b": "a.safetensors"}}"#,
        "the shard a.safetensors has the tensor, the index puts it in b.safetensors"
      ),
    ])
  func malformed(index: String, what: String) throws {
    let folder = try Self.folder(index: index)
    let path = folder.file("model.safetensors.index.json")
    let error = #expect(throws: FormatError.self) { try ShardedSafetensorsArchive(path: path) }
    #expect(error?.kind == .malformed(what))
    #expect(error?.path == path)
  }

  @Test("names the shard that is missing")
  func missingShard() throws {
    let folder = try Self.folder(index: #"{"weight_map": {"a": "c.safetensors"}}"#)
    let error = #expect(throws: FormatError.self) {
      try ShardedSafetensorsArchive(path: folder.file("model.safetensors.index.json"))
    }
    #expect(error?.path == folder.file("c.safetensors"))
  }
}
