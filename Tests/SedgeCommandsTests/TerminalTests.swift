// What reaches a terminal from a file whose every text tries to steer it.

import Foundation
import SedgeArchitecture
import SedgeContainer
import TestSupport
import Testing

@Suite("Terminal")
struct TerminalTests {
  /// Escape sequences, a bell, marks of direction and line breaks, with a line that would be taken for a verdict.
  private static let attack =
    "\u{1B}[2J\u{1B}]0;t\u{7}\u{9B}31m\u{202E}\u{2066}\u{200D}x\r\nFORGED\n\u{85}end"

  /// The model with the attack in every text but the names of tensors, which it could not run without.
  private static func attacked(_ path: String, to target: String) throws {
    var header = try SedgeFile(path: path).header
    header.sedgeVersion += attack
    for index in header.classLists.indices {
      header.classLists[index].name += attack
      header.classLists[index].classNames = header.classLists[index].classNames.map { $0 + attack }
    }
    header.promptTemplates = header.promptTemplates.map { $0 + attack }
    for index in header.sources.indices {
      header.sources[index].fileName += attack
      header.sources[index].formatName += attack
    }
    header.options = header.options.map { .init(key: $0.key + attack, value: $0.value + attack) }
    header.hyperparameters = header.hyperparameters.map {
      HyperparameterRecord(name: $0.name, origin: .found(place: attack))
    }
    header.hyperparameters.append(HyperparameterRecord(name: "of-later" + attack, origin: .given))
    for index in header.folds.indices where header.folds[index].obstacle != nil {
      header.folds[index].obstacle? += attack
    }
    header.quantization = QuantizationRecord(
      requested: attack, calibration: .init(pictureCount: 3, source: attack, isCompensated: true),
      measuredQuality: .init(
        pictureCount: 3, source: attack, isHeldOut: true, labelChange: 0.1, scoreRMS: 0.1, scoreMaximum: 1,
        classCount: 3))
    let file = try bytes(of: path)
    let headerByteOffset = file[16..<24].reversed().reduce(0) { $0 << 8 | Int($1) }
    let stored = encodeHeader(header)
    let preamble = unsafe Preamble(
      version: Int(file[8]), headerByteOffset: headerByteOffset, headerByteCount: stored.count,
      headerChecksum: checksum(stored.span.bytes))
    try Data(preamble.bytes + file[64..<headerByteOffset] + stored).write(to: URL(fileURLWithPath: target))
  }

  private static let commands: [[String]] = [
    ["inspect", "{model}"], ["inspect", "{model}", "--json"], ["inspect", "{model}", "--values"],
    ["segment", "{model}", skyPicture], ["segment", "{model}", skyPicture, "--json"],
    ["segment", "{model}", skyPicture, "--classes", "a" + attack + "; b"],
    ["diff", "{model}", "{other}"], ["diff", "{model}", "{other}", "--json"],
    ["verify", "{model}", "--against", shapesCheckpoint], ["verify", "{model}", "--against", "{model}"],
    ["export", "{model}", "-o", "{out}/e.safetensors"], ["classify", "{model}", skyPicture],
    ["bench", "{model}", "--runs", "1"], ["convert", "{model}", "-o", "{out}/m.sedge"],
    ["inspect", "{out}/missing" + attack],
    ["segment", "{model}", "{out}/missing" + attack, "--classes", "a"],
    ["inspect", "{model}", "--tensors", "(" + attack],
    ["evaluate", "{model}", "--images", "{out}" + attack, "--labels", "{out}", "--classes", "a; b"],
  ]

  @Test("No command lets a text of a file or an argument through to the terminal", arguments: commands)
  func quiet(command: [String]) throws {
    let folder = try TemporaryFolder()
    let model = folder.file("model.sedge")
    try Self.attacked(Inputs.shared.file("dropped.sedge"), to: model)
    let other = try Inputs.shared.file("f32.sedge")
    let outcome = try SedgeProgram.run(
      command.map {
        $0.replacing("{model}", with: model).replacing("{out}", with: folder.path)
          .replacing("{other}", with: other)
      })
    #expect(![70, -4, -5, -6, -11].contains(outcome.status), "\(outcome)")
    for text in [outcome.output, outcome.diagnostics] {
      let steering = text.unicodeScalars.filter {
        $0 != "\n" && [.control, .format, .lineSeparator].contains($0.properties.generalCategory)
      }
      #expect(
        steering.isEmpty,
        "\(command[0]): \(steering.map { $0.escaped(asASCII: true) }) in \(text.debugDescription)")
    }
    let lines = (outcome.output + outcome.diagnostics).split(separator: "\n")
    #expect(!lines.contains("FORGED") && !lines.contains { $0.hasPrefix("end") }, "\(outcome)")
    if command == ["inspect", "{model}"] {
      #expect(outcome.status == 0, "\(outcome)")
      #expect(
        outcome.output.split(separator: "\n").count { $0.contains(#"\u{1B}[2J"#) } >= 5, "\(outcome.output)")
    }
  }
}
