// Pickles made to break out, to break the reader, or to take all memory; and tensors that are not what they say.

import SedgeTensor
import SedgeTorch
import TestSupport
import Testing

/// What opening a checkpoint of this pickle throws.
private func fault(_ pickle: [UInt8], storages: [String: [UInt8]] = [:]) throws -> FormatError {
  let folder = try TemporaryFolder()
  let path = try folder.write(checkpoint(pickle, storages: storages).bytes, to: "file.pth")
  return try #require(throws: FormatError.self) { try TorchArchive(path: path) }
}

/// A pickle and what is wrong with it.
struct BadPickle: CustomTestStringConvertible {
  var name: String
  var pickle: [UInt8]
  var kind: FormatError.Kind
  var testDescription: String { name }

  /// A pickle that is refused because of something that it uses.
  init(_ name: String, refused what: String, _ value: [UInt8]) {
    self.name = name
    pickle = Pickle.whole(value)
    kind = .unsupported(what, advice: advice)
  }

  /// A pickle that mentions a Python object.
  init(_ object: String, _ value: [UInt8]) {
    self.init(object, refused: "the Python object \(object)", value)
  }

  init(malformed what: String, _ value: [UInt8]) {
    name = what
    pickle = Pickle.whole(value)
    kind = .malformed(what)
  }
}

private let command = Pickle.text("touch /tmp/owned")
private func ascii(_ text: String) -> [UInt8] { Array(text.utf8) }
private let system = Pickle.global("os", "system")

@Suite("PyTorch's pickles")
struct PickleTests {
  static let hostile: [BadPickle] = [
    BadPickle("os.system", Pickle.call(system, [command])),
    BadPickle("posix.system", Pickle.call(Pickle.global("posix", "system"), [command])),
    BadPickle("builtins.eval", Pickle.call(Pickle.global("builtins", "eval"), [command])),
    BadPickle("__builtin__.exec", Pickle.call(Pickle.global("__builtin__", "exec"), [command])),
    BadPickle("builtins.getattr", Pickle.call(Pickle.global("builtins", "getattr"), [command])),
    BadPickle("extension code 7", [0x82, 7]),
    BadPickle("extension code 513", [0x83, 1, 2]),
    BadPickle("extension code 1", [0x84, 1, 0, 0, 0]),
    BadPickle("subprocess.Popen", Pickle.global("subprocess", "Popen") + Pickle.tuple([command]) + [0x81]),
    BadPickle("pickle.loads", Pickle.call(Pickle.global("pickle", "loads"), [command])),
    BadPickle("torch.load", Pickle.call(Pickle.global("torch", "load"), [command])),
    BadPickle("torch.hub.load", Pickle.call(Pickle.global("torch.hub", "load"), [command])),
    BadPickle("collections.namedtuple", Pickle.call(Pickle.global("collections", "namedtuple"), [command])),
    // STACK_GLOBAL, with names as they are and out of the memo.
    BadPickle(
      "os.popen", Pickle.text("os") + Pickle.text("popen") + [0x93] + Pickle.tuple([command]) + ascii("R")),
    BadPickle("nt.system", Pickle.text("nt") + ascii("q\u{1}0h\u{1}") + Pickle.text("system") + [0x93]),
    BadPickle("torch.nn.Module.apply", Pickle.text("torch") + Pickle.text("nn.Module.apply") + [0x93]),
    // INST and OBJ.
    BadPickle("os.execv", ascii("(") + command + ascii("ios\nexecv\n")),
    BadPickle("os.spawnl", ascii("(cos\nspawnl\n") + command + ascii("o")),
    BadPickle("os.abort", Pickle.global("os", "abort") + Pickle.tuple([]) + ascii("}") + [0x92]),
    BadPickle("a text called", refused: "a call of a text in its pickle", Pickle.call(command, [command])),
    BadPickle("a list called", refused: "a call of a list in its pickle", Pickle.call(ascii("]"), [])),
    BadPickle(
      "a dtype called", refused: "a call of a storage class or an element type in its pickle",
      Pickle.call(Pickle.global("torch", "float32"), [])),
    BadPickle("attributes of a list", refused: "attributes of a list in its pickle", ascii("]}b")),
    BadPickle(
      "attributes of a class", refused: "attributes of a type or function in its pickle",
      Pickle.global("collections", "OrderedDict") + ascii("}b")),
  ]

