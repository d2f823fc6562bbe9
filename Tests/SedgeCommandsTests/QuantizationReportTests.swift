// Reports of convert, inspect, verify and diff about quantized files.

import Foundation
import TestSupport
import Testing

@Suite("Reports of quantized files")
struct QuantizationReportTests {
  private let folder: TemporaryFolder
  private let pictures: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    pictures = try TemporaryFolder()
    for name in ["sky", "sand", "bricks"] {
      _ = try pictures.write(bytes(of: fixture("pictures/\(name).png")), to: "\(name).png")
    }
  }

  /// Converts the trained model at half its resolution.
  private func convert(_ arguments: [String]) throws -> SedgeProgram.Outcome {
    let outcome = try SedgeProgram.run(
      [
        "convert", shapesCheckpoint, "-o", folder.file("m.sedge"), "--force", "--text-heads", "4",
        "--resolution", "128",
        "--templates", fixture("shapes/templates.json"),
      ] + arguments)
    #expect(outcome.status == 0, "\(outcome.diagnostics)")
    return outcome
  }

  private var calibration: [String] {
    ["--calibrate", pictures.path, "--calibrate-classes", fixture("shapes/classes.json")]
  }

  @Test("By default kinds and the worst tensors are listed, every tensor only on request")
  func text() throws {
    let short = try convert(["--quantize", "int4"]).output
    #expect(short.contains(" 96 tensors, 8,164 weights: "))
    #expect(!short.contains(".conv_dw.bias"))
    #expect(short.contains(#/\n\* clip_model.token_embedding.weight: 49,370 .* 49,408 /#))
    #expect(short.split(separator: "\n").count < 40)
    let whole = try convert(["--quantize", "int4", "--report"]).output
    #expect(whole.contains("\n           10 x clip_model.visual.trunk.stages.*.blocks.*.conv_dw.bias\n"))
    let tensors = whole.split(separator: "\n").filter { $0.contains(" trellis ") || $0.contains("-planes ") }
    #expect(tensors.count == 186)
    #expect(tensors.count { $0.hasSuffix(" role") } == 96)
    #expect(tensors.count { $0.hasSuffix(" small") } == 11)
  }

  @Test("Bytes of kinds and other bytes add up to the file")
  func sums() throws {
    let object = try convert(["--quantize", "int3", "--json"]).json()
    #expect(keysNotInSnakeCase(object) == [])
    let kinds = try #require(object["kinds"] as? [[String: Any]])
    let tensors = try #require(object["tensors"] as? [[String: Any]])
    let sum = { (items: [[String: Any]], key: String) in items.compactMap { $0[key] as? Int }.reduce(0, +) }
    #expect(sum(kinds, "tensors") == tensors.count)
    #expect(sum(kinds, "parameters") == object["parameters"] as? Int)
    #expect(sum(kinds, "stored_bytes") == sum(tensors, "stored_bytes"))
    #expect(
      sum(kinds, "stored_bytes") + (try #require(object["other_bytes"] as? Int)) == object["file_bytes"]
        as? Int)
    #expect(object["wish"] as? String == "int3")
    for tensor in tensors {
      let (bits, count) = (
        try #require(tensor["bits_per_weight"] as? Double), try #require(tensor["parameters"] as? Int)
      )
      #expect(abs(bits * Double(count) / 8 - Double(try #require(tensor["stored_bytes"] as? Int))) < 1e-6)
      #expect(tensor["error_share"] == nil)
    }
    #expect(Set(tensors.compactMap { $0["form"] as? String }) == ["f16", "int3", "int7"])
  }

  @Test(
    "A calibrated file records its calibration and measured quality, passes verification and is equal to its source"
  )
  func calibrated() throws {
    let text = try convert(["--quantize", "int5"] + calibration).output
    let claim = try #require(text.firstMatch(of: /\n(?:claim|measured) .*\n.* 54 classes\n/))
    let model = folder.file("m.sedge")
    #expect(try SedgeProgram.run(["inspect", model]).output.contains(String(claim.output)))
    let header = try #require(
      try SedgeProgram.run(["inspect", model, "--json"]).json()["header"] as? [String: Any])
    let record = try #require(header["quantization"] as? [String: Any])
    #expect(record["wish"] as? String == "int5")
    #expect((record["calibration"] as? [String: Any])?["pictures"] as? Int == 3)
    #expect((record["claim"] as? [String: Any])?["held_out"] as? Bool == false)
    let verdict = try SedgeProgram.run([
      "verify", model, "--against", shapesCheckpoint, "--images", pictures.path, "--classes",
      fixture("shapes/classes.json"), "--verbose",
    ])
    #expect(verdict.status == 0, "\(verdict.output)")
    // Measured on the pictures that it learned from, the claim makes no limit narrower.
    #expect(verdict.output.contains(/\nscore-rms +[0-9.]+  (3 times the coarsest tensor|int8)/))
    #expect(verdict.output.hasPrefix("PASS: "))
    let difference = try SedgeProgram.run(["diff", shapesCheckpoint, model])
    #expect(difference.status == 0, "\(difference.output)")
    // Other biases than the file's own source has are still found.
    let other = try SedgeProgram.run(["diff", try Inputs.shared.file("changed.safetensors"), model])
    #expect(other.status == 1)
  }

  @Test("A budget reports the share of the error that each tensor causes")
  func budget() throws {
    let classes = try folder.write(
      Array(#"["sky", "sand", "brick wall", "blue cross"]"#.utf8), to: "few.json")
    let few = ["--calibrate", pictures.path, "--calibrate-classes", classes]
    let object = try convert(["--quantize", "auto", "--max-size", "620kB", "--json"] + few).json()
    let tensors = try #require(object["tensors"] as? [[String: Any]])
    let shares = tensors.compactMap { $0["error_share"] as? Double }
    #expect(shares.count > 50 && abs(shares.reduce(0, +) - 1) < 0.01)
    let kinds = try #require(object["kinds"] as? [[String: Any]])
    #expect(abs(kinds.compactMap { $0["error_share"] as? Double }.reduce(0, +) - 1) < 0.01)
    let inspected = try SedgeProgram.run(["inspect", folder.file("m.sedge"), "--tensors", "stem.0.weight"])
      .output
    #expect(inspected.contains(/RMS error +of the error\n/))
    let verdict = try SedgeProgram.run(["verify", folder.file("m.sedge"), "--against", shapesCheckpoint])
    #expect(verdict.status == 0, "\(verdict.output)")
  }

  @Test("A given limit applies to every tensor")
  func asked() throws {
    _ = try convert(["--quantize", "int4"])
    let outcome = try SedgeProgram.run([
      "verify", folder.file("m.sedge"), "--against", shapesCheckpoint, "--threshold", "tensor-rms=0.01",
      "--verbose",
    ])
    #expect(outcome.status == 1)
    #expect(outcome.output.contains(#/\ntensor-rms +0.01 /#))
    let failures = outcome.output.replacing("\n  ", with: " ").split(separator: "\n")
      .filter { $0.hasPrefix("out of tolerance: tensor ") }
    #expect(failures.count > 50)
    #expect(failures.allSatisfy { $0.contains("tensor-rms allows 0.01") })
  }
}
