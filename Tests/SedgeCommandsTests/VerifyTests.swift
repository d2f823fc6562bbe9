// The verdicts of verify.

import Testing
import TestSupport

@Suite("verify")
struct VerifyTests {
  private static let golden = fixture("shapes/sed_shapes.golden.safetensors")

  @Test("float32 reproduces the recording of the original", arguments: ["f32", "unfolded", "dropped"])
  func golden(name: String) throws {
    let outcome = try SedgeProgram.run([
      "verify", Inputs.shared.file("\(name).sedge"), "--golden", Self.golden, "--verbose",
    ])
    #expect(outcome.status == 0, "\(outcome.output)")
    #expect(outcome.diagnostics == "")
    #expect(outcome.output.hasPrefix("PASS: "))
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
      "--classes", Inputs.shared.file("three.json"), "--verbose",
    ])
    #expect(outcome.status == 0, "\(outcome.output)")
    #expect(outcome.errors == "")
    #expect(outcome.output.hasPrefix("PASS: "))
    #expect(outcome.output.contains("\nsky.png\n"))
    #expect(outcome.output.contains("186 tensors, 186 of them exact\n") == (name == "f32"))
  }

  @Test(
    "int8 arithmetic stays within the tolerance of int8, and leaves the tensors' report unchanged",
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
    #expect(outcome.output.hasPrefix("PASS: "))
  }

  @Test("Without images it draws its own and reports it")
  func synthetic() throws {
    let outcome = try SedgeProgram.run([
      "verify", Inputs.shared.file("int8.sedge"), "--against", shapesCheckpoint, "--verbose",
    ])
    #expect(outcome.status == 0, "\(outcome.output)")
    #expect(outcome.diagnostics.hasPrefix("note: no --images given, "))
    #expect(outcome.output.contains("\nsynthetic 1 (256 x 192)"))
  }

  @Test("An exceeded threshold fails and is named")
  func threshold() throws {
    let outcome = try SedgeProgram.run([
      "verify", Inputs.shared.file("f32.sedge"), "--golden", Self.golden, "--threshold", "tap-max=0",
      "--verbose",
    ])
    #expect(outcome.status == 1)
    #expect(outcome.diagnostics == "")
    #expect(outcome.output.hasPrefix("FAIL: "))
    #expect(outcome.output.contains("\nout of tolerance: full: logits: "))
  }

  @Test("A single changed weight is found and its tensor named", arguments: ["f32", "f16", "int8"])
  func changedWeight(codec: String) throws {
    let outcome = try SedgeProgram.run([
      "verify", Inputs.shared.file("\(codec).sedge"), "--against", Inputs.shared.file("changed.safetensors"),
      "--images", fixture("pictures"), "--classes", "sky; grass",
    ])
    #expect(outcome.status == 1)
    #expect(outcome.output.hasPrefix("FAIL: "))
    let failures = outcome.output.split(separator: "\n").filter { $0.hasPrefix("out of tolerance: tensor ") }
    #expect(failures.count == 1)
    #expect(
      failures.first?.hasPrefix("out of tolerance: tensor transformer.head0.weight: ")
        == true)
  }

  @Test(
    "--json agrees with the text",
    arguments: [[], ["--threshold", "score-max=0", "--threshold", "tap-max=0"]])
  func json(options: [String]) throws {
    let arguments =
      [
        "verify", try Inputs.shared.file("f32.sedge"), "--golden", Self.golden, "--against", shapesCheckpoint,
        "--images", fixture("pictures"), "--classes", "sky; grass; red circle",
      ] + options
    let (text, outcome) = (
      try SedgeProgram.run(arguments + ["--verbose"]), try SedgeProgram.run(arguments + ["--json"])
    )
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
        == text.output.replacing("\n  ", with: " ").split(separator: "\n").filter {
          $0.hasPrefix("out of tolerance: ")
        }.map(String.init))
    #expect(failures.isEmpty == options.isEmpty)
    #expect((reports[1]["tensors"] as? [Any])?.count == 186)
    let thresholds = try #require(reports[0]["thresholds"] as? [String: Double])
    #expect(thresholds["labels"] == 0.9999)
    #expect(thresholds["tap_max"] == (options.isEmpty ? 2e-5 : 0))
  }

  @Test(
    "The verdict comes first, then what decides it and the worst layers, within a screen of 80 columns",
    arguments: ["f32", "int8"])
  func summary(name: String) throws {
    let arguments = [
      "verify", try Inputs.shared.file("\(name).sedge"), "--against", shapesCheckpoint, "--images",
      fixture("pictures"),
    ]
    let outcome = try SedgeProgram.run(arguments, environment: ["COLUMNS": "80"])
    #expect(outcome.status == 0, "\(outcome.output)")
    let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.first == "PASS: every figure is within its limit")
    #expect(lines.count <= 30)
    #expect(
      lines.allSatisfy {
        $0.count <= 80 || !$0.contains(" ") || $0.contains(shapesCheckpoint) || $0.contains(".sedge against")
      }, "\(outcome.output)")
    for figure in ["labels ", "scores ", "tensors "] { #expect(outcome.output.contains("\n\(figure)")) }
    #expect(outcome.output.contains("125 layers, none with") == (name == "f32"))
    #expect(outcome.output.contains("cause    its weights are stored as ") == (name == "int8"))
    let object = try SedgeProgram.run([
      "verify", Inputs.shared.file("\(name).sedge"), "--against", shapesCheckpoint, "--images",
      fixture("pictures"), "--json",
    ]).json()
    let report = try #require((object["reports"] as? [[String: Any]])?.first)
    let layers = try #require(report["layers"] as? [[String: Any]])
    #expect(layers.count == 125)
    for layer in layers {
      let local = try #require(layer["local"] as? Double)
      let noise = try #require(layer["noise"] as? Double)
      #expect(abs(try #require(layer["local_over_noise"] as? Double) - local / noise) <= 1e-9 * local / noise)
      #expect(name == "int8" || local == 0)
    }
  }

  @Test("A changed weight is named as the worst layer, with its cause and what to do")
  func worstLayer() throws {
    let outcome = try SedgeProgram.run([
      "verify", Inputs.shared.file("f32.sedge"), "--against", Inputs.shared.file("changed.safetensors"),
      "--images", fixture("pictures"), "--classes", "sky; grass",
    ])
    #expect(outcome.status == 1)
    #expect(outcome.output.hasPrefix("FAIL: "))
    #expect(outcome.output.contains(#/\ntransformer\.head0\.weight +[0-9]/#))
    #expect(outcome.output.contains("\ncause    not what the model was made from, by their SHA-256:"))
    #expect(outcome.output.contains("\nto do    verify against the checkpoint that was converted\n"))
    let without = try SedgeProgram.run([
      "verify", Inputs.shared.file("f32.sedge"), "--against", Inputs.shared.file("changed.safetensors"),
      "--images", fixture("pictures"), "--classes", "sky; grass", "--no-layers",
    ])
    #expect(without.status == 1 && !without.output.contains("layers"))
  }
}
