// Files made by PyTorch (Fixtures/make_torch.py), read as archives of tensors.

import SedgeTensor
import SedgeTorch
import TestSupport
import Testing

/// Opens one of the fixtures.
private func archive(_ name: String) throws -> TorchArchive {
  try TorchArchive(path: fixture("torch/\(name).pth"))
}

extension TensorArchive {
  /// The tensor of a name.
  func info(_ name: String) throws -> TensorInfo {
    try #require(tensors.first { $0.name == name }, "no tensor \(name)")
  }
}

/// The fixtures' rule: element i is i / 4 - 3.
private func expectedFloat(_ i: Int) -> Float { Float(i) / 4 - 3 }

@Suite("PyTorch")
struct TorchArchiveTests {
  static let files = [
    "types", "types_legacy", "protocol3", "protocol4", "protocol5", "types_deflated", "types_zip64",
    "types_big_endian",
  ]

  @Test(
    "Every floating-point type reads as the numbers that were written",
    arguments: files + ["protocol4_legacy"], [ElementType.float16, .bfloat16, .float32, .float64])
  func readsFloats(_ name: String, _ elementType: ElementType) throws {
    let file = try archive(name)
    let info = try file.info(elementType.rawValue)
    #expect(info.elementType == elementType)
    #expect(try file.floats(info) == Tensor(shape: [3, 4], values: (0..<12).map(expectedFloat)))
  }

  @Test(
    "Every integer type reads as the numbers that were written",
    arguments: files, [ElementType.int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64])
  func readsIntegers(_ name: String, _ elementType: ElementType) throws {
    let isUnsigned = elementType.rawValue.hasPrefix("u")
    if name == "types_legacy", isUnsigned, elementType != .uint8 { return }  // that form does not have them
    let file = try archive(name)
    let info = try file.info(elementType.rawValue)
    #expect(info.elementType == elementType)
    #expect(info.shape == [3, 4])
    let first = isUnsigned ? 0 : -3
    #expect(try file.integers(info) == Array(first..<first + 12))
  }

  @Test("Booleans, scalars and empty tensors are tensors", arguments: files)
  func readsSpecialShapes(_ name: String) throws {
    let file = try archive(name)
    #expect(try file.info("bool").elementType == .bool)
    #expect(try file.integers(file.info("bool")) == [1, 0, 1])
    #expect(try file.floats(file.info("scalar")) == Tensor(shape: [], values: [-3]))
    #expect(try file.floats(file.info("empty")) == Tensor(shape: [0, 4], values: []))
    #expect(file.skipped.isEmpty)
    #expect(file.formatName == "PyTorch")
  }

