// ONNX files that break the format's rules.

import SedgeONNX
import SedgeTensor
import TestSupport
import Testing

@Suite("Malformed ONNX files")
struct MalformedTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A file, and what is wrong with it.
  struct Malformed: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    let kind: FormatError.Kind

    init(_ name: String, _ bytes: [UInt8], _ kind: FormatError.Kind) {
      (testDescription, self.bytes, self.kind) = (name, bytes, kind)
    }

    init(_ name: String, _ bytes: [UInt8], _ what: String) { self.init(name, bytes, .malformed(what)) }
  }

  private static let start = Message().varint(1, 8)
  private static let weight = tensor("w", [2])
  private static let eightBytes = [UInt8](repeating: 0, count: 8)

  static let wire = [
    Malformed("nothing", [], "it has no ir_version"),
    Malformed("no graph", start.bytes, "it has no graph"),
    Malformed(
      "no operator set", start.message(7, Message()).bytes,
      "it has no opset_import, which follows the graph; it may be cut short"),
    Malformed("two graphs", model(Message()) + Message().message(7, Message()).bytes, "it has two graphs"),
    Malformed("a newer format", Message().varint(1, 99).bytes, .newerVersion(found: 99, supported: 14)),
    Malformed("a negative version", Message().varint(1, -1).bytes, "it has no ir_version"),
    Malformed("field 0", start.raw([0x02, 0]).bytes, "ModelProto has a field of number 0, which cannot be"),
    Malformed(
      "a field number of more than 29 bits", start.raw(Message.varint(1 << 32)).bytes,
      "ModelProto has a field of number 536870912, which cannot be"),
    Malformed(
      "a group", start.raw([5 << 3 | 3]).bytes, "field 5 of ModelProto is a group, which ONNX does not have"),
    Malformed(
      "a group's end", model(Message().raw([5 << 3 | 4])),
      "field 5 of GraphProto is a group, which ONNX does not have"),
    Malformed(
      "wire type 6", start.raw([5 << 3 | 6]).bytes, "field 5 of ModelProto has the unknown wire type 6"),
    Malformed(
      "wire type 7", start.raw([5 << 3 | 7]).bytes, "field 5 of ModelProto has the unknown wire type 7"),
    Malformed(
      "a varint of eleven bytes", [8] + [UInt8](repeating: 0x80, count: 10) + [0],
      "a varint in ModelProto has more than 64 bits"),
    Malformed(
      "a varint of 65 bits", [8] + [UInt8](repeating: 0xFF, count: 9) + [2],
      "a varint in ModelProto has more than 64 bits"),
    Malformed("a varint cut short", [8, 0x80], .truncated(expectedBytes: 3, actualBytes: 2)),
    Malformed(
      "a length past the end of the file", start.raw([7 << 3 | 2, 100]).bytes,
      .truncated(expectedBytes: 104, actualBytes: 4)),
    Malformed(
      "a length of 64 bits", start.raw([7 << 3 | 2] + Message.varint(-1)).bytes,
      .truncated(expectedBytes: .max, actualBytes: 13)),
    Malformed(
      "a length past the end of its message", model(Message().raw([5 << 3 | 2, 5])),
      "field 5 of GraphProto claims 5 bytes, more than the message has"),
    Malformed(
      "a varint past the end of its message", model(Message().raw([5 << 3 | 2, 0x80])),
      "a varint in GraphProto does not end, more than the message has"),
    Malformed(
      "a graph that is a number", start.varint(7, 1).bytes, "ModelProto.graph has the wrong wire type"),
    Malformed(
      "a version that is a text", Message().text(1, "8").bytes,
      "ModelProto.ir_version has the wrong wire type"),
    Malformed(
      "a name that is no UTF-8", model(initializer: Message().bytes(8, [0xFF, 0xFE])),
      "TensorProto.name is not UTF-8"),
    Malformed(
      "a name without end", model(initializer: tensor(String(repeating: "n", count: 65_537), [])),
      "TensorProto.name has 65537 bytes, more than the 65536 allowed"),
  ]

  static let tensors = [
    Malformed("no name", model(initializer: floats("", [1], [1])), "a tensor has no name"),
    Malformed(
      "two of one name", model(Message().message(5, floats("w", [1], [1])).message(5, floats("w", [1], [1]))),
      "two tensors have this name"),
    Malformed("a negative dimension", model(initializer: tensor("w", [-2])), "the shape -2 cannot be"),
    Malformed(
      "a size that overflows", model(initializer: tensor("w", [1 << 40, 1 << 40])),
      "the shape 1099511627776x1099511627776 cannot be"),
    Malformed(
      "65 dimensions", model(initializer: tensor("w", [Int](repeating: 1, count: 65))),
      "a tensor has more than 64 dimensions"),
    Malformed(
      "a million dimensions, packed",
      model(initializer: Message().bytes(1, [UInt8](repeating: 1, count: 1_000_000))),
      "a tensor has more than 64 dimensions"),
    Malformed(
      "too few raw bytes", model(initializer: weight.bytes(9, [1, 2, 3])),
      "raw_data has 3 bytes, 2 of float32 takes 8"),
    Malformed(
      "too many raw bytes", model(initializer: weight.bytes(9, eightBytes + [0])),
      "raw_data has 9 bytes, 2 of float32 takes 8"),
    Malformed(
      "a size taken on the file's word", model(initializer: tensor("w", [1 << 50])),
      "float_data has 0 elements, 1125899906842624 takes 1125899906842624"),
    Malformed(
      "raw bytes twice", model(initializer: weight.bytes(9, eightBytes).bytes(9, eightBytes)),
      "a tensor has raw_data twice"),
    Malformed(
      "elements in two places", model(initializer: weight.bytes(9, eightBytes).float(4, 1).float(4, 1)),
      "its elements are in more than one place"),
    Malformed(
      "elements of another type", model(initializer: weight.bytes(7, [1, 2])),
      "elements of type float32 are in int64_data, not in float_data"),
    Malformed(
      "too few elements", model(initializer: weight.float(4, 1)), "float_data has 1 elements, 2 takes 2"),
    Malformed(
      "half an element", model(initializer: weight.bytes(4, [0, 0, 0, 0, 0])),
      "float_data has 5 bytes, no multiple of 4"),
    Malformed(
      "a packed varint without end", model(initializer: tensor("w", type: 7, [1]).bytes(7, [0x80])),
      "int64_data ends within a varint"),
    Malformed(
      "floats of eight bytes", model(initializer: weight.double(4, 1)),
      "TensorProto.float_data has the wrong wire type"),
    Malformed(
      "segments", model(initializer: weight.message(3, Message())),
      .unsupported("a tensor in segments", advice: "save the model anew with its data")),
    Malformed(
      "a constant that nothing takes",
      model(
        Message().message(
          1,
          Message().text(4, "Constant").message(5, Message().text(1, "value").message(5, floats("", [], [1])))
        )),
      "a Constant node gives nothing"),
  ]

  @Test("Broken messages are refused", arguments: wire)
  func refusesMessages(_ file: Malformed) throws {
    let path = try folder.write(file.bytes, to: "model.onnx")
    let error = try #require(throws: FormatError.self) { try ONNXArchive(path: path) }
    #expect(error.kind == file.kind)
    #expect(error.path == path)
  }

  @Test("Tensors that contradict themselves are refused", arguments: tensors)
  func refusesTensors(_ file: Malformed) throws {
    let path = try folder.write(file.bytes, to: "model.onnx")
    let error = try #require(throws: FormatError.self) { try ONNXArchive(path: path) }
    #expect(error.kind == file.kind)
    #expect(error.byteOffset != nil)
  }

  @Test("A tensor at fault is named")
  func namesTensor() throws {
    let path = try folder.write(model(initializer: tensor("head.weight", [-1])), to: "model.onnx")
    let error = try #require(throws: FormatError.self) { try ONNXArchive(path: path) }
    #expect(error.tensor == "head.weight")
  }

  @Test("A file cut short anywhere is refused")
  func refusesTruncation() throws {
    let whole = try bytes(of: fixture("onnx/text.onnx"))
    for count in 0..<whole.count {
      let path = try folder.write(Array(whole[..<count]), to: "cut.onnx")
      let error = try #require(throws: FormatError.self) { try ONNXArchive(path: path) }
      // Where a field ends, what is missing is not a part of one but the fields that follow.
      switch error.kind {
      case .truncated(let expected, let actual): #expect(expected > count && actual == count)
      case .malformed(let what): #expect(what.hasPrefix("it has no "))
      default: Issue.record("\(count) bytes: \(error)")
      }
    }
  }

  // MARK: Random damage

  /// Reads all that a file of these bytes has.
  private func read(_ bytes: [UInt8]) throws {
    let archive = try ONNXArchive(path: folder.write(bytes, to: "damaged.onnx"))
    try archive.readAll(archive.tensors + archive.constants)
  }

  @Test(
    "Damage is an error or passes unseen, but never ends the program",
    arguments: ["text.onnx", "image-noted.onnx"])
  func survivesDamage(_ name: String) throws {
    let whole = try bytes(of: fixture("onnx/\(name)"))
    _ = try folder.write(bytes(of: fixture("onnx/image-noted.onnx.data")), to: "image-noted.onnx.data")
    let rounds = 1000
    let refusals = refusals(of: whole, shifting: true, rounds: rounds, read: read)
    #expect(refusals > rounds / 10, "damage to tags and lengths must be noticed")
    #expect(refusals < rounds, "damage to names and elements cannot be")
  }
}
