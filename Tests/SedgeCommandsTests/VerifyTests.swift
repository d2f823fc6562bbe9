// The verdicts of verify.

import Testing
import TestSupport

@Suite("verify")
struct VerifyTests {
  private static let golden = fixture("shapes/sed_shapes.golden.safetensors")

  @Test("float32 reproduces what the original recorded", arguments: ["f32", "unfolded", "dropped"])
  func golden(name: String) throws {
    let outcome = try SedgeProgram.run([
      "verify", Inputs.shared.file("\(name).sedge"), "--golden", Self.golden,
    ])
    #expect(outcome.status == 0, "\(outcome.output)")
    #expect(outcome.diagnostics == "")
    #expect(outcome.output.hasSuffix("\nPASS\n"))
    #expect(outcome.output.contains("\ntop2\n"))
    #expect(outcome.output.contains(" 100.0%, 100.0%, 100.0%\n"))
  }

  @Test(
    "Every codec stays within its tolerance of the source",
    arguments: ["f32", "f16", "int8", "unfolded", "dropped"])
  func against(name: String) throws {
    let outcome = try SedgeProgram.run([
      "verify", Inputs.shared.file("\(name).sedge"), "--against", shapesCheckpoint, "--images",
      fixture("pictures"),
      "--classes", Inputs.shared.file("three.json"),
    ])
    #expect(outcome.status == 0, "\(outcome.output)")
    #expect(outcome.errors == "")
    #expect(outcome.output.hasSuffix("\nPASS\n"))
    #expect(outcome.output.contains("\nsky.png\n"))
    #expect(outcome.output.contains("186 tensors, all of them exact\n") == (name == "f32"))
  }

  @Test(
    "Bytes in the arithmetic stay within the tolerance of int8, and say nothing else of tensors",
    arguments: ["f32", "int8"])
  func bytes(name: String) throws {
    let outcome = try SedgeProgram.run([
      "verify", Inputs.shared.file("\(name).sedge"), "--golden", Self.golden, "--against", shapesCheckpoint,
      "--images", fixture("pictures"), "--classes", Inputs.shared.file("three.json"), "--compute", "int8",
      "--json",
    ])
    #expect(outcome.status == 0, "\(outcome.output)")
    let reports = try #require(try outcome.json()["reports"] as? [[String: Any]])
    for report in reports {
      let thresholds = try #require(report["thresholds"] as? [String: Any])
      let tensors = try #require(thresholds["tensor_rms"] as? Double)
      #expect(name == "f32" ? tensors == 0 : (0.001...0.05).contains(tensors))
      #expect(thresholds["tap_rms"] as? Double == 0.1)
    }
    // The recorded picture has all of the model's classes; where only others are looked for, scores are nearly alike.
    let runs = try #require(reports[0]["runs"] as? [[String: Any]])
    for run in runs { #expect(try #require(run["equal_labels"] as? Double) >= 0.99) }
    // Bytes do change what is computed.
    let taps = try #require(runs[0]["taps"] as? [[String: Any]])
    let logits = try #require(taps.first { $0["name"] as? String == "logits" }?["figures"] as? [String: Any])
    #expect(try #require(logits["relative_rms_error"] as? Double) > 1e-4)
  }

  @Test("The reference computes within the tolerance of float32, as the kernels do")
  func reference() throws {
    let outcome = try SedgeProgram.run([
      "verify", Inputs.shared.file("f32.sedge"), "--golden", Self.golden, "--compute", "reference",
    ])
    #expect(outcome.status == 0, "\(outcome.output)")
    #expect(outcome.output.hasSuffix("\nPASS\n"))
  }

  @Test("Without pictures it draws its own and says so")
  func synthetic() throws {
    let outcome = try SedgeProgram.run([
      "verify", Inputs.shared.file("int8.sedge"), "--against", shapesCheckpoint,
    ])
    #expect(outcome.status == 0, "\(outcome.output)")
    #expect(outcome.diagnostics.hasPrefix("note: no --images given, "))
    #expect(outcome.output.contains("\nsynthetic 1 (256 x 192)"))
  }

  @Test("A tightened threshold fails, and is named")
  func threshold() throws {
    let outcome = try SedgeProgram.run([
      "verify", Inputs.shared.file("f32.sedge"), "--golden", Self.golden, "--threshold", "tap-max=0",
    ])
    #expect(outcome.status == 1)
    #expect(outcome.diagnostics == "")
    #expect(outcome.output.hasSuffix("\nFAIL\n"))
    #expect(outcome.output.contains("\nout of tolerance: full: logits: "))
  }

  @Test("A single changed weight is found and its tensor named", arguments: ["f32", "f16", "int8"])
  func changedWeight(codec: String) throws {
    let outcome = try SedgeProgram.run([
      "verify", Inputs.shared.file("\(codec).sedge"), "--against", Inputs.shared.file("changed.safetensors"),
      "--images", fixture("pictures"), "--classes", "sky; grass",
    ])
    #expect(outcome.status == 1)
    #expect(outcome.output.hasSuffix("\nFAIL\n"))
    let failures = outcome.output.split(separator: "\n").filter { $0.hasPrefix("out of tolerance: tensor ") }
    #expect(failures.count == 1)
    #expect(
      failures.first?.hasPrefix("out of tolerance: tensor transformer.head0.weight: ")
        == true)
  }

  @Test(
    "--json tells what the text tells",
    arguments: [[], ["--threshold", "score-max=0", "--threshold", "tap-max=0"]])
  func json(options: [String]) throws {
    let arguments =
      [
        "verify", try Inputs.shared.file("f32.sedge"), "--golden", Self.golden, "--against", shapesCheckpoint,
        "--images", fixture("pictures"), "--classes", "sky; grass; red circle",
      ] + options
    let (text, outcome) = (try SedgeProgram.run(arguments), try SedgeProgram.run(arguments + ["--json"]))
    #expect(outcome.status == (options.isEmpty ? 0 : 1))
    #expect(text.status == outcome.status)
    let object = try outcome.json()
    #expect(keysNotInSnakeCase(object) == [])
    #expect(object["passes"] as? Bool == options.isEmpty)
    let reports = try #require(object["reports"] as? [[String: Any]])
    #expect(reports.compactMap { $0["reference"] as? String } == [Self.golden, shapesCheckpoint])
    let failures = reports.flatMap { $0["failures"] as? [String] ?? [] }
    #expect(
      failures.map { "out of tolerance: \($0)" }
        == text.output.split(separator: "\n").filter { $0.hasPrefix("out of tolerance: ") }.map(String.init))
    #expect(failures.isEmpty == options.isEmpty)
    #expect((reports[1]["tensors"] as? [Any])?.count == 186)
    let thresholds = try #require(reports[0]["thresholds"] as? [String: Double])
    #expect(thresholds["labels"] == 0.9999)
    #expect(thresholds["tap_max"] == (options.isEmpty ? 2e-5 : 0))
  }
}