  @Test("The directory is in the order of the state dict")
  func keepsOrder() throws {
    #expect(
      try archive("types").tensors.map(\.name) == [
        "float16", "bfloat16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16",
        "uint32", "uint64", "bool", "scalar", "empty",
      ])
  }

  /// A view of one of the bases: its name, its shape, and which element each of its elements is.
  static let views: [(name: String, shape: [Int], indices: [Int])] = [
    ("base", [6, 8], Array(0..<48)),
    ("rows", [2, 8], Array(16..<32)),
    ("columns", [6, 2], (0..<6).flatMap { [$0 * 8 + 3, $0 * 8 + 4] }),
    ("column", [6], (0..<6).map { $0 * 8 + 7 }),
    ("every_other", [3, 3], [1, 3, 5].flatMap { row in [0, 3, 6].map { row * 8 + $0 } }),
    ("transposed", [8, 6], (0..<8).flatMap { column in (0..<6).map { $0 * 8 + column } }),
    ("expanded", [4, 8], (0..<4).flatMap { _ in Array(8..<16) }),
    ("one_value", [2, 3], Array(repeating: 27, count: 6)),
    ("element", [], [47]),
    ("no_rows", [0, 8], []),
    ("channels_last", [2, 3, 4, 5], Array(0..<120)),
    (
      "permuted", [5, 3, 2, 4],
      (0..<5).flatMap { a in
        (0..<3).flatMap { b in (0..<2).flatMap { c in (0..<4).map { c * 60 + b * 20 + $0 * 5 + a } } }
      }
    ),
    ("diagonal", [5], (0..<5).map { $0 * 6 }),
    ("windows", [4, 4], (0..<4).flatMap { i in (0..<4).map { 2 * i + $0 } }),
    ("last", [3], [45, 46, 47]),
  ]

  @Test(
    "Views of shared storages read row-major, whatever their strides",
    arguments: ["views", "views_legacy", "views_deflated"], views)
  func readsViews(_ name: String, _ view: (name: String, shape: [Int], indices: [Int])) throws {
    let file = try archive(name)
    let expected = Tensor(shape: view.shape, values: view.indices.map(expectedFloat))
    #expect(try file.floats(file.info(view.name)) == expected)
  }

  @Test(
    "A state dict is found alone and with the state of its training, which is listed as skipped",
    arguments: [("bare", 0, [:]), ("checkpoint", 1, training), ("checkpoint_legacy", 1, training)])
  func findsStateDict(_ name: String, _ batches: Int, _ skipped: [String: String]) throws {
    let file = try archive(name)
    #expect(
      file.tensors.map(\.name) == [
        "linear.weight", "linear.bias", "norm.weight", "norm.bias", "norm.running_mean", "norm.running_var",
        "norm.num_batches_tracked",
      ])
    for name in ["linear.weight", "linear.bias", "norm.weight", "norm.bias"] {
      let tensor = try file.floats(file.info(name))
      #expect(tensor.values == (0..<tensor.count).map(expectedFloat))
    }
    #expect(try file.integers(file.info("norm.num_batches_tracked")) == [batches])
    #expect([String: String](uniqueKeysWithValues: file.skipped.map { ($0.name, $0.reason) }) == skipped)
  }

  private static let training = [
    "optimizer": "a dictionary beside the model", "scheduler": "a dictionary beside the model",
    "iteration": "an integer beside the model",
  ]

  @Test("Parameters are tensors, with and without attributes of their own")
  func readsParameters() throws {
    let file = try archive("parameters")
    #expect(file.tensors.map(\.name) == ["weight", "frozen", "tagged"])
    #expect(try file.floats(file.info("weight")).values == (0..<6).map(expectedFloat))
    #expect(try file.floats(file.info("tagged")).values == (0..<2).map(expectedFloat))
  }

  @Test("Dictionaries in a state dict are joined to names with dots")
  func joinsNames() throws {
    let file = try archive("nested")
    #expect(file.tensors.map(\.name) == ["a.weight", "a.b.bias"])
    #expect(try file.floats(file.info("a.b.bias")).values == (0..<3).map(expectedFloat))
    #expect(file.skipped.map(\.name) == ["epoch"])
    #expect(file.skipped.map(\.reason) == ["an integer"])
  }

  @Test("Integers, lists of integers and texts outside of the state dict are listed by their keys")
  func attributes() throws {
    let file = try archive("arguments")
    #expect(file.tensors.map(\.name) == ["w"])
    #expect(file.attributes.map(\.place) == ["arguments.pth"])
    #expect(
      file.attributes.first?.values == [
        "args.text_heads": "8", "args.pooling": "[2, 2]", "args.name": "sed", "epoch": "3",
      ])
    #expect(try archive("bare").attributes == [])
  }

  @Test("A tensor of another type outside of the model is no error")
  func passesOverComplexBesideModel() throws {
    let file = try archive("complex_beside")
    #expect(file.tensors.map(\.name) == ["w"])
    #expect(file.skipped.map(\.reason) == ["a tensor beside the model"])
  }

  /// Tensors that are not read, and why, as what follows "is in the file, but".
  private static let unread = [
    "qint8": "it is quantized (qint8); save the float model's state dict",
    "per_channel": "it is quantized (qint8); save the float model's state dict",
    "coo": "it is sparse; save it dense: tensor.to_dense()",
    "csr": "it is sparse; save it dense: tensor.to_dense()",
    "meta": "it holds no values: was saved from the meta device; save the model after its weights are loaded",
    "nested": "it is a nested tensor; save its parts one by one",
    "complex": "it is complex (complex64); save its real part: tensor.real",
    "conjugate": "its negation or conjugation is pending; save it resolved: tensor.resolve_neg()",
    "exponents": "its elements are of type float8_e8m0fnu; save them as float32: tensor.float()",
  ]

  @Test("A tensor that cannot be read as numbers is named, with what to do, and blocks no other")
  func passesOverTensors() throws {
    let file = try archive("unread")
    #expect(file.tensors.map(\.name) == ["w"])
    #expect(try file.floats(file.info("w")).values == (0..<6).map(expectedFloat))
    #expect([String: String](uniqueKeysWithValues: file.skipped.map { ($0.name, $0.reason) }) == Self.unread)
    #expect(Set(file.skipped.map(\.isTensor)) == [true])
  }

  static let refused: [(name: String, skipped: SkippedObject)] = [
    (
      "complex",
      SkippedObject(
        name: "a.weight", reason: "it is complex (complex64); save its real part: tensor.real", isTensor: true
      )
    ),
    (
      "quantized",
      SkippedObject(
        name: "w", reason: "it is quantized (qint8); save the float model's state dict", isTensor: true)
    ),
    (
      "sparse",
      SkippedObject(name: "w", reason: "it is sparse; save it dense: tensor.to_dense()", isTensor: true)
    ),
  ]

  @Test("A file without a tensor that is read is refused by what stands in the way", arguments: refused)
  func refuses(_ file: (name: String, skipped: SkippedObject)) throws {
    let error = try #require(throws: FormatError.self) { try archive(file.name) }
    #expect(error.kind == .noTensors(besides: [file.skipped]))
    #expect(error.path == fixture("torch/\(file.name).pth"))
    #expect(
      error.description.hasSuffix(
        "holds no tensor that is read; \(file.skipped.name): \(file.skipped.reason)"))
  }

  @Test("A TorchScript program is refused")
  func refusesProgram() throws {
    let error = try #require(throws: FormatError.self) { try archive("script") }
    #expect(error.kind == .unsupported("a TorchScript program", advice: advice))
  }

  @Test(
    "Every number of 8 bits is the one that PyTorch makes of it", arguments: ["float8_e4m3fn", "float8_e5m2"])
  func readsFloat8(_ name: String) throws {
    let file = try archive("every_float8")
    #expect(try file.info(name).elementType.rawValue == name)
    let values = try file.floats(file.info(name)).values
    let expected = try file.floats(file.info(name + ".float")).values
    #expect(values.count == 256)
    for (value, other) in zip(values, expected) {
      #expect(value.isNaN ? other.isNaN : value.bitPattern == other.bitPattern)
    }
    #expect(
      try (try archive("float8")).floats(try archive("float8").info("w")).values == (0..<4).map(expectedFloat)
    )
  }

  @Test("A module that was pickled whole is its parameters and buffers, as its state dict has them")
  func readsModule() throws {
    let (module, stateDict) = (try archive("module"), try archive("bare"))
    #expect(Set(module.tensors) == Set(stateDict.tensors))
    for info in stateDict.tensors where info.elementType == .float32 {
      #expect(try module.floats(module.info(info.name)) == stateDict.floats(info))
    }
    #expect(
      module.notes == [
        "a whole module was saved, an object of __main__.Block: its parameters and buffers are read, its code is not"
      ])
  }

  @Test("Attributes and subclasses of tensors do not change their elements")
  func readsTagged() throws {
    let file = try archive("tagged")
    for name in ["attribute", "subclass"] {
      #expect(try file.floats(file.info(name)) == Tensor(shape: [2, 3], values: (0..<6).map(expectedFloat)))
    }
  }

  /// What trainers keep beside a model, by the keys of the fixture, and what it is called.
  private static let besides = [
    "namespace": "argparse.Namespace", "datetime": "datetime.datetime", "path": "pathlib.PurePosixPath",
    "subclass": "trainer.AttributeDict", "history": "trainer.History", "enum": "trainer.Mode",
    "deque": "collections.deque", "device": "torch.device", "version": "torch.torch_version.TorchVersion",
    "array": "a NumPy array", "set": "a set", "frozenset": "a set", "factory": "a dictionary",
    "function": "the Python object torch._C._nn.gelu", "text": "a text", "long": "a long integer",
  ]

  @Test(
    "Objects of trainers outside of the model are named and skipped, whatever they are",
    arguments: ["beside1", "beside2", "beside4", "beside5", "beside_legacy"])
  func passesOverObjects(_ name: String) throws {
    let file = try archive(name)
    #expect(file.tensors.map(\.name) == ["w"])
    #expect(try file.floats(file.info("w")).values == (0..<6).map(expectedFloat))
    let reasons = [String: String](uniqueKeysWithValues: file.skipped.map { ($0.name, $0.reason) })
    #expect(reasons.count == 30)
    for (key, kind) in Self.besides {
      let article = kind.contains(" ") ? "" : "an object of "
      #expect(reasons[key] == "\(article)\(kind) beside the model", "\(key)")
    }
  }

  @Test(
    "NumPy's arrays are tensors, in any order of elements and bytes",
    arguments: ["arrays.pth", "arrays_deflated.pth", "arrays0.pkl", "arrays2.pkl", "arrays5.pkl"])
  func readsArrays(_ name: String) throws {
    let file = try TorchArchive(path: fixture("torch/\(name)"))
    #expect(file.skipped.map(\.name) == ["__author__", "matching_heuristics"])
    #expect(file.tensors.count == 15)
    let expected = Tensor(shape: [3, 4], values: (0..<12).map(expectedFloat))
    for name in ["float16", "float32", "float64", "fortran", "big_endian", "big_endian_fortran"] {
      #expect(try file.floats(file.info(name)) == expected, "\(name)")
    }
    for name in ["int8", "int16", "int64", "uint8", "uint32"] {
      #expect(try file.info(name).elementType.rawValue == name)
      #expect(try file.integers(file.info(name)) == Array(0..<12), "\(name)")
    }
    #expect(try file.integers(file.info("bool")) == [1, 0, 1])
    #expect(try file.floats(file.info("scalar")) == Tensor(shape: [], values: [-3]))
    #expect(try file.floats(file.info("empty")) == Tensor(shape: [0, 4], values: []))
    // Axes 1, 2, 0 of 2 x 3 x 4: element (a, b, c) is number 12 c + 4 a + b.
    var permuted: [Float] = []
    for a in 0..<3 {
      for b in 0..<4 {
        for c in 0..<2 { permuted.append(Float(12 * c + 4 * a + b)) }
      }
    }
    #expect(try file.floats(file.info("permuted")) == Tensor(shape: [3, 4, 2], values: permuted))
  }

  @Test("Tensors that Python's own pickle wrote are read out of the files within it", arguments: [2, 4])
  func readsPickledTensors(_ version: Int) throws {
    let file = try TorchArchive(path: fixture("torch/tensors\(version).pkl"))
    #expect(file.tensors.map(\.name) == ["w", "b"])
    #expect(try file.floats(file.info("w")) == Tensor(shape: [2, 3], values: (0..<6).map(expectedFloat)))
    #expect(try file.integers(file.info("b")) == [-3, -2, -1])
  }

  @Test("Files of both forms are recognized, and others are not")
  func recognizes() throws {
    for name in ["small", "small_legacy", "protocol4_legacy"] {
      let file = try InputFile(path: fixture("torch/\(name).pth"))
      #expect(TorchArchive.recognizes(try file.bytes(at: 0, count: 32)))
    }
    for name in ["arrays0.pkl", "arrays2.pkl", "arrays5.pkl"] {
      let file = try InputFile(path: fixture("torch/\(name)"))
      #expect(TorchArchive.recognizes(try file.bytes(at: 0, count: 32)))
    }
    let others: [[UInt8]] = [
      [], [0x80], [0x80, 2, 0x8A], Array("PK".utf8), Array("PK\u{5}\u{6}".utf8), [0x80, 6, 0x7D, 0x2E],
      [0x80, 2] + Array("words".utf8), Array("words".utf8),
    ]
    for bytes in others { #expect(!TorchArchive.recognizes(bytes), "\(bytes)") }
  }
}
