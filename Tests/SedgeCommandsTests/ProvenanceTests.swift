// What files and reports say of their making.

import Foundation
import Sedge
import TestSupport
import Testing

@Suite("Provenance")
struct ProvenanceTests {
  private static func sha256sum(_ line: String, _ arguments: [String]) throws -> String {
    let program =
      FileManager.default.isExecutableFile(atPath: "/usr/bin/sha256sum") ? "sha256sum" : "shasum -a 256"
    let outcome = try SedgeProgram.shell(line.replacing("sha256sum", with: program), ["sh"] + arguments)
    return String(outcome.output.prefix(64))
  }

  @Test("convert prints the digest of its output, and of all that it has read")
  func conversion() throws {
    let folder = try TemporaryFolder()
    let pictures = folder.file("pictures")
    try FileManager.default.createDirectory(atPath: pictures, withIntermediateDirectories: false)
    for name in ["sky", "bricks"] {
      _ = try folder.write(bytes(of: fixture("pictures/\(name).png")), to: "pictures/\(name).png")
    }
    let classes = fixture("shapes/classes.json")
    let arguments =
      [
        "convert", shapesCheckpoint, "-o", folder.file("m.sedge"), "--quantize", "int4", "--calibrate",
        pictures,
        "--classes", classes, "--calibrate-classes", try Inputs.shared.file("three.json"), "--drop-text",
      ] + shapesOptions
    let report = try SedgeProgram.run(arguments + ["--json"]).json()
    #expect(try Self.sha256sum("sha256sum \"$1\"", [folder.file("m.sedge")]) == report["sha256"] as? String)
    let provenance = try #require(report["provenance"] as? [String: Any])
    #expect(provenance["version"] as? String == sedgeVersion)
    #expect(provenance["command"] as? [String] == ["sedge"] + arguments + ["--json"])
    let commit = try #require(provenance["commit"] as? String)
    #expect(commit == "unknown" || [40, 46, 64, 70].contains(commit.utf8.count))
    let set = "sha256sum \"$1\"/* | cut -c 1-64 | LC_ALL=C sort | sha256sum"
    let expected = [
      ("", try Self.sha256sum("sha256sum \"$1\"", [shapesCheckpoint])),
      ("classes", try Self.sha256sum("sha256sum \"$1\"", [classes])),
      ("templates", try Self.sha256sum("sha256sum \"$1\"", [fixture("shapes/templates.json")])),
      ("calibrate-classes", try Self.sha256sum("sha256sum \"$1\"", [try Inputs.shared.file("three.json")])),
      ("calibrate", try Self.sha256sum(set, [pictures])),
    ]
    let inputs = try #require(provenance["inputs"] as? [[String: Any]])
    #expect(inputs.map { $0["option"] as? String ?? "" } == expected.map(\.0))
    #expect(inputs.map { $0["sha256"] as? String } == expected.map(\.1))

    // The file says the same.
    let inspection = try SedgeProgram.run(["inspect", folder.file("m.sedge"), "--json"]).json()
    let header = try #require(inspection["header"] as? [String: Any])
    let record = try #require(header["provenance"] as? [String: Any])
    #expect(record["commit"] as? String == commit)
    #expect(record["kernels"] as? String == provenance["kernels"] as? String)
    let recorded = try #require(record["inputs"] as? [[String: Any]])
    #expect(recorded.map { $0["sha256"] as? String } == expected.dropFirst().map(\.1))
    let text = try SedgeProgram.run(["inspect", folder.file("m.sedge")]).output
    #expect(text.contains(expected[4].1))
  }

  @Test("An uncalibrated file is the same for every kernel set, and names none")
  func kernels() throws {
    let folder = try TemporaryFolder()
    for (index, kernels) in ["portable", ""].enumerated() {
      let outcome = try SedgeProgram.run(
        ["convert", fixture("tiny/linear.h5"), "-o", folder.file("\(index).sedge"), "--quantize", "int8"]
          + tinyOptions, environment: kernels.isEmpty ? [:] : ["SEDGE_KERNELS": kernels])
      #expect(outcome.status == 0, "\(outcome.diagnostics)")
    }
    #expect(try bytes(of: folder.file("0.sedge")) == bytes(of: folder.file("1.sedge")))
    let header = try SedgeProgram.run(["inspect", folder.file("0.sedge"), "--json"]).json()["header"]
    let record = try #require((header as? [String: Any])?["provenance"] as? [String: Any])
    #expect(record["kernels"] == nil)
  }

  @Test(
    "Every report has the program and the command line",
    arguments: ["inspect", "verify", "diff", "export", "estimate", "segment"])
  func reports(_ command: String) throws {
    let folder = try TemporaryFolder()
    let model = try Inputs.shared.file("f32.sedge")
    let arguments: [String] =
      switch command {
      case "verify":
        [command, model, "--against", shapesCheckpoint, "--images", fixture("pictures"), "--no-layers"]
      case "diff": [command, model, model]
      case "export": [command, model, "-o", folder.file("m.safetensors")]
      case "estimate": [command, fixture("tiny/linear.h5"), "--bits", "4"]
      case "segment": [command, model, skyPicture, "--classes", "sky", "--no-text-cache"]
      default: [command, model]
      }
    let outcome = try SedgeProgram.run(arguments + ["--json"])
    let provenance = try #require(
      try outcome.json()["provenance"] as? [String: Any], "\(outcome.diagnostics)")
    #expect(provenance["command"] as? [String] == ["sedge"] + arguments + ["--json"])
    #expect(provenance["commit"] is String && provenance["kernels"] is String)
    #expect(keysNotInSnakeCase(provenance) == [])
  }

  @Test("An error has them too")
  func errors() throws {
    let outcome = try SedgeProgram.run(["inspect", "nothing.h5", "--json"])
    #expect(try outcome.json()["provenance"] is [String: Any])
  }

  #if os(Linux)
    @Test("The commit is that of a checkout, with a mark where it was changed, and of nothing else")
    func commit() throws {
      let folder = try TemporaryFolder()
      let script = URL(fileURLWithPath: fixture("")).appendingPathComponent("../Scripts/source-commit.sh")
        .path
      let line = """
        set -e; cd "$1"; export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null HOME="$1"
        written() { echo "$("$0" "$1")"; }
        mkdir -p p/Sources; echo a > p/Sources/a.swift; cp -r p q
        written p
        cd p; git init -q; git add .; git -c user.name=a -c user.email=a@b commit -qm a; git rev-parse HEAD; cd ..
        written p
        touch p/README; written p
        echo b > p/Sources/b.swift; written p; rm p/Sources/b.swift
        echo b > p/Sources/a.swift; written p
        mkdir -p p/inner/Sources; written p/inner
        """
      let outcome = try SedgeProgram.shell(line, [script, folder.path])
      #expect(outcome.status == 0, "\(outcome.diagnostics)")
      let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      try #require(lines.count == 8)
      let head = lines[1]
      #expect(head.count == 40)
      #expect(lines == ["", head, head, head, head + "-dirty", head + "-dirty", "", ""])
    }
  #endif
}
