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
  /// A shell command that makes the marker, of one length wherever the folder is: snapshots hold byte offsets behind it.
  var command: [UInt8] {
    let command = "touch \(marker) #"
    return Pickle.text(command + String(repeating: " ", count: max(0, 240 - command.utf8.count)))
  }

  init() throws { folder = try TemporaryFolder() }

  /// Gives the file to a command, which must end with 2 and leave everything as it is; its words for a snapshot.
  func entry(
    _ bytes: [UInt8], as name: String, command: String = "inspect", title: String
  ) throws -> Snapshot.Entry {
    let path = try folder.write(bytes, to: name)
    let before = try folder.contents()
    let options = command == "convert" ? ["-o", folder.file("model.sedge")] : []
    let outcome = try SedgeProgram.run([command, path] + options)
    #expect(outcome.status == 2, "\(command): \(title)")
    #expect(try folder.contents() == before, "\(command): \(title)")
    if outcome.output.isEmpty {
      #expect(outcome.diagnostics.hasPrefix("sedge: \(folder.path)"), "\(outcome.diagnostics)")
    }
    return Snapshot.Entry(
      command: "\(command) {out}/\(name) # \(title)",
      transcript: outcome.transcript { $0.replacing(folder.path, with: "{out}") })
  }
}

@Suite("Hostile files")
struct HostileFilesTests {
  /// A value of a pickle that calls `os.system`, or would do as much.
  struct Attack: Sendable, CustomTestStringConvertible {
    var name: String
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
    Attack(name: "STACK_GLOBAL out of the memo", version: 5) {
      short("system") + short("os") + ascii("h\u{1}h\u{0}") + [0x93] + $0 + [0x85] + ascii("R")
    },
    Attack(name: "INST") { ascii("(") + $0 + ascii("ios\nsystem\n") },
    Attack(name: "OBJ") { ascii("(") + system + $0 + ascii("o") },
    Attack(name: "NEWOBJ") { system + Pickle.tuple([$0]) + [0x81] },
    Attack(name: "NEWOBJ_EX", version: 4) { system + Pickle.tuple([$0]) + ascii("}") + [0x92] },
    Attack(name: "getattr") {
      let module = Pickle.call("builtins.__import__", [Pickle.text("os")])
      let function = Pickle.call("builtins.getattr", [module, Pickle.text("system")])
      return function + Pickle.tuple([$0]) + ascii("R")
    },
    Attack(name: "a path of attributes", version: 4) {
      short("torch") + short("os.system") + [0x93] + $0 + [0x85] + ascii("R")
    },
    Attack(name: "EXT1") {
      [0x82, 1] + Pickle.tuple([$0]) + ascii("R")
    },
    Attack(name: "BUILD on a class") {
      Pickle.global("collections.OrderedDict") + Pickle.dictionary([("__setstate__", $0)]) + ascii("b")
    },
    Attack(name: "in a tuple") { Pickle.tuple([Pickle.integer(1), Pickle.call("os.system", [$0])]) },
    Attack(name: "as a key") {
      ascii("}") + Pickle.call("os.system", [$0]) + ascii("Ns")
    },
    Attack(name: "thrown away") {
      Pickle.call("os.system", [$0]) + ascii("0}")
    },
    Attack(name: "in the optimizer's state") {
      let state = Pickle.dictionary([("state", Pickle.call("os.system", [$0]))])
      return Pickle.dictionary([("model", ascii("}")), ("optimizer", state)])
    },
    Attack(name: "as a tensor's hooks") {
      Pickle.call(
        "torch._utils._rebuild_tensor_v2",
        [
          ascii("N"), Pickle.integer(0), Pickle.tuple([]), Pickle.tuple([]), [0x89],
          Pickle.call("os.system", [$0]),
        ])
    },
  ]

  @Test("A pickle is read as data, whichever opcodes its call uses and wherever it is in the file")
  func pickles() throws {
    let trap = try Trap()
    var entries: [Snapshot.Entry] = []
    for attack in Self.attacks {
      let pickle = Pickle.whole(attack.value(trap.command), version: attack.version)
      for command in ["inspect", "convert"] {
        entries.append(
          try trap.entry(TorchFile.zip(pickle), as: "zip.pth", command: command, title: attack.name))
        entries.append(
          try trap.entry(TorchFile.legacy(pickle), as: "legacy.pth", command: command, title: attack.name))
      }
    }
    let call = Pickle.whole(Pickle.call("os.system", [trap.command]))
    let harmless = Pickle.whole(Pickle.ascii("}"))
    for (bytes, title) in [
      (TorchFile.legacy(harmless, system: call), "in the pickle of the system"),
      (TorchFile.legacy(harmless, keys: call), "in the pickle of the keys"),
      (TorchFile.zip(TorchFile.zip(call)), "an archive in place of a pickle"),
      (TorchFile.zip([("a/data.pkl", harmless), ("b/data.pkl", call)]), "two pickles"),
    ] {
      entries.append(try trap.entry(bytes, as: "other.pth", title: title))
    }
    try Snapshot.hostilePickles.check(entries)
  }

  /// Locations of external data that are refused.
  private static let locations = [
    "{out}/weights.bin", "/dev/zero", "../weights.bin", "folder/../../weights.bin", "zero",
    "outside/weights.bin", "pipe", "folder", "missing",
  ]

  @Test("External data of an ONNX file are read from regular files in its folder alone")
  func externalData() throws {
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
    let tensor = StoredTensor(name: "w", shape: [2], values: [0, 0])
    var entries: [Snapshot.Entry] = []
    for location in Self.locations {
      let file = ONNXFile.bytes([tensor], location: location.replacing("{out}", with: trap.folder.path))
      for command in ["inspect", "convert"] {
        entries.append(try trap.entry(file, as: "model.onnx", command: command, title: location))
      }
    }
    try Snapshot.hostileLocations.check(entries)
  }

  @Test("Control characters in names are escaped")
  func controlCharacters() throws {
    let trap = try Trap()
    let pickle = Pickle.whole(
      Self.short("os\n\u{1B}[2J") + Self.short("sys\u{202E}tem") + [0x93], version: 4)
    let refusal = try trap.entry(TorchFile.zip(pickle), as: "m.pth", title: "control characters")
    #expect(refusal.transcript.contains(#" os\n\u{1B}[2J.sys\u{202E}tem, "#), "\(refusal.transcript)")
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
    #expect(outcome.output.contains(#"note: \u{1B}c: "#))
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
    #expect(converted.diagnostics.contains(": \(shown)\n"))
    let different = try SedgeProgram.run(["diff", fixture("tiny/linear.h5"), path])
    #expect(different.status == 0)
    #expect(different.output.contains("  \(shown)\n"))
  }
}
