// The results of classify.

import SedgeCheckpoint
import Foundation
import Sedge
import SedgeCheckpoint
import SedgeTensor
import TestSupport
import Testing

@Suite("classify")
struct ClassifyTests {
  private static let classes = fixture("shapes/classes.json")

  private func classify(_ model: String, _ options: [String]) throws -> SedgeProgram.Outcome {
    let outcome = try SedgeProgram.run(
      ["classify", Inputs.shared.file(model), skyPicture, "--no-text-cache"] + options)
    #expect(outcome.status == 0, "\(outcome.diagnostics)")
    #expect(outcome.diagnostics == "")
    return outcome
  }

  private func probabilities(_ outcome: SedgeProgram.Outcome) throws -> [String: Double] {
    let classes = try #require(try outcome.json()["classes"] as? [[String: Any]])
    return Dictionary(
      uniqueKeysWithValues: classes.compactMap {
        guard let name = $0["name"] as? String, let value = $0["probability"] as? Double else { return nil }
        return (name, value)
      })
  }

  @Test(
    "Every codec gives OpenCLIP's probabilities within its error",
    arguments: [("f32", 1e-5), ("unfolded", 1e-5), ("f16", 1e-3), ("int8", 0.02)])
  func codecs(codec: String, tolerance: Double) throws {
    let outcome = try classify("clip_\(codec).sedge", ["--classes", Self.classes, "--json"])
    let found = try probabilities(outcome)
    let decoder = JSONDecoder()
    let names = try decoder.decode(
      [String].self, from: Data(contentsOf: URL(fileURLWithPath: Self.classes)))
    let recorded = try decoder.decode(
      [String: [Double]].self, from: Data(contentsOf: URL(fileURLWithPath: fixture("clip/shapes.json"))))
    let expected = try #require(recorded["sky.png"])
    #expect(found.count == names.count)
    for (name, probability) in zip(names, expected) {
      #expect(abs(try #require(found[name]) - probability) <= tolerance, "\(name)")
    }
  }

  @Test("The text is a table, the most probable first; --best shortens it")
  func text() throws {
    let lines = try classify("clip_f32.sedge", ["--classes", Self.classes]).output.split(separator: "\n")
    #expect(lines.prefix(3) == ["probability  class", "     93.90%  sky", "      0.48%  water"])
    let shares = lines.dropFirst().compactMap { $0.split(separator: "%").first }
      .compactMap { Double($0.filter { $0 != " " }) }
    #expect(shares == shares.sorted(by: >))
    #expect(abs(shares.reduce(0, +) - 100) < 0.3)
    let best = try classify("clip_f32.sedge", ["--classes", Self.classes, "--best", "2"]).output
    #expect(best == lines.prefix(3).joined(separator: "\n") + "\n")
    let all = try classify("clip_f32.sedge", ["--classes", Self.classes, "--best", "1000"]).output
    #expect(all.split(separator: "\n") == lines)
  }

  @Test("--json gives model, image and ranked classes with their indices in the list")
  func json() throws {
    let outcome = try classify(
      "clip_f32.sedge", ["--classes", "grass; red circle; sky", "--json", "--best", "2"])
    let object = try outcome.json()
    #expect(keysNotInSnakeCase(object) == [])
    #expect(
      Set(object.keys) == [
        "report", "version", "provenance", "model", "image", "compute", "kernels", "classes",
      ])
    #expect(object["image"] as? String == skyPicture)
    let classes = try #require(object["classes"] as? [[String: Any]])
    #expect(classes.count == 2)
    #expect(classes[0]["label"] as? Int == 2 && classes[0]["name"] as? String == "sky")
    #expect((classes[0]["probability"] as? Double ?? 0) > (classes[1]["probability"] as? Double ?? 1))
  }

  @Test("Synonyms, a stored list and its classes in another order are understood")
  func lists() throws {
    let stored = try probabilities(classify("clip_dropped.sedge", ["--json"]))
    #expect(Set(stored.keys) == ["grass", "sky", "red circle"])
    let reordered = try probabilities(
      classify("clip_dropped.sedge", ["--json", "--classes", "sky; red circle; grass"]))
    #expect(stored == reordered)
    #expect(
      try classify("clip_f32.sedge", ["--classes", "sky, blue sky; grass", "--best", "1"]).output
        .hasSuffix("%  sky, blue sky\n"))
  }

  @Test("A dump has every result under the names of a golden")
  func dump() throws {
    let folder = try TemporaryFolder()
    let dump = folder.file("taps.safetensors")
    let outcome = try classify(
      "clip_f32.sedge", ["--classes", "grass; sky; red circle", "--dump", dump, "--json"])
    #expect(try outcome.json()["dump"] as? String == dump)
    let archive = try openArchive(path: dump)
    #expect(
      Dictionary(uniqueKeysWithValues: archive.tensors.map { ($0.name, $0.shape) }) == [
        "text_features": [3, 1, 64], "input": [1, 3, 256, 256], "res2": [1, 32, 64, 64],
        "res3": [1, 64, 32, 32], "res4": [1, 96, 16, 16], "res5": [1, 128, 8, 8], "embedding": [1, 64],
        "logits": [3], "scores": [3],
      ])
    #expect(try folder.contents() == ["taps.safetensors"])
  }

  @Test(
    "JPEG and gray images are classified as well", arguments: ["images/jpeg-420.jpg", "images/gray8.png"])
  func otherPictures(name: String) throws {
    let outcome = try SedgeProgram.run([
      "classify", Inputs.shared.file("clip_int8.sedge"), fixture(name), "--classes", "sky; sand",
      "--no-text-cache",
    ])
    #expect(outcome.status == 0, "\(outcome.diagnostics)")
  }

  @Test(
    "verify holds a CLIP against what OpenCLIP recorded", arguments: ["linear", "mlp"])
  func golden(name: String) throws {
    let outcome = try SedgeProgram.run([
      "verify", Inputs.shared.file("clip_\(name).sedge"), "--golden",
      fixture("clip/\(name).golden.safetensors"), "--verbose",
    ])
    #expect(outcome.status == 0, "\(outcome.output)")
    #expect(outcome.diagnostics == "")
    #expect(outcome.output.hasPrefix("PASS: "))
    #expect(outcome.output.contains("\nfull\n") && outcome.output.contains("\nembedding "))
  }

  @Test(
    "Every codec stays within its tolerance of the source",
    arguments: ["f32", "unfolded", "f16", "int8", "dropped"])
  func against(codec: String) throws {
    let outcome = try SedgeProgram.run([
      "verify", Inputs.shared.file("clip_\(codec).sedge"), "--against", shapesCheckpoint, "--images",
      fixture("pictures"), "--classes", Inputs.shared.file("three.json"), "--verbose",
    ])
    #expect(outcome.status == 0, "\(outcome.output)")
    #expect(outcome.errors == "")
    #expect(outcome.output.hasPrefix("PASS: "))
    #expect(outcome.output.contains("\nsky.png\n"))
  }

  @Test("inspect reports a CLIP's logit scale and norm epsilon, and no settings of a decoder")
  func inspect() throws {
    let converted = try SedgeProgram.run(["inspect", Inputs.shared.file("clip_mlp.sedge"), "--json"])
    let header = try #require(try converted.json()["header"] as? [String: Any])
    #expect(header["logit_scale"] as? Double == 3.25)
    #expect(header["top_k"] == nil)
    let architecture = try #require(try converted.json()["architecture"] as? [String: Any])
    #expect(abs((architecture["norm_epsilon"] as? Double ?? 0) - 1e-5) < 1e-9)
    #expect(architecture["prompts"] == nil)
  }
}
