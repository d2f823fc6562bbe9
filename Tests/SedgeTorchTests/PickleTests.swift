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
    BadPickle("subprocess.Popen", Pickle.global("subprocess", "Popen") + Pickle.tuple([command]) + [0x81]),
    BadPickle("pickle.loads", Pickle.call(Pickle.global("pickle", "loads"), [command])),
    BadPickle("torch.load", Pickle.call(Pickle.global("torch", "load"), [command])),
    BadPickle("torch.hub.load", Pickle.call(Pickle.global("torch.hub", "load"), [command])),
    BadPickle("collections.namedtuple", Pickle.call(Pickle.global("collections", "namedtuple"), [command])),
    BadPickle("argparse.Namespace", Pickle.dictionary([("args", Pickle.global("argparse", "Namespace"))])),
    // STACK_GLOBAL, with names as they are and out of the memo.
    BadPickle(
      "os.popen", Pickle.text("os") + Pickle.text("popen") + [0x93] + Pickle.tuple([command]) + ascii("R")),
    BadPickle("nt.system", Pickle.text("nt") + ascii("q\u{1}0h\u{1}") + Pickle.text("system") + [0x93]),
    BadPickle("torch.nn.Module.apply", Pickle.text("torch") + Pickle.text("nn.Module.apply") + [0x93]),
    // INST and OBJ.
    BadPickle("os.execv", ascii("(") + command + ascii("ios\nexecv\n")),
    BadPickle("os.spawnl", ascii("(cos\nspawnl\n") + command + ascii("o")),
    BadPickle("os.abort", Pickle.global("os", "abort") + Pickle.tuple([]) + ascii("}") + [0x92]),
    // Wherever it hides.
    BadPickle(
      "os.kill", Pickle.dictionary([("model", ascii("}")), ("optimizer", Pickle.global("os", "kill"))])),
    BadPickle("os.fork", ascii("}") + Pickle.global("os", "fork") + ascii("b")),
    BadPickle("os.remove", ascii("}") + Pickle.global("os", "remove") + ascii("Ns")),
    BadPickle("os.rename", Pickle.global("os", "rename") + ascii("0}")),
    BadPickle("a number as code", refused: "the extension code 7 in its pickle", [0x82, 7]),
    BadPickle("two bytes as code", refused: "the extension code 513 in its pickle", [0x83, 1, 2]),
    BadPickle("four bytes as code", refused: "the extension code 1 in its pickle", [0x84, 1, 0, 0, 0]),
    BadPickle("a text called", refused: "a call of a text in its pickle", Pickle.call(command, [command])),
    BadPickle("a list called", refused: "a call of a list in its pickle", Pickle.call(ascii("]"), [])),
    BadPickle(
      "a dtype called", refused: "a call of a storage class or an element type in its pickle",
      Pickle.call(Pickle.global("torch", "float32"), [])),
    BadPickle("attributes of a list", refused: "attributes of a list in its pickle", ascii("]}b")),
    BadPickle(
      "attributes of a class", refused: "attributes of a type or function in its pickle",
      Pickle.global("collections", "OrderedDict") + ascii("}b")),
    BadPickle(
      "named arguments", refused: "an object made from named arguments",
      Pickle.global("collections", "OrderedDict") + ascii(")") + Pickle.dictionary([("a", ascii("N"))]) + [
        0x92
      ]),
    BadPickle("an id in text", refused: "the persistent id 0 in text", ascii("P0\n")),
    BadPickle("a buffer", refused: "buffers outside its pickle", [0x97]),
  ]

  @Test("A pickle that would run something is refused by the name of it", arguments: hostile)
  func refusesHostile(_ pickle: BadPickle) throws {
    #expect(try fault(pickle.pickle).kind == pickle.kind)
  }

  @Test("The fault is where the name is, in words that say what to do")
  func wordsRefusal() throws {
    let error = try fault(Pickle.whole(Pickle.call(system, [command])))
    // The header and the name of the record take 46 bytes, PROTO 2, the name 11.
    #expect(error.byteOffset == 46 + 2 + 11 - 1)
    let words = "uses the Python object os.system, which is not read; \(advice)"
    #expect(error.description.hasSuffix("file.pth: byte 58: \(words)"))
  }

  @Test("A pickle within a pickle is bytes, and stays unread")
  func leavesNestedPickle() throws {
    let folder = try TemporaryFolder()
    let inner = Pickle.whole(Pickle.call(system, [command]))
    let value = Pickle.dictionary([("blob", ascii("B") + bytes(UInt32(inner.count)) + inner)])
    let archive = try TorchArchive(path: folder.write(checkpoint(Pickle.whole(value)).bytes, to: "file.pth"))
    #expect(archive.tensors.isEmpty)
    #expect(archive.skipped.map(\.reason) == ["bytes"])
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
    BadPickle(malformed: "keys are set in a list", ascii("]NNs")),
    BadPickle(malformed: "values are appended to a dictionary", ascii("}Na")),
    BadPickle(malformed: "a text is not UTF-8", [0x8C, 1, 0xFF]),
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
      malformed: "the pickle holds a list, expected a dictionary of tensors", ascii("]q\u{1}h\u{1}a")),
    BadPickle(
      malformed: "the pickle holds a tuple, expected a dictionary of tensors",
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

  @Test("Views of storages larger than what is read at once are whole", arguments: largeViews, [0, 5])
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

  @Test(
    "The dictionary with most tensors is the model",
    arguments: [
      (["model": 1, "state_dict": 2], 0, "state_dict"), (["module": 1, "model": 1], 0, "model"),
      (["model_state": 3, "model": 1], 2, "model_state"),
      (["model_state_dict": 1, "other": 5], 0, "model_state_dict"),
      (["model": 2], 3, "bare"), (["model": 3], 3, "model"), (["other": 2], 0, "other"),
    ])
  func choosesModel(_ counts: [String: Int], _ bareCount: Int, _ expected: String) throws {
    let tensor = Pickle.tensor(Pickle.storage(count: 16), shape: [2], strides: [1])
    let tensors = { (prefix: String, count: Int) in (0..<count).map { ("\(prefix)\($0)", tensor) } }
    let entries =
      counts.sorted { $0.key < $1.key }.map { ($0.key, Pickle.dictionary(tensors($0.key, $0.value))) }
      + tensors("bare", bareCount)
    let folder = try TemporaryFolder()
    let file = checkpoint(Pickle.whole(Pickle.dictionary(entries)), storages: Self.storages)
    let archive = try TorchArchive(path: folder.write(file.bytes, to: "file.pth"))
    let isNested = expected == "bare" || expected == "other"
    #expect(
      archive.tensors.contains { $0.name == "\(isNested && expected == "other" ? "other." : "")\(expected)0" }
    )
    #expect(try archive.floats(archive.tensors[0]).values == [0, 1])
  }
}
