// Reading ONNX files.

import SedgeONNX
import SedgeTensor
import TestSupport
import Testing

@Suite("ONNX files")
struct ONNXArchiveTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func open(initializer: Message) throws -> ONNXArchive {
    try ONNXArchive(path: try folder.write(model(initializer: initializer), to: "model.onnx"))
  }

  /// Two elements of a type in each of the ways that the format has.
  struct Elements: Sendable, CustomTestStringConvertible {
    let type: ElementType
    let number: Int
    let raw: [UInt8]
    let packed: Message
    let unpacked: Message
    var testDescription: String { type.rawValue }

    init(_ type: ElementType, _ number: Int, _ field: Int, _ values: [Int], bytes: [UInt8]) {
      (self.type, self.number, raw) = (type, number, bytes)
      packed = Message().bytes(field, values.flatMap(Message.varint))
      unpacked = values.reduce(Message()) { $0.varint(field, $1) }
    }

    init(_ type: ElementType, _ number: Int, bytes: [UInt8], packed: Message, unpacked: Message) {
      (self.type, self.number, raw) = (type, number, bytes)
      (self.packed, self.unpacked) = (packed, unpacked)
    }
  }

  static let elements = [
    Elements(
      .float32, 1, bytes: [0, 0, 0x80, 0x3F, 0, 0, 0x20, 0xC0],
      packed: Message().bytes(4, [0, 0, 0x80, 0x3F, 0, 0, 0x20, 0xC0]),
      unpacked: Message().float(4, 1).float(4, -2.5)),
    Elements(
      .float64, 11, bytes: littleEndian((1.5).bitPattern) + littleEndian((-0.1).bitPattern),
      packed: Message().bytes(10, littleEndian((1.5).bitPattern) + littleEndian((-0.1).bitPattern)),
      unpacked: Message().double(10, 1.5).double(10, -0.1)),
    Elements(.float16, 10, 5, [0x3C00, 0xC100], bytes: [0, 0x3C, 0, 0xC1]),
    Elements(.bfloat16, 16, 5, [0x3F80, 0xC020], bytes: [0x80, 0x3F, 0x20, 0xC0]),
    Elements(.uint8, 2, 5, [0, 255], bytes: [0, 255]),
    Elements(.int8, 3, 5, [-128, 127], bytes: [0x80, 0x7F]),
    Elements(.uint16, 4, 5, [1, 65535], bytes: [1, 0, 255, 255]),
    Elements(.int16, 5, 5, [-2, 32767], bytes: [0xFE, 0xFF, 0xFF, 0x7F]),
    Elements(.int32, 6, 5, [-1, 70000], bytes: [255, 255, 255, 255, 0x70, 0x11, 1, 0]),
    Elements(.int64, 7, 7, [-1, 1 << 40], bytes: littleEndian(Int64(-1)) + littleEndian(Int64(1 << 40))),
    Elements(.bool, 9, 5, [1, 0], bytes: [1, 0]),
    Elements(.uint32, 12, 11, [1, 4_294_967_295], bytes: [1, 0, 0, 0, 255, 255, 255, 255]),
    Elements(.uint64, 13, 11, [1, -1], bytes: littleEndian(UInt64(1)) + littleEndian(UInt64.max)),
  ]

  @Test("Elements are the same raw, packed, one by one and in an external file", arguments: elements)
  func readsElements(_ elements: Elements) throws {
    let empty = tensor("a.weight", type: elements.number, [2])
    _ = try folder.write([9, 9, 9] + elements.raw, to: "weights.bin")
    let beside = empty.varint(14, 1).entry(13, "location", "weights.bin").entry(13, "offset", "3")
    let ways = [
      empty.bytes(9, elements.raw), empty.raw(elements.packed.bytes), empty.raw(elements.unpacked.bytes),
      beside,
    ]
    for way in ways {
      let archive = try open(initializer: way)
      let expected = TensorInfo(name: "a.weight", elementType: elements.type, shape: [2])
      #expect(archive.tensors == [expected].compactMap { $0 })
      #expect(try archive.bytes(of: archive.tensors[0]) == elements.raw)
    }
  }

  @Test("Typed elements may come in parts, packed and not")
  func joinsParts() throws {
    let archive = try open(
      initializer: tensor("a", type: 6, [5]).varint(5, 1).bytes(5, [2, 3]).varint(5, 4).varint(5, 5))
    #expect(try archive.integers(archive.tensors[0]) == [1, 2, 3, 4, 5])
  }

  @Test("Dimensions may be packed; a scalar has none; an empty tensor has no elements")
  func readsShapes() throws {
    let scalar = floats("scalar", [], [4])
    let empty = tensor("empty", [0, 3])
    let packed = Message().bytes(1, [2, 1]).varint(2, 1).text(8, "packed").bytes(
      9, [UInt8](repeating: 0, count: 8))
    let file = try folder.write(
      model(Message().message(5, scalar).message(5, empty).message(5, packed)), to: "model.onnx")
    let archive = try ONNXArchive(path: file)
    #expect(archive.tensors.map(\.shape) == [[], [0, 3], [2, 1]])
    #expect(try archive.floats(archive.tensors[0]).values == [4])
    #expect(try archive.floats(archive.tensors[1]).values == [])
  }

  @Test(
    "An element that its type does not have is refused when it is read",
    arguments: [
      (9, 2, "int32_data has 2, no element of type bool"),
      (3, 128, "int32_data has 128, no element of type int8"),
      (2, -1, "int32_data has -1, no element of type uint8"),
      (5, 32768, "int32_data has 32768, no element of type int16"),
      (10, 65536, "int32_data has 65536, no element of type float16"),
      (6, 1 << 31, "int32_data has 2147483648, no element of type int32"),
    ])
  func refusesElement(_ type: Int, _ value: Int, _ text: String) throws {
    let archive = try open(initializer: tensor("a.weight", type: type, [1]).varint(5, value))
    let error = try #require(throws: FormatError.self) { try archive.bytes(of: archive.tensors[0]) }
    #expect(error.kind == .malformed(text))
    #expect(error.tensor == "a.weight")
    #expect(error.path == archive.path)
  }

  @Test(
    "Unsupported types are skipped with a reason",
    arguments: [
      (0, "UNDEFINED"), (8, "STRING"), (14, "COMPLEX64"), (15, "COMPLEX128"), (18, "FLOAT8E4M3FNUZ"),
      (22, "INT4"),
      (99, "number 99, which is not known"),
    ])
  func skipsTypes(_ type: Int, _ name: String) throws {
    let archive = try open(initializer: tensor("odd", type: type, [1]).bytes(6, [65]))
    #expect(archive.tensors.isEmpty)
    #expect(
      archive.skipped == [
        SkippedObject(
          name: "odd", reason: "its elements are of type \(name); save it as float32", isTensor: true)
      ])
  }

  @Test("Sparse tensors are skipped with a reason")
  func skipsSparse() throws {
    let sparse = Message().message(1, floats("fc.weight", [1], [2])).varint(3, 4).varint(3, 4)
    let file = try folder.write(model(Message().message(15, sparse)), to: "model.onnx")
    let archive = try ONNXArchive(path: file)
    #expect(
      archive.skipped == [
        SkippedObject(name: "fc.weight", reason: "it is sparse; save it dense", isTensor: true)
      ])
  }

  private func constant(_ name: String, _ shape: [Int], _ values: [Float]) -> Message {
    node("Constant", "", [], [name])
      .message(5, Message().text(1, "value").message(5, floats("", shape, values)))
  }

  @Test("Of functions the constants are read that have the name of a parameter")
  func readsFunctions() throws {
    let function = Message().text(1, "fc").message(7, constant("fc.weight", [1, 2], [3, 4]))
      .message(7, constant("one", [], [1])).message(7, constant("a.weight", [1], [9]))
    let bytes = model(initializer: floats("a.weight", [1], [7]))
    let file = try folder.write(bytes + Message().message(25, function).bytes, to: "model.onnx")
    let archive = try ONNXArchive(path: file)
    #expect(archive.tensors.map(\.name) == ["a.weight", "fc.weight"])
    #expect(try archive.floats(archive.tensors[0]).values == [7])
    #expect(try archive.floats(archive.tensors[1]) == Tensor(shape: [1, 2], values: [3, 4]))
    #expect(archive.notes == ["1 function, of which constants are read only"])
  }

  @Test("A constant may be a list of floats")
  func readsFloatLists() throws {
    let list = Message().text(1, "value_floats").float(7, 1).float(7, -2.5)
    let packed = Message().text(1, "value_floats").bytes(7, littleEndian(Float(4).bitPattern))
    let file = try folder.write(
      model(
        Message().message(1, node("Constant", "", [], ["fc.bias"]).message(5, list))
          .message(1, node("Constant", "", [], ["fc.weight"]).message(5, packed))), to: "model.onnx")
    let archive = try ONNXArchive(path: file)
    #expect(archive.tensors.map(\.shape) == [[2], [1]])
    #expect(try archive.floats(archive.tensors[0]).values == [1, -2.5])
    #expect(try archive.floats(archive.tensors[1]).values == [4])
  }

  @Test("Quantized weights are skipped under their original names")
  func skipsQuantized() throws {
    let graph = Message().message(5, floats("a.bias", [1], [1]))
      .message(5, tensor("a.weight_quantized", type: 3, [2]).bytes(9, [1, 2]))
      .message(5, floats("a.weight_scale", [], [0.5]))
      .message(5, tensor("a.weight_zero_point", type: 3, []).bytes(9, [0]))
      .message(5, tensor("b.weight_Q4", type: 2, [2]).bytes(9, [1, 2]))
      .message(5, floats("b.weight_scales", [1], [0.5]))
    let archive = try ONNXArchive(path: try folder.write(model(graph), to: "model.onnx"))
    #expect(archive.tensors.map(\.name) == ["a.bias"])
    #expect(
      archive.skipped == [
        SkippedObject(
          name: "a.weight",
          reason:
            "it is quantized (int8); give the float model that this one was made from",
          isTensor: true),
        SkippedObject(
          name: "b.weight",
          reason: "it is quantized (uint8); give the float model that this one was made from",
          isTensor: true),
      ])
    #expect(archive.notes == ["2 weights are quantized; give the float model that this one was made from"])
  }

  @Test("A name alone does not make a tensor quantized")
  func readsNamesLikeQuantized() throws {
    let archive = try open(initializer: floats("a.weight_quantized", [1], [1]))
    #expect(archive.tensors.map(\.name) == ["a.weight_quantized"])
    #expect(archive.skipped.isEmpty)
  }

  @Test("A file that ONNX Runtime optimized is noted")
  func notesOptimized() throws {
    let bytes = model(initializer: floats("a", [1], [1]))
    let file = try folder.write(
      bytes + Message().message(8, Message().text(1, "com.microsoft.nchwc").varint(2, 1)).bytes,
      to: "model.onnx")
    #expect(
      try ONNXArchive(path: file).notes == [
        "optimized by ONNX Runtime, which may merge, reorder and rename weights; the file that was exported has them all"
      ])
  }

  @Test("Graphs within nodes are noted")
  func notesBranches() throws {
    let branch = node("If", "if", ["x"], ["y"]).message(
      5, Message().text(1, "then_branch").message(6, Message()))
    let archive = try ONNXArchive(
      path: try folder.write(model(Message().message(1, branch)), to: "model.onnx"))
    #expect(archive.notes == ["1 graph of branches and loops, not read"])
  }

  @Test("Unknown fields are skipped")
  func passesOver() throws {
    let unknown = Message().varint(900, 5).text(901, "x").float(902, 1).double(903, 1)
    let file = try folder.write(
      unknown.bytes + model(unknown.message(5, floats("a", [1], [3]).raw(unknown.bytes))), to: "model.onnx")
    let archive = try ONNXArchive(path: file)
    #expect(try archive.floats(archive.tensors[0]).values == [3])
  }

  @Test("A model is known by its first bytes", arguments: ["image.onnx", "image-noted.onnx", "text.onnx"])
  func recognizes(_ name: String) throws {
    let prefix = try InputFile(path: fixture("onnx/\(name)")).bytes(at: 0, count: 32)
    #expect(ONNXArchive.recognizes(prefix))
  }

  @Test("A model is known whatever the order of its fields")
  func recognizesOrders() throws {
    let file = try InputFile(path: fixture("onnx/text.onnx"))
    let graph = Message().message(7, Message().message(1, node("Add", "add", ["a", "b"], ["c"])))
    let initializer = Message().message(7, Message().message(5, floats("a", [1], [1])))
    let version = Message().varint(1, 8).bytes
    let sets = Message().message(8, Message().varint(2, 18)).bytes
    for bytes in [
      graph.bytes + version + sets, initializer.bytes + version + sets, sets + version + graph.bytes,
      Message().text(2, "pytorch").bytes + version + graph.bytes + sets, version + sets + graph.bytes,
    ] {
      #expect(ONNXArchive.recognizes(bytes))
      #expect(try ONNXArchive(path: try folder.write(bytes, to: "model.onnx")).formatName == "ONNX")
    }
    #expect(ONNXArchive.recognizes(graph.bytes))
    #expect(ONNXArchive.recognizes(try file.bytes(at: 0, count: 4)))
  }

  @Test(
    "Other files are not recognized as models",
    arguments: [
      [], [8], [8, 8, 18], Array("PK\u{3}\u{4}abc".utf8), [8, 0, 0, 0, 0, 0, 0, 0, 0x7B],
      [0x80, 2, 0x8A, 10], Array(":memory: and some text".utf8), Array("{\"irVersion\": \"8\"}".utf8),
      Array("ir_version: 8\nproducer_name".utf8), Array("\u{12}\u{3}abc".utf8),
      [0x3A, 0x05, 0x0A, 0xFF, 0x01, 0x0A],
      [0x89, 0x48, 0x44, 0x46, 13, 10, 26, 10],
    ] as [[UInt8]])
  func doesNotRecognize(_ prefix: [UInt8]) {
    #expect(!ONNXArchive.recognizes(prefix))
  }

  @Test("Short texts of the model's metadata are listed; a long one, or one that is no text, is ignored")
  func metadata() throws {
    let graph = Message().message(5, floats("weight", [1], [1]))
    let whole = Message().varint(1, 8).message(7, graph).message(8, Message().varint(2, 18))
      .entry(14, "text_heads", "8").entry(14, "long", String(repeating: "x", count: 100_000))
      .message(14, Message().bytes(1, [0xFF]).text(2, "y")).message(14, Message().text(1, "alone"))
    let archive = try ONNXArchive(path: try folder.write(whole.bytes, to: "model.onnx"))
    #expect(archive.attributes == [StoredAttributes(place: "model.onnx", values: ["text_heads": "8"])])
  }
}
