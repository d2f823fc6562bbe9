// Every command's output fits a terminal of 80 columns.

import SedgeArchitecture
import Foundation
import TestSupport
import Testing

extension SedgeProgram.Outcome {
  /// Makes sure that no line is wider, but for one whose last word is too long for a line, such as a path.
  func expectLines(within columns: Int, _ command: String) {
    for line in wideLines(beyond: columns) {
      Issue.record("\(command): \(line.count) columns: \(line)")
    }
  }

  /// The lines that are wider than a terminal although they could be broken.
  func wideLines(beyond columns: Int) -> [String] {
    (output + "\n" + diagnostics).split(separator: "\n").map(String.init).filter { line in
      // A path is never broken: whatever is before it in its line is the label that belongs to it.
      let words = line.split(separator: " ")
      let longest = words.map(\.count).max() ?? 0
      return line.count > columns && (words.count > 2 || longest + 16 <= columns)
    }
  }
}

@Suite("80 columns")
struct WidthTests {
  @Test("Help has no wider line")
  func help() throws {
    let columns = 80
    let overview = try SedgeProgram.run(["--help"])
    let commands = overview.output.split(separator: "\n").drop { $0 != "SUBCOMMANDS:" }
      .compactMap { $0.firstMatch(of: #/^  ([a-z]+) /#).map { String($0.1) } }
    for command in [[]] + commands.map({ [$0] }) {
      let outcome = try SedgeProgram.run(command + ["--help"], environment: ["COLUMNS": "\(columns)"])
      outcome.expectLines(within: columns, "\(command) --help")
    }
  }

  /// A checkpoint of a published model, without the bytes of its tensors.
  private static func hollow(_ architecture: Architecture, in folder: TemporaryFolder) throws -> String {
    var offset = 0
    let entries = architecture.checkpointTensors.map { tensor in
      let count = 4 * tensor.shape.reduce(1, *)
      defer { offset += count }
      return "\"sem_seg_head.predictor.\(tensor.name)\":{\"dtype\":\"F32\",\"shape\":\(tensor.shape),"
        + "\"data_offsets\":[\(offset),\(offset + count)]}"
    }
    let header = Array("{\(entries.joined(separator: ","))}".utf8)
    let path = try folder.write(littleEndian(UInt64(header.count)) + header, to: "model.safetensors")
    let file = try #require(FileHandle(forWritingAtPath: path))
    try file.truncate(atOffset: UInt64(8 + header.count + offset))
    return path
  }

  @Test("A released model's summary takes a screen of 80 columns, its list of tensors no more columns")
  func released() throws {
    let folder = try TemporaryFolder()
    for (name, architecture) in [("SED-B", Architecture.sedBase), ("SED-L", .sedLarge)] {
      let path = try Self.hollow(architecture, in: folder)
      let summary = try SedgeProgram.run(["inspect", path], environment: ["COLUMNS": "80"])
      // The path can leave no room for the words behind it.
      let words = summary.output.split { $0 == " " || $0 == "\n" }
      #expect(summary.status == 0 && words.prefix(3).dropFirst() == ["fits", Substring(name)], "\(summary)")
      summary.expectLines(within: 80, name)
      #expect(
        summary.output.split(separator: "\n", omittingEmptySubsequences: false).count <= 42,
        "\(summary.output)")
      let list = try SedgeProgram.run(["inspect", path, "--tensors"], environment: ["COLUMNS": "80"])
      list.expectLines(within: 80, "\(name) --tensors")
      #expect(!list.output.contains("…"), "a name was shortened")
    }
  }

  @Test("Statistics of values of every size fit")
  func statistics() throws {
    let folder = try TemporaryFolder()
    let scales: [Float] = [-30, -9, -4, -1, 0, 3, 5.2, 5.9, 6, 12, 30].map { powf(10, $0) }
    let tensors = scales.enumerated().map { index, scale in
      StoredTensor(
        name: "trunk.stages.\(index).blocks.0.conv_dw.weight", shape: [4, 3],
        values: (0..<12).map { (Float($0) - 5.33) * 0.1234567 * scale })
    }
    try StoredTensor.write(tensors, to: folder.file("model.safetensors"))
    let outcome = try SedgeProgram.run(
      ["inspect", folder.file("model.safetensors"), "--stats", "--tensors"], environment: ["COLUMNS": "80"])
    #expect(outcome.output.contains("\nvalues of "))
    outcome.expectLines(within: 80, "inspect --stats")
  }

  @Test("Names of an export fit beside their titles")
  func export() throws {
    let folder = try TemporaryFolder()
    for name in ["f32", "int8", "unfolded", "clip_f32"] {
      let outcome = try SedgeProgram.run(
        [
          "export", Inputs.shared.file("\(name).sedge"), "-o", folder.file("e.safetensors"), "--force",
          "--allow-inexact",
        ], environment: ["COLUMNS": "80"])
      #expect(outcome.status == 0, "\(outcome.diagnostics)")
      // Behind the path of the first line.
      for line in outcome.output.split(separator: "\n").dropFirst() where line.count > 80 {
        Issue.record("\(line.count) columns: \(line)")
      }
    }
  }

  @Test("A line is broken for the width that is asked for, a message on standard error only there")
  func columns() throws {
    let path = try Inputs.shared.file("int8.sedge")
    let narrow = try SedgeProgram.run(["inspect", path], environment: ["COLUMNS": "70"])
    narrow.expectLines(within: 70, "inspect")
    let missing = [
      "inspect", "/a folder with blanks/and a file of a long name, which is not there, with blanks.sedge",
    ]
    let piped = try SedgeProgram.shell(
      "unset COLUMNS; exec \"$0\" \"$@\"", [try SedgeProgram.path()] + missing)
    #expect(piped.diagnostics.split(separator: "\n").count == 1)
    let terminal = try SedgeProgram.run(missing, environment: ["COLUMNS": "40"])
    #expect(terminal.diagnostics.split(separator: "\n").count > 1)
    #expect(terminal.diagnostics.contains(missing[1]), "a path is not broken at its blanks")
  }
}
