// Files that attempt to run code or to read outside of their folder.

import Foundation
import SedgeTensor
import TestSupport
import Testing

/// A folder with a hostile file, and what must not happen there.
private struct Trap {
  let folder: TemporaryFolder
  /// What an attack would make.
  var marker: String { folder.file("owned") }
  /// What it would run.
  var command: [UInt8] { Pickle.text("touch \(marker)") }

  init() throws { folder = try TemporaryFolder() }

  /// Gives the file to a command, which must end with 2, say what it found, and leave everything as it is.
  func neverRuns(_ bytes: [UInt8], as name: String, _ finding: String, command: String = "inspect") throws {
    let path = try folder.write(bytes, to: name)
    let before = try folder.contents()
    let options = command == "convert" ? ["-o", folder.file("model.sedge")] : []
    let outcome = try SedgeProgram.run([command, path] + options)
    #expect(outcome.status == 2)
    #expect(
      (outcome.output + outcome.diagnostics).contains(finding), "\(outcome.output)\(outcome.diagnostics)")
    #expect(try folder.contents() == before)
  }

  /// Gives the file to a command, which must refuse it in one line that names the offence, and leave everything as it is.
  func refuses(_ bytes: [UInt8], as name: String, _ offence: String, command: String = "inspect") throws {
    let path = try folder.write(bytes, to: name)
    let before = try folder.contents()
    let options = command == "convert" ? ["-o", folder.file("model.sedge")] : []
    let outcome = try SedgeProgram.run([command, path] + options)
    #expect(outcome.status == 2)
    #expect(outcome.output == "")
    #expect(outcome.diagnostics.hasPrefix("sedge: \(folder.path)"), "\(outcome.diagnostics)")
    #expect(outcome.diagnostics.contains(offence), "\(outcome.diagnostics)")
    #expect(outcome.diagnostics.count(where: { $0 == "\n" }) == 1)
    #expect(try folder.contents() == before)
  }
}

@Suite("Hostile files")
struct HostileFilesTests {
  /// A value of a pickle that calls `os.system`, or would do as much.
  struct Attack: Sendable, CustomTestStringConvertible {
    var name: String
    /// What is said of it.
    var offence = "uses the Python object os.system, which is not read"
    var version: UInt8 = 2
    /// The value, for a command.
    var value: @Sendable (_ command: [UInt8]) -> [UInt8]

    var testDescription: String { name }
  }

  private static let system = Pickle.global("os.system")
  private static func ascii(_ text: String) -> [UInt8] { Pickle.ascii(text) }
  /// `SHORT_BINUNICODE` and `MEMOIZE`, of protocol 4 and later.
  private static func short(_ text: String) -> [UInt8] {
    [0x8C, UInt8(text.utf8.count)] + ascii(text) + [0x94]
  }