  @Test(
    "A pickle that would run something runs nothing, and is refused by the name of it", arguments: hostile)
  func refusesHostile(_ pickle: BadPickle) throws {
    #expect(try fault(pickle.pickle).kind == pickle.kind)
  }

  @Test("The refusal has advice")
  func wordsRefusal() throws {
    let error = try fault(Pickle.whole(Pickle.call(system, [command])))
    #expect(
      error.description.hasSuffix("file.pth: uses the Python object os.system, which is not read; \(advice)"))
  }

  /// Values beside a tensor, and what they are called.
  static let opaque: [(value: [UInt8], reason: String)] = [
    (Pickle.call(system, [command]), "an object of os.system"),
    (Pickle.global("os", "kill"), "the Python object os.kill"),
    (ascii("(") + command + ascii("ios\nexecv\n"), "an object of os.execv"),
    (ascii("(cos\nspawnl\n") + command + ascii("o"), "an object of os.spawnl"),
    (Pickle.global("os", "abort") + ascii(")}") + [0x92], "an object of os.abort"),
    (Pickle.call(system, []) + ascii("}b"), "an object of os.system"),
    (Pickle.call(system, []) + ascii("](Ne") + ascii("0"), "an object of os.system"),
    (Pickle.call(system, []) + ascii("(Ne"), "an object of os.system"),
    (Pickle.call(Pickle.call(system, []), []), "an object of os.system"),
    (
      Pickle.call(Pickle.global("copy_reg", "_reconstructor"), [system, system, ascii("N")]),
      "an object of os.system"
    ),
    (Pickle.call(Pickle.global("copyreg", "__newobj__"), [system]), "an object of os.system"),
    (ascii("P0\n"), "an object outside the pickle"),
    ([0x97], "a buffer outside the pickle"),
    ([0x97, 0x98], "a buffer outside the pickle"),
    ([0x8F] + ascii("(N") + [0x90], "a set"),
    (ascii("B") + bytes(UInt32(3)) + ascii("abc"), "bytes"),
    (ascii("X") + bytes(UInt32(9000)) + [UInt8](repeating: 0x41, count: 9000), "a text"),
    (ascii("X") + bytes(UInt32(9000)) + [UInt8](repeating: 0xFF, count: 9000), "a text"),
    ([0x88], "a Boolean"),
  ]

  @Test("Beside a model any object is named and left out, and nothing is run", arguments: opaque)
  func passesOverObjects(_ object: (value: [UInt8], reason: String)) throws {
    let tensor = Pickle.tensor(Pickle.storage(count: 16), shape: [2], strides: [1])
    let root = Pickle.dictionary([
      ("object", object.value), ("model", Pickle.dictionary([("w", tensor), ("inside", object.value)])),
    ])
    let folder = try TemporaryFolder()
    let file = checkpoint(Pickle.whole(root), storages: Self.storages)
    let archive = try TorchArchive(path: folder.write(file.bytes, to: "file.pth"))
    #expect(archive.tensors.map(\.name) == ["w"])
    #expect(archive.skipped.map(\.name) == ["inside", "object"])
    #expect(archive.skipped.map(\.reason) == [object.reason, "\(object.reason) beside the model"])
    #expect(Set(archive.skipped.map(\.isTensor)) == [false])
  }

  @Test(
    "A tensor that an unknown function makes is named as one", arguments: ["my.lib._rebuild", "my.lib.wrap"])
  func namesUnknownTensor(_ name: String) throws {
    let tensor = Pickle.tensor(Pickle.storage(count: 16), shape: [2], strides: [1])
    let function = Pickle.global("my.lib", String(name.dropFirst(7)))
    let root = Pickle.dictionary([("w", tensor), ("x", Pickle.call(function, [tensor]))])
    let folder = try TemporaryFolder()
    let file = checkpoint(Pickle.whole(root), storages: Self.storages)
    let archive = try TorchArchive(path: folder.write(file.bytes, to: "file.pth"))
    #expect(
      archive.skipped == [
        SkippedObject(
          name: "x", reason: "it is made by \(name), which is not known; save it as a plain tensor",
          isTensor: true)
      ])
  }

  @Test("A pickle within a pickle is bytes, and stays unread")
  func leavesNestedPickle() throws {
    let inner = Pickle.whole(Pickle.call(system, [command]))
    let value = Pickle.dictionary([("blob", ascii("B") + bytes(UInt32(inner.count)) + inner)])
    #expect(
      try fault(Pickle.whole(value)).kind
        == .noTensors(besides: [SkippedObject(name: "blob", reason: "bytes")]))
  }

  /// Texts of old protocols and what Python 3 reads them as with `encoding="latin1"`.
  static let texts: [(text: [UInt8], name: String)] = [
    (ascii("U") + [2, 0x61, 0xE9], "a\u{E9}"), (ascii("T") + bytes(UInt32(1)) + [0xFC], "\u{FC}"),
    (ascii("U") + [3, 0xE6, 0x97, 0xA5], "\u{65E5}"), (ascii("S'a\\xe9\\n\\'\\\\'\n"), "a\u{E9}\n'\\"),
    (ascii("S\"a.b\"\n"), "a.b"), (ascii("Va\\u65e5\\U0001f4a9\\q\n"), "a\u{65E5}\u{1F4A9}\\q"),
    (ascii("V") + [0xE9, 0x0A], "\u{E9}"),
  ]

  @Test("Names in texts of Python 2 are read, Latin-1 where they are not UTF-8", arguments: texts)
  func readsOldTexts(_ text: (text: [UInt8], name: String)) throws {
    let tensor = Pickle.tensor(Pickle.storage(count: 16), shape: [2], strides: [1])
    let folder = try TemporaryFolder()
    let file = checkpoint(Pickle.whole(ascii("}") + text.text + tensor + ascii("s")), storages: Self.storages)
    let archive = try TorchArchive(path: folder.write(file.bytes, to: "file.pth"))
    #expect(archive.tensors.map(\.name) == [text.name])
  }

  /// An array as Python 2 wrote it: its bytes are a text.
  private static func oldArray(_ elements: [UInt8], type: String = "f4", count: Int) -> [UInt8] {
    let multiarray = Pickle.global("numpy.core.multiarray", "_reconstruct")
    let dtype = Pickle.call(Pickle.global("numpy", "dtype"), [Pickle.text(type), [0x89], [0x88]])
    let order =
      Pickle.tuple([Pickle.integer(3), Pickle.text("<"), ascii("N"), ascii("N"), ascii("N")]) + ascii("b")
    let state = [
      Pickle.integer(1), Pickle.integers([count]), dtype + order, [0x89],
      ascii("T") + bytes(UInt32(elements.count)) + elements,
    ]
    return Pickle.call(multiarray, [Pickle.global("numpy", "ndarray"), Pickle.integers([0]), ascii("N")])
      + Pickle.tuple(state) + ascii("b")
  }

  @Test("Arrays that Python 2 wrote are read", arguments: [2, 5000])
  func readsOldArrays(_ count: Int) throws {
    let values = (0..<count).map { Float($0) - 3 }
    let pickle = Pickle.whole(
      Pickle.dictionary([("w", Self.oldArray(values.flatMap { bytes($0.bitPattern) }, count: count))]))
    let folder = try TemporaryFolder()
    for file in [pickle, checkpoint(pickle).bytes] {
      let archive = try TorchArchive(path: folder.write(file, to: "file"))
      #expect(try archive.floats(archive.info("w")).values == values)
    }
  }

  @Test("An array whose bytes do not fill its shape is refused")
  func refusesArrays() throws {
    let pickle = Pickle.whole(Pickle.dictionary([("w", Self.oldArray([0, 0, 0, 0], count: 2))]))
    #expect(try fault(pickle).kind == .malformed("an array of 2 float32 has 4 bytes of elements"))
    let huge = Pickle.whole(Pickle.dictionary([("w", Self.oldArray([0, 0, 0, 0], count: .max))]))
    #expect(try fault(huge).kind == .malformed("an array of \(Int.max) float32 has 4 bytes of elements"))
  }

  /// `{"a": X, "b": X}`, where X is the same again, `depth` times.
  private static func doubled(_ depth: Int) -> [UInt8] {
    var value = ascii("}")
    for level in 0..<UInt8(depth) {
      value += ascii("q") + [level] + ascii("0}(")
      value += Pickle.text("a") + ascii("h") + [level] + Pickle.text("b") + ascii("h") + [level] + ascii("u")
    }
    return value
  }

  static let malformed: [BadPickle] = [
    BadPickle(malformed: "the pickle is cut short", ascii("X") + bytes(UInt32.max)),
    BadPickle(malformed: "the pickle is cut short", [0x8D] + bytes(UInt64.max)),
    BadPickle(malformed: "the pickle is cut short", [0x8D] + bytes(UInt64(Int64.max))),
    BadPickle(malformed: "the pickle is cut short", [0x8E] + bytes(UInt64(1) << 40)),
    BadPickle(malformed: "the pickle is cut short", [0x95] + bytes(UInt64.max)),
    BadPickle(malformed: "the pickle is cut short", [0x8B] + bytes(Int32.max)),
    BadPickle(malformed: "the pickle is cut short", ascii("cos")),
    BadPickle(malformed: "an integer has -1 bytes", [0x8B] + bytes(Int32(-1))),
    BadPickle(malformed: "the pickle ends with 0 values, expected 1", []),
    BadPickle(malformed: "the pickle ends with 2 values, expected 1", ascii("NN")),
    BadPickle(malformed: "the pickle ends with 1 values, expected 1", ascii("N(")),
    BadPickle(malformed: "the pickle takes a value from an empty stack", ascii("0")),
    BadPickle(malformed: "the pickle takes a value from an empty stack", ascii("N(a")),
    BadPickle(malformed: "the pickle takes values from a mark that is not set", ascii("Nt")),
    BadPickle(malformed: "the memo has no value 9", ascii("h\u{9}")),
    BadPickle(malformed: "a memo index is no number", ascii("Np-1\n")),
    BadPickle(malformed: "a dictionary has a key without a value", ascii("}(Nu")),
    BadPickle(malformed: "values are added to a list", ascii("](N") + [0x90]),
    BadPickle(
      malformed: "the named arguments of a call are no dictionary",
      Pickle.global("os", "abort") + ascii(")N") + [0x92]),
    BadPickle(malformed: "keys are set in a list", ascii("]NNs")),
    BadPickle(malformed: "values are appended to a dictionary", ascii("}Na")),
    BadPickle(malformed: "a text has no quotes around it", ascii("Swords\n")),
    BadPickle(malformed: "the pickle has the opcode 255, which does not exist", [0xFF]),
    BadPickle(
      malformed: "a global is named by None and a text, expected texts", ascii("N") + command + [0x93]),
    BadPickle(malformed: "a call has a list of arguments, expected a tuple", ascii("N]R")),
    BadPickle(malformed: "a persistent id is None", ascii("NQ")),
    BadPickle(malformed: "a persistent id is no storage", ascii(")Q")),
    BadPickle(malformed: "the storage 0 has -1 elements", Pickle.storage(count: -1)),
    BadPickle(malformed: "the storage 0 has \(Int.max) elements", Pickle.storage(count: .max)),
    BadPickle(
      "a list for a state dict", refused: "a list in the place of a dictionary of tensors",
      ascii("]q\u{1}h\u{1}a")),
    BadPickle(
      "a tuple for a state dict", refused: "a tuple in the place of a dictionary of tensors",
      ascii("N") + [UInt8](repeating: 0x85, count: 200_000)),
    BadPickle(
      malformed: "dictionaries nest deeper than 32, or in themselves",
      ascii("}q\u{1}") + Pickle.text("a") + ascii("h\u{1}s")),
    BadPickle(malformed: "the names in nested dictionaries are more than a model has", doubled(30)),
    BadPickle(
      malformed: "an OrderedDict is made of something else than a list of pairs",
      Pickle.call(Pickle.global("collections", "OrderedDict"), [ascii("](NNNe")])),
    BadPickle(
      malformed: "a parameter is made of something else than a tensor",
      Pickle.call(Pickle.global("torch._utils", "_rebuild_parameter"), [ascii("N")])),
  ]

  @Test("A pickle that breaks the rules is refused", arguments: malformed)
  func refusesMalformed(_ pickle: BadPickle) throws {
    #expect(try fault(pickle.pickle).kind == pickle.kind)
  }

  private static let tooManySteps = "a pickle of more than \(1 << 25) opcodes and bytes of texts"
  private static let tooManyValues = "a pickle of more than \(1 << 20) values"

  static let endless: [BadPickle] = [
    BadPickle("values", refused: tooManyValues, [UInt8](repeating: UInt8(ascii: "N"), count: 1 << 21)),
    BadPickle("marks", refused: tooManyValues, [UInt8](repeating: UInt8(ascii: "("), count: 1 << 21)),
    BadPickle("tuples", refused: tooManyValues, ascii("](") + [UInt8](repeating: 0x29, count: 1 << 21)),
    BadPickle(
      "lists in lists", refused: tooManyValues, (0..<1 << 21).flatMap { _ in [0x5D, 0x32, 0x61] as [UInt8] }),
    BadPickle(
      "dictionaries", refused: tooManyValues,
      ascii("}") + (0..<1 << 20).flatMap { _ in ascii("(NNu") }),
    BadPickle(
      "copies of pairs", refused: tooManyValues,
      ascii("](") + (0..<1000).flatMap { _ in ascii("NN") + [0x86] } + ascii("eq\u{1}0")
        + (0..<2000).flatMap { _ in
          Pickle.global("collections", "OrderedDict") + ascii("h\u{1}") + [0x85] + ascii("R0")
        }),
    BadPickle(
      "texts", refused: tooManySteps,
      [[UInt8]](
        repeating: ascii("X") + bytes(UInt32(4096)) + [UInt8](repeating: 0x41, count: 4096) + ascii("0"),
        count: 1 << 13
      ).flatMap { $0 }),
    BadPickle(
      "memo entries", refused: "a pickle of more than \(1 << 20) memo entries",
      ascii("N") + (0...UInt32(1 << 20)).flatMap { ascii("r") + bytes($0 &* 4001) }),
  ]

  @Test(
    "Pickles without end are refused before they take memory", arguments: endless)
  func boundsPickles(_ pickle: BadPickle) throws {
    #expect(try fault(pickle.pickle).kind == pickle.kind)
  }

  /// Sixteen floats: element i is i.
  private static let storages = ["0": (0..<16).flatMap { bytes(Float($0).bitPattern) }]

  private static func outside(_ shape: String, _ strides: [Int], _ offset: Int = 0) -> FormatError.Kind {
    .malformed(
      "\(shape) elements with strides \(strides) from \(offset) on reach outside the storage 0 of 16")
  }

  private static let notATensor = FormatError.Kind.malformed(
    "a tensor is made of other things than storage, offset, size and stride")

  static let views: [(offset: Int, shape: [Int], strides: [Int], kind: FormatError.Kind)] = [
    (1, [4, 4], [4, 1], outside("4x4", [4, 1], 1)),
    (0, [4, 4], [5, 1], outside("4x4", [5, 1])),
    (16, [], [], outside("scalar", [], 16)),
    (17, [0], [1], outside("0", [1], 17)),
    (.max, [1], [1], outside("1", [1], .max)),
    (0, [2], [.max], outside("2", [.max])),
    (0, [3], [.max], outside("3", [.max])),
    (0, [.max, 1], [1, 1], .malformed("\(Int.max)x1 elements are more than memory can have")),
    (
      0, [1 << 31, 1 << 31], [0, 0],
      .malformed("2147483648x2147483648 elements are more than memory can have")
    ),
    (0, [1 << 40], [0], .unsupported("a view that makes 1099511627776 elements of 16", advice: advice)),
    (0, [16], [-1], notATensor),
    (-1, [16], [1], notATensor),
    (0, [-16], [1], notATensor),
    (0, [4, 4], [1], notATensor),
    (0, [Int](repeating: 1, count: 65), [Int](repeating: 1, count: 65), notATensor),
  ]

  @Test("A view that leaves its storage, or cannot be, is refused", arguments: views)
  func refusesViews(_ view: (offset: Int, shape: [Int], strides: [Int], kind: FormatError.Kind)) throws {
    let tensor = Pickle.tensor(
      Pickle.storage(count: 16), offset: view.offset, shape: view.shape, strides: view.strides)
    let error = try fault(Pickle.whole(Pickle.dictionary([("w", tensor)])), storages: Self.storages)
    #expect(error.kind == view.kind)
    if view.kind != Self.notATensor { #expect(error.tensor == "w") }
  }

  static let largeViews: [(shape: [Int], strides: [Int])] = [
    ([700, 600], [1, 700]), ([600, 234], [700, 3]), ([7, 600, 50], [100, 700, 2]),
    ([20, 2], [21_000, 10_000]),
    ([100, 10, 6, 70], [7, 700, 70_000, 10]), ([3, 600], [0, 700]), ([420_000], [1]),
  ]

  @Test("Views of storages larger than a read window are whole", arguments: largeViews, [0, 5])
  func readsLargeViews(_ view: (shape: [Int], strides: [Int]), _ offset: Int) throws {
    let count = 420_005
    let storage = (0..<count).flatMap { bytes(Float($0).bitPattern) }
    let tensor = Pickle.tensor(
      Pickle.storage(count: count), offset: offset, shape: view.shape, strides: view.strides)
    let folder = try TemporaryFolder()
    let file = checkpoint(Pickle.whole(Pickle.dictionary([("w", tensor)])), storages: ["0": storage])
    let archive = try TorchArchive(path: folder.write(file.bytes, to: "file.pth"))
    let expected = zip(view.shape, view.strides).reduce([offset]) { elements, axis in
      elements.flatMap { element in (0..<axis.0).map { element + $0 * axis.1 } }
    }
    #expect(try archive.floats(archive.info("w")).values == expected.map(Float.init))
  }

  @Test(
    "A storage that is not there, or is of another size, is refused",
    arguments: [
      ("0", 15, "its storage 0 has 64 bytes, expected 60"),
      ("0", 17, "its storage 0 has 64 bytes, expected 68"),
      ("1", 16, "its storage 1 is missing"), ("../data.pkl", 16, "its storage ../data.pkl is missing"),
    ])
  func refusesStorages(_ key: String, _ count: Int, _ what: String) throws {
    let tensor = Pickle.tensor(Pickle.storage(key: key, count: count), shape: [2], strides: [1])
    let error = try fault(Pickle.whole(Pickle.dictionary([("w", tensor)])), storages: Self.storages)
    #expect(error.kind == .malformed(what))
    #expect(error.tensor == "w")
  }

  @Test("A name that occurs twice is refused")
  func refusesDuplicates() throws {
    let tensor = Pickle.tensor(Pickle.storage(count: 16), shape: [2], strides: [1])
    let value = Pickle.dictionary([("a.w", tensor), ("a", Pickle.dictionary([("w", tensor)]))])
    let error = try fault(Pickle.whole(value), storages: Self.storages)
    #expect(error.kind == .malformed("the name occurs twice"))
    #expect(error.tensor == "a.w")
  }

  /// A checkpoint's dictionaries, as `key: names`, where a key has dots for those that nest, and what is listed of them.
  struct Layout: CustomTestStringConvertible {
    var entries: [(key: String, names: [String])]
    var listed: [String]
    /// How many elements the tensors have, by the first character of their names; 2 where nothing is said.
    var counts: [Character: Int] = [:]
    var testDescription: String { entries.map { "\($0.key): \($0.names.count)" }.joined(separator: ", ") }

    init(_ entries: [(String, [String])], listed: [String], counts: [Character: Int] = [:]) {
      self.entries = entries.map { (key: $0.0, names: $0.1) }
      self.listed = listed
      self.counts = counts
    }
  }

  private static let weights = ["a.w", "a.b", "c.w"]

  static let layouts: [Layout] = [
    // One model, under the keys that are known.
    Layout([("model", ["a.w"]), ("state_dict", weights)], listed: weights),
    Layout([("module", ["a.x"]), ("model", ["a.y"])], listed: ["a.y"]),
    Layout([("model_state_dict", ["a.w"]), ("other", ["x", "y", "z", "u"])], listed: ["a.w"]),
    Layout(
      [("model", ["x", "y"]), ("", ["bare0", "bare1", "bare2"])],
      listed: ["model.x", "model.y", "bare0", "bare1", "bare2"]),
    Layout([("model", weights), ("", ["p", "q", "r"])], listed: weights),
    // Under another.
    Layout(
      [("state_dict_ema", weights), ("", ["step"])], listed: weights.map { "state_dict_ema.\($0)" },
      counts: ["s": 1]),
    Layout(
      [("trainer.net", weights), ("trainer.meter", ["n"])], listed: weights.map { "trainer.net.\($0)" },
      counts: ["n": 1]),
    Layout([("image", weights), ("text", ["e.w"])], listed: weights.map { "image.\($0)" } + ["text.e.w"]),
    Layout([("other", ["x", "y"])], listed: ["other.x", "other.y"]),
    // The same model more than once.
    Layout(
      [("model_ema", weights), ("model", weights)],
      listed: weights.map { "model.\($0)" } + weights.map { "model_ema.\($0)" }),
    Layout(
      [("net", weights), ("net_ema", weights), ("", ["step"])],
      listed: weights.map { "net.\($0)" } + weights.map { "net_ema.\($0)" }, counts: ["s": 1]),
    Layout(
      [
        ("state_dict", weights), ("callbacks.EMA.ema", weights.map { "module.\($0)" }),
        ("callbacks.EMA", ["n"]),
      ],
      listed: weights.map { "state_dict.\($0)" } + weights.map { "callbacks.EMA.ema.module.\($0)" }),
    Layout(
      [("teacher", weights), ("student", weights)],
      listed: weights.map { "teacher.\($0)" } + weights.map { "student.\($0)" }),
    Layout([("model", weights), ("ema", ["a.w", "x.y", "u.v"])], listed: weights),
    // An optimizer's state by names is no model.
    Layout(
      [("model", weights), ("optimizer.state", weights), ("optimizer.param_groups", [])], listed: weights),
  ]

  @Test("The model is found by what it holds, and every copy of it is listed", arguments: layouts)
  func findsModels(_ layout: Layout) throws {
    var offset = 0
    let tensor = { (name: String) in
      // Each is another part of the storage, for what is the same tensors is listed once.
      offset = (offset + 1) % 14
      let count = name.first.flatMap { layout.counts[$0] } ?? 2
      return Pickle.tensor(Pickle.storage(count: 16), offset: offset, shape: [count], strides: [1])
    }
    func value(_ path: String) -> [UInt8] {
      let inner = layout.entries.compactMap { entry -> String? in
        guard path.isEmpty || entry.key.hasPrefix(path + "."), entry.key != path else { return nil }
        return String(entry.key.dropFirst(path.isEmpty ? 0 : path.count + 1).prefix { $0 != "." })
      }
      var keys: [String] = []
      for key in inner where !keys.contains(key) { keys.append(key) }
      let own = layout.entries.filter { $0.key == path }.flatMap(\.names).map { ($0, tensor($0)) }
      return Pickle.dictionary(keys.map { ($0, value(path.isEmpty ? $0 : "\(path).\($0)")) } + own)
    }
    let folder = try TemporaryFolder()
    let file = checkpoint(Pickle.whole(value("")), storages: Self.storages)
    let archive = try TorchArchive(path: folder.write(file.bytes, to: "file.pth"))
    #expect(archive.tensors.map(\.name) == layout.listed)
  }

  @Test("The same tensors under two keys are one model")
  func listsOnce() throws {
    let model = Pickle.dictionary([
      ("a.w", Pickle.tensor(Pickle.storage(count: 16), shape: [2], strides: [1]))
    ])
    let folder = try TemporaryFolder()
    let file = checkpoint(
      Pickle.whole(Pickle.dictionary([("model", model), ("net", model)])), storages: Self.storages)
    let archive = try TorchArchive(path: folder.write(file.bytes, to: "file.pth"))
    #expect(archive.tensors.map(\.name) == ["a.w"])
    #expect(archive.skipped == [SkippedObject(name: "net", reason: "a dictionary beside the model")])
  }
}
