// The words of the command line, in files that one command records anew.

import Foundation
import SedgeOperators
import TestSupport
import Testing

/// A file of `Snapshots`: command lines, each with the exit code and the text that it printed.
///
/// A test compares what the program prints with the file, or records it where `SEDGE_RECORD_SNAPSHOTS` is set
/// (`Scripts/record-snapshots.sh`). Each case belongs to one test.
enum Snapshot: String, CaseIterable {
  case help
  case inspectOutput = "inspect-output"
  case convertOutput = "convert-output"
  case exportOutput = "export-output"
  case diffOutput = "diff-output"
  case verifyOutput = "verify-output"
  case segmentOutput = "segment-output"
  case classifyOutput = "classify-output"
  case sweepOutput = "sweep-output"
  case gateOutput = "gate-output"
  case estimateOutput = "estimate-output"
  case hostilePickles = "hostile-pickles"
  case hostileLocations = "hostile-locations"
  case readingRefusals = "reading-refusals"
  case convertRefusals = "convert-refusals"
  case quantizationRefusals = "quantization-refusals"
  case exportRefusals = "export-refusals"
  case diffRefusals = "diff-refusals"
  case verifyRefusals = "verify-refusals"
  case segmentRefusals = "segment-refusals"
  case classifyRefusals = "classify-refusals"
  case sweepRefusals = "sweep-refusals"
  case gateRefusals = "gate-refusals"
  case benchRefusals = "bench-refusals"
  case estimateRefusals = "estimate-refusals"
  case evaluateRefusals = "evaluate-refusals"

  /// One command line and what the program printed.
  struct Entry: Equatable {
    var command: String
    /// The exit code, then each line of output and diagnostics behind `out:` or `err:`.
    var transcript: String
  }

  /// The folder of all snapshots.
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Snapshots").path

  private static let isRecording =
    ProcessInfo.processInfo.environment["SEDGE_RECORD_SNAPSHOTS"].map { !$0.isEmpty } ?? false

  private static let prompt = "$ sedge "

  /// The name of the file in ``folder``.
  var fileName: String { "\(rawValue).txt" }

  /// Compares entries with the file, or records them.
  func check(_ entries: [Entry]) throws {
    let path = "\(Self.folder)/\(fileName)"
    let text = entries.map { "\(Self.prompt)\($0.command)\n\($0.transcript)" }.joined(separator: "\n")
    if Self.isRecording {
      try FileManager.default.createDirectory(atPath: Self.folder, withIntermediateDirectories: true)
      try Data(text.utf8).write(to: URL(fileURLWithPath: path))
      return
    }
    guard let recorded = try? String(contentsOfFile: path, encoding: .utf8) else {
      Issue.record("no snapshot \(fileName): run Scripts/record-snapshots.sh")
      return
    }
    guard recorded != text else { return }
    let recordedEntries = Self.entries(in: recorded)
    for entry in entries {
      let expected = recordedEntries.first { $0.command == entry.command }
      #expect(entry.transcript == expected?.transcript, "\(fileName): \(entry.command)")
    }
    #expect(recordedEntries.map(\.command) == entries.map(\.command), "stale entries in \(fileName)")
    #expect(recordedEntries != entries, "\(fileName) differs in blank lines: run Scripts/record-snapshots.sh")
  }

  private static func entries(in text: String) -> [Entry] {
    ("\n" + text).components(separatedBy: "\n" + prompt).dropFirst().map { piece in
      let lines = piece.split(separator: "\n", omittingEmptySubsequences: true).map(String.init)
      return Entry(
        command: lines.first ?? "", transcript: lines.dropFirst().map { $0 + "\n" }.joined())
    }
  }
}

extension SedgeProgram.Outcome {
  /// The run as a snapshot holds it.
  func transcript(_ normalize: (String) -> String = { $0 }) -> String {
    func lines(_ name: String, _ text: String) -> String {
      guard !text.isEmpty else { return "" }
      return normalize(text).trimmingLastNewline.split(separator: "\n", omittingEmptySubsequences: false)
        .map { "\(name):\($0.isEmpty ? "" : " ")\($0)\n" }.joined()
    }
    return "exit \(status)\n" + lines("out", output) + lines("err", diagnostics)
  }
}

extension String {
  fileprivate var trimmingLastNewline: String { hasSuffix("\n") ? String(dropLast()) : self }
}

@Suite("Snapshots")
struct SnapshotTests {
  @Test("Every file of the folder is a snapshot that a test compares, and every snapshot has its file")
  func files() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Snapshot.folder)
    #expect(files.sorted() == Snapshot.allCases.map(\.fileName).sorted())
  }

  @Test("The help of every command is as recorded")
  func help() throws {
    let overview = try SedgeProgram.run(["--help"])
    let commands = overview.output.split(separator: "\n").drop { $0 != "SUBCOMMANDS:" }
      .compactMap { $0.firstMatch(of: #/^  ([a-z]+) /#).map { String($0.1) } }
    #expect(commands.count > 5)
    try Snapshot.help.check(
      ([[]] + commands.map { [$0] }).map { command in
        let arguments = command + ["--help"]
        let outcome = try SedgeProgram.run(arguments, environment: ["COLUMNS": "80"])
        return Snapshot.Entry(
          command: arguments.joined(separator: " "), transcript: outcome.transcript { withoutKernels($0) })
      })
  }

  /// The help with `{kernels}` in place of this machine's kernel sets, in one line, since they decide where lines end.
  private func withoutKernels(_ help: String) -> String {
    help.components(separatedBy: "\n\n").map { paragraph in
      paragraph.contains("SEDGE_KERNELS")
        ? paragraph.replacing("\n", with: " ")
          .replacing(KernelSet.available.joined(separator: ", "), with: "{kernels}")
        : paragraph
    }.joined(separator: "\n\n")
  }
}