  static let attacks: [Attack] = [
    Attack(name: "protocol 0", version: 0) {
      system + ascii("p0\n(S'") + $0.dropFirst(5) + ascii("'\np1\ntp2\nRp3\n")
    },
    Attack(name: "protocol 1", version: 1) { system + ascii("q\u{0}(") + $0 + ascii("q\u{1}tR") },
    Attack(name: "GLOBAL and REDUCE") { Pickle.call("os.system", [$0]) },
    Attack(name: "protocol 3", version: 3) { system + $0 + [0x85] + ascii("R") },
    Attack(name: "STACK_GLOBAL", version: 4) {
      short("os") + short("system") + [0x93] + $0 + [0x85] + ascii("R")
    },
    Attack(
      name: "STACK_GLOBAL out of the memo",
      offence: "is malformed: the pickle ends with 3 values, expected 1", version: 5
    ) {
      short("system") + short("os") + ascii("h\u{1}h\u{0}") + [0x93] + $0 + [0x85] + ascii("R")
    },
    Attack(name: "INST") { ascii("(") + $0 + ascii("ios\nsystem\n") },
    Attack(name: "OBJ") { ascii("(") + system + $0 + ascii("o") },
    Attack(name: "NEWOBJ") { system + Pickle.tuple([$0]) + [0x81] },
    Attack(name: "NEWOBJ_EX", version: 4) { system + Pickle.tuple([$0]) + ascii("}") + [0x92] },
    Attack(name: "getattr", offence: "uses the Python object builtins.getattr, which is not read") {
      let module = Pickle.call("builtins.__import__", [Pickle.text("os")])
      let function = Pickle.call("builtins.getattr", [module, Pickle.text("system")])
      return function + Pickle.tuple([$0]) + ascii("R")
    },
    Attack(
      name: "a path of attributes", offence: "uses the Python object torch.os.system, which is not read",
      version: 4
    ) { short("torch") + short("os.system") + [0x93] + $0 + [0x85] + ascii("R") },
    Attack(name: "EXT1", offence: "uses the Python object extension code 1, which is not read") {
      [0x82, 1] + Pickle.tuple([$0]) + ascii("R")
    },
    Attack(
      name: "BUILD on a class",
      offence: "uses attributes of a type or function in its pickle, which is not read"
    ) { Pickle.global("collections.OrderedDict") + Pickle.dictionary([("__setstate__", $0)]) + ascii("b") },
    Attack(
      name: "in a tuple", offence: "uses a tuple in the place of a dictionary of tensors, which is not read"
    ) { Pickle.tuple([Pickle.integer(1), Pickle.call("os.system", [$0])]) },
    Attack(name: "as a key", offence: "holds no tensor that is read; (an object of os.system)") {
      ascii("}") + Pickle.call("os.system", [$0]) + ascii("Ns")
    },
    Attack(name: "thrown away", offence: "(the file holds no tensors)") {
      Pickle.call("os.system", [$0]) + ascii("0}")
    },
    Attack(
      name: "in the optimizer's state",
      offence: "holds no tensor that is read; optimizer.state: an object of os.system"
    ) {
      let state = Pickle.dictionary([("state", Pickle.call("os.system", [$0]))])
      return Pickle.dictionary([("model", ascii("}")), ("optimizer", state)])
    },
    Attack(
      name: "as a tensor's hooks",
      offence: "is malformed: a tensor is made of other things than storage, offset, size and stride"
    ) {
      Pickle.call(
        "torch._utils._rebuild_tensor_v2",
        [
          ascii("N"), Pickle.integer(0), Pickle.tuple([]), Pickle.tuple([]), [0x89],
          Pickle.call("os.system", [$0]),
        ])
    },
  ]

  @Test(
    "A pickle is read as data, whichever opcodes its call uses", arguments: attacks, ["inspect", "convert"])
  func pickles(attack: Attack, command: String) throws {
    let trap = try Trap()
    let pickle = Pickle.whole(attack.value(trap.command), version: attack.version)
    try trap.neverRuns(TorchFile.zip(pickle), as: "zip.pth", attack.offence, command: command)
    try trap.neverRuns(TorchFile.legacy(pickle), as: "legacy.pth", attack.offence, command: command)
  }

  @Test("The pickles around the model's are read as data as well")
  func otherPickles() throws {
    let trap = try Trap()
    let call = Pickle.whole(Pickle.call("os.system", [trap.command]))
    let harmless = Pickle.whole(Pickle.ascii("}"))
    try trap.neverRuns(
      TorchFile.legacy(harmless, system: call), as: "system.pth", "(the file holds no tensors)")
    try trap.neverRuns(TorchFile.legacy(harmless, keys: call), as: "keys.pth", "is malformed: ")
  }

  @Test("An archive in place of a pickle is not opened")
  func nestedArchive() throws {
    let trap = try Trap()
    let inner = TorchFile.zip(Pickle.whole(Pickle.call("os.system", [trap.command])))
    try trap.refuses(
      TorchFile.zip(inner), as: "nested.pth", "is malformed: the pickle takes a value from an empty stack")
  }

  @Test("An archive with two pickles is not guessed at")
  func twoPickles() throws {
    let trap = try Trap()
    let call = Pickle.whole(Pickle.call("os.system", [trap.command]))
    let harmless = Pickle.whole(Pickle.ascii("}"))
    let file = TorchFile.zip([("a/data.pkl", harmless), ("b/data.pkl", call)])
    try trap.refuses(file, as: "two.pth", "is malformed: the zip archive holds 2 checkpoints")
  }

