// The verdicts of verify.

import Foundation
import Testing
import TestSupport

@Suite("verify")
struct VerifyTests {
  private static let golden = fixture("shapes/sed_shapes.golden.h5")

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

  @Test("An exact file passes with many classes, whose largest score differences follow from its logits'")
  func manyClasses() throws {
    let outcome = try SedgeProgram.run([
      "verify", Inputs.shared.file("f32.sedge"), "--against", shapesCheckpoint, "--classes",
      fixture("shapes/classes.json"), "--no-layers", "--json",
    ])
    #expect(outcome.status == 0, "\(outcome.diagnostics)")
    let reports = try #require(try outcome.json()["reports"] as? [[String: Any]])
    for run in try #require(reports[0]["runs"] as? [[String: Any]]) {
      let taps = try #require(run["taps"] as? [[String: Any]])
      let logits = try #require(
        taps.first { $0["name"] as? String == "logits" }?["figures"] as? [String: Any])
      let magnitude = try #require(logits["largest_magnitude"] as? Double)
      let limit = try #require(run["score_max"] as? Double)
      #expect(abs(limit - 2e-5 * magnitude / 4) < 1e-12)
    }
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
    #expect(lines.count <= 33)
    #expect(
      lines.allSatisfy {
        $0.count <= 80 || !$0.contains(" ") || $0.contains(shapesCheckpoint) || $0.contains(".sedge against")
      }, "\(outcome.output)")
    for figure in ["labels ", "scores ", "tensors "] { #expect(outcome.output.contains("\n\(figure)")) }
    #expect(outcome.output.contains("125 layers, none with") == (name == "f32"))
    #expect(outcome.output.contains(": weights stored as ") == (name == "int8"))
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

  @Test("A damaged head changes decisions of early rejection, which are told with what they did")
  func rejection() throws {
    let arguments = [
      "verify", try Inputs.shared.file("unfolded.sedge"), "--against",
      try Inputs.shared.file("changed.safetensors"), "--classes", fixture("shapes/classes.json"),
      "--images", fixture("pictures"), "--no-layers",
    ]
    let text = try SedgeProgram.run(arguments + ["--verbose"])
    let object = try SedgeProgram.run(arguments + ["--json"]).json()
    let report = try #require((object["reports"] as? [[String: Any]])?.first)
    let rejections = try #require(report["rejections"] as? [[String: Any]])
    #expect(rejections.count == 3)
    #expect(rejections.allSatisfy { $0["top_k"] as? Int == 2 && $0["changed_labels"] is Double })
    var count = 0
    for rejection in rejections {
      let stages = try #require(rejection["stages"] as? [[String: Any]])
      #expect(stages.compactMap { $0["stage"] as? Int } == [0, 1, 2])
      #expect(stages[0]["candidates"] as? Int == 54)
      #expect(try #require(stages[0]["score_error"] as? Double) > 0)
      for stage in stages {
        for decision in try #require(stage["decisions"] as? [[String: Any]]) {
          count += 1
          let name = try #require(decision["name"] as? String)
          #expect(text.output.contains(name))
          let closeness = try #require(decision["closeness"] as? Double)
          #expect(decision["is_within_error"] as? Bool == (closeness <= 1))
        }
      }
    }
    #expect(text.output.contains("\nearly rejection: ") && text.output.contains(" decisions"))
    #expect(count == 0 || text.output.contains("early rejection: \(count) of "))
  }

  @Test("Costs are ranked, and a plan is written for convert, but not over another file")
  func costs() throws {
    let folder = try TemporaryFolder()
    let plan = folder.file("plan.json")
    let model = folder.file("int4.sedge")
    let options = [
      "--quantize", "int4", "--text-heads", "4", "--resolution", "128", "--top-k", "3", "--tensor",
      "^transformer.head1=f16", "--templates", fixture("shapes/templates.json"),
    ]
    let converted = try SedgeProgram.run(["convert", shapesCheckpoint, "-o", model] + options)
    #expect(converted.status == 0, "\(converted.diagnostics)")
    let arguments = [
      "verify", model, "--against", shapesCheckpoint, "--images", fixture("pictures"), "--classes",
      fixture("shapes/classes.json"), "--no-layers", "--exact-costs", "2",
    ]
    let outcome = try SedgeProgram.run(
      arguments + ["--suggest", plan], environment: ["COLUMNS": "80"])
    #expect(outcome.status == 0, "\(outcome.diagnostics)")
    #expect(outcome.output.contains("\nthe weights cost "))
    #expect(outcome.output.contains("\n  --tensor='^"))
    #expect(outcome.output.contains("\nplan     "))
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.allSatisfy { $0.count <= 80 || $0.contains("/") || $0.contains("--tensor=") })
    let planned = try SedgeProgram.run(
      ["convert", shapesCheckpoint, "-o", folder.file("planned.sedge"), "--plan", plan] + options)
    #expect(planned.status == 0, "\(planned.diagnostics)")
    #expect(!planned.diagnostics.contains("no checksum"))
    #expect(outcome.output.contains(" tensors in other formats, in"))
    #expect(outcome.output.contains(#/\n +now      [0-9.]+ kB, [0-9.]+% of the labels\n/#))
    // The command that is printed is that conversion, beside the files that it names.
    let command = try #require(outcome.output.firstMatch(of: #/\nnext     (sedge convert (.*\\\n)*.*)\n/#)).1
    _ = try folder.write(TestSupport.bytes(of: fixture("shapes/templates.json")), to: "templates.json")
    let printed = try SedgeProgram.shell(
      "cd \"$1\" && sedge() { \"$0\" \"$@\"; } && \(command)", [SedgeProgram.path(), folder.path])
    #expect(printed.status == 0, "\(command)\(printed.diagnostics)")
    #expect(
      try TestSupport.bytes(of: folder.file("NEW.sedge"))
        == TestSupport.bytes(of: folder.file("planned.sedge")))
    let again = try SedgeProgram.run(arguments + ["--suggest", plan])
    #expect(again.status == 2 && again.diagnostics.contains("--force"))
    let object = try SedgeProgram.run(arguments + ["--json"]).json()
    #expect(keysNotInSnakeCase(object) == [])
    let report = try #require((object["reports"] as? [[String: Any]])?.first)
    let costs = try #require(report["costs"] as? [String: Any])
    #expect(costs["plan"] == nil && costs["pictures"] as? Int == 3 && costs["classes"] as? Int == 54)
    let layers = try #require(costs["layers"] as? [[String: Any]])
    #expect(layers.count > 90)
    #expect(!(try #require(costs["suggestions"] as? [Any])).isEmpty)
  }

  @Test("Labels that changed at all are told beside those beyond the margin, and the way to a better file")
  func changedLabels() throws {
    let arguments = [
      "verify", try Inputs.shared.file("int8.sedge"), "--against", shapesCheckpoint, "--images",
      fixture("pictures"),
    ]
    let outcome = try SedgeProgram.run(arguments)
    let report = try #require(
      (SedgeProgram.run(arguments + ["--json"]).json()["reports"] as? [[String: Any]])?.first)
    let runs = try #require(report["runs"] as? [[String: Any]])
    let equal = try #require(runs.compactMap { $0["equal_labels"] as? Double }.min())
    let shown = try #require(outcome.output.firstMatch(of: #/\nchanged +([0-9.]+)% +none/#)).1
    #expect(abs(try #require(Double(shown)) - 100 * (1 - equal)) < 0.000_51)
    #expect(outcome.output.contains("\nnext     --costs measures "))
    #expect(outcome.output.contains("--suggest plan.json"))
    let exact = try SedgeProgram.run([
      "verify", Inputs.shared.file("f32.sedge"), "--against", shapesCheckpoint, "--images",
      fixture("pictures"),
    ])
    #expect(!exact.output.contains("\nchanged ") && !exact.output.contains("\nnext "))
  }

  @Test("Options of costs go with a source")
  func costOptions() throws {
    let model = try Inputs.shared.file("f32.sedge")
    for options in [["--costs"], ["--suggest", "plan.json"], ["--exact-costs", "3"]] {
      let outcome = try SedgeProgram.run(["verify", model, "--golden", Self.golden] + options)
      #expect(outcome.status == 64 && outcome.diagnostics.contains("--against"))
    }
    let outcome = try SedgeProgram.run([
      "verify", model, "--against", shapesCheckpoint, "--suggest-size", "1MB",
    ])
    #expect(outcome.status == 64 && outcome.diagnostics.contains("--suggest"))
  }

  @Test("A size that no formats reach leaves no plan, and the least size is said")
  func unreachableSize() throws {
    let folder = try TemporaryFolder()
    let outcome = try SedgeProgram.run([
      "verify", Inputs.shared.file("int8.sedge"), "--against", shapesCheckpoint, "--exact-costs", "1",
      "--suggest",
      folder.file("plan.json"), "--suggest-size", "50KB",
    ])
    #expect(outcome.status == 0, "the verdict is on the file, not on the plan")
    #expect(
      outcome.diagnostics.replacing(/\s+/, with: " ").contains(
        "plan.json was not written: no formats make a file of that size, the least is "),
      "\(outcome.diagnostics)")
    #expect(!FileManager.default.fileExists(atPath: folder.file("plan.json")))
  }
}