  /// What a file of weights is, and the words that refuse it.
  static let locations = [
    ("{folder}/weights.bin", "weights.bin\" for its external data, which is not read; save the model anew"),
    ("/dev/zero", #"uses the absolute path "/dev/zero" for its external data, which is not read"#),
    (
      "../weights.bin",
      #"the location "../weights.bin" of its external data is refused: it leaves the folder"#
    ),
    ("folder/../../weights.bin", "is refused: it leaves the folder"),
    ("zero", "/zero: tensor w: uses a symbolic link out of the model's folder, which is not read"),
    ("outside/weights.bin", "tensor w: uses a symbolic link out of the model's folder, which is not read"),
    ("pipe", "/pipe: tensor w: is no regular file, expected a file"),
    ("folder", "/folder: tensor w: is a directory, expected a file"),
    ("missing", "/missing: tensor w: is missing, and holds weights of "),
  ]

  @Test(
    "Weights beside an ONNX file are files beside it and nothing else", arguments: locations,
    ["inspect", "convert"])
  func externalData(_ location: (String, String), command: String) throws {
    let trap = try Trap()
    let files = FileManager.default
    let at = trap.folder.file
    _ = try trap.folder.write([UInt8](repeating: 0, count: 64), to: "weights.bin")
    try files.createDirectory(atPath: at("folder"), withIntermediateDirectories: false)
    try files.createSymbolicLink(atPath: at("zero"), withDestinationPath: "/dev/zero")
    let outside = try TemporaryFolder()
    _ = try outside.write([UInt8](repeating: 0, count: 64), to: "weights.bin")
    try files.createSymbolicLink(atPath: at("outside"), withDestinationPath: outside.path)
    #expect(unsafe mkfifo(at("pipe"), 0o600) == 0)
    let tensor = StoredTensor(name: "w", type: .float32, shape: [2], bytes: [UInt8](repeating: 0, count: 8))
    let path = location.0.replacing("{folder}", with: trap.folder.path)
    try trap.refuses(
      ONNXFile.bytes([tensor], location: path), as: "model.onnx", location.1, command: command)
  }

  @Test("Control characters in names are escaped")
  func controlCharacters() throws {
    let trap = try Trap()
    let pickle = Pickle.whole(
      Self.short("os\n\u{1B}[2J") + Self.short("sys\u{202E}tem") + [0x93], version: 4)
    try trap.refuses(
      TorchFile.zip(pickle), as: "m.pth",
      #"the Python object os\n\u{1B}[2J.sys\u{202E}tem, which is not read"#)
    let tensor = StoredTensor(
      name: "w\u{1B}]0;title\u{7}\nfits", type: .float32, shape: [1], bytes: [0, 0, 0, 0])
    let path = try trap.folder.write(
      TorchFile.zip(
        Pickle.whole(Pickle.dictionary([("model", Pickle.stateDict([tensor])), ("\u{1B}c", [0x29])])),
        [tensor]),
      to: "names.pth")
    let outcome = try SedgeProgram.run(["inspect", path])
    #expect(outcome.status == 2)
    #expect(outcome.output.contains(#"w\u{1B}]0;title\u{07}\nfits"#))
    #expect(outcome.output.contains(#"note: \u{1B}c: not read, a tuple beside the model"#))
    #expect(
      !outcome.output.unicodeScalars.contains { $0.properties.generalCategory == .control && $0 != "\n" })
  }

  @Test("Control characters in names of other tensors are escaped, in notes and differences")
  func controlCharactersBeside() throws {
    let folder = try TemporaryFolder()
    let stranger = StoredTensor(name: "w\u{1B}[2J\nPASS", shape: [1], values: [0])
    let path = folder.file("more.safetensors")
    try StoredTensor.write(StoredTensor.all(in: fixture("tiny/linear.h5")) + [stranger], to: path)
    let converted = try SedgeProgram.run(
      ["convert", path, "--ignore-unexpected", "-o", folder.file("m.sedge")] + tinyOptions)
    #expect(converted.status == 0)
    let shown = #"w\u{1B}[2J\nPASS"#
    #expect(converted.diagnostics.contains("which are no weights: \(shown)\n"))
    let different = try SedgeProgram.run(["diff", fixture("tiny/linear.h5"), path])
    #expect(different.status == 0)
    #expect(different.output.contains("  \(shown)\n"))
  }
}
