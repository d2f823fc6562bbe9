// Exports and their reports.

import Sedge
import TestSupport
import Testing

@Suite("export")
struct ExportCommandTests {
  @Test(
    "An export is told tensor by tensor, and diff finds it equal", arguments: ["f32", "int8", "unfolded"])
  func export(name: String) throws {
    let folder = try TemporaryFolder()
    let (model, output) = (try Inputs.shared.file("\(name).sedge"), folder.file("out.safetensors"))
    let outcome = try SedgeProgram.run(["export", model, "-o", output])
    #expect(outcome.status == 0)
    #expect(outcome.errors == "")
    #expect(outcome.diagnostics.isEmpty == (name == "unfolded"))
    #expect(
      outcome.output.hasPrefix(
        "\(output): SED (depths 2,2,4,2, widths 32,64,96,128), float32, names of sed\n"))
    #expect(outcome.output.contains(", 254 tensors, 4,162,117 weights\n"))
    #expect(outcome.output.contains("\ndequantized ") == (name == "int8"))
    #expect(outcome.output.contains("\nneutral ") == (name != "unfolded"))
    #expect(outcome.output.contains("\nunfolded ") == (name != "unfolded"))
    #expect(outcome.output.contains("\nsolved      2 tensors: ") == (name != "unfolded"))
    #expect(try folder.contents() == ["out.safetensors"])
    #expect(try SedgeProgram.run(["diff", model, output]).status == 0)
  }

  @Test("--json agrees with the text")
  func json() throws {
    let folder = try TemporaryFolder()
    let output = folder.file("out.safetensors")
    let model = try Inputs.shared.file("int8.sedge")
    let outcome = try SedgeProgram.run(["export", model, "-o", output, "--names", "openclip", "--json"])
    #expect(outcome.status == 0)
    #expect(outcome.diagnostics == "")
    let object = try outcome.json()
    #expect(keysNotInSnakeCase(object) == [])
    #expect(
      Set(object.keys) == [
        "report", "version", "provenance", "file", "model", "names", "source_bytes", "file_bytes",
        "parameters",
        "architecture", "origins",
        "tensors",
      ])
    #expect(object["names"] as? String == "openclip")
    #expect(object["file"] as? String == output)
    #expect(object["file_bytes"] as? Int == (try bytes(of: output).count))
    let tensors = try #require(object["tensors"] as? [[String: Any]])
    let written = Set(try StoredTensor.all(in: output).map(\.name))
    #expect(Set(tensors.compactMap { $0["name"] as? String }) == written)
    #expect(written.contains("visual.trunk.stem.0.weight"))
    let origins = try #require(object["origins"] as? [String: Int])
    #expect(origins.values.reduce(0, +) == tensors.count)
    let solved = tensors.filter { $0["origin"] as? String == "solved" }
    #expect(
      solved.compactMap { $0["layer"] as? String }
        == ["clip_model.visual.head.proj", "clip_model.text_projection"])
    #expect(solved.allSatisfy { $0["residual"] as? Double ?? 1 <= 1e-5 })
  }

  static let refusals = [
    Refusal("export {fixtures}/shapes/sed_shapes.h5 -o {out}/x"),
    Refusal("export {in}/linear.sedge -o {out}/kept"),
    Refusal("export {in}/absent -o {out}/x"),
  ]

  static let usage = [
    Refusal("export {in}/linear.sedge -o {in}/linear.sedge", status: 64),
    Refusal("export {in}/linear.sedge", status: 64),
    Refusal("export {in}/linear.sedge -o {out}/x --names timm", status: 64),
  ]

  @Test("Impossible exports are refused in the words of the snapshot")
  func refuses() throws { try Snapshot.exportRefusals.check(Self.refusals + Self.usage) }

  @Test("Without text encoder the missing tensors are named, and nothing is written")
  func dropped() throws {
    let folder = try TemporaryFolder()
    let model = try Inputs.shared.file("dropped.sedge")
    let outcome = try SedgeProgram.run(["export", model, "-o", folder.file("out")])
    #expect(outcome.status == 2)
    #expect(outcome.output == "")
    #expect(outcome.diagnostics.contains("clip_model.token_embedding.weight: missing, expected 49408x64\n"))
    #expect(try folder.contents() == [])
  }

  @Test("Damaged files are refused, and nothing is written", arguments: ["cut_half", "flipped_payload"])
  func damaged(name: String) throws {
    let folder = try TemporaryFolder()
    let model = try Inputs.shared.file("\(name).sedge")
    let outcome = try SedgeProgram.run(["export", model, "-o", folder.file("out")])
    #expect(outcome.status == 2)
    #expect(outcome.diagnostics.hasPrefix("sedge: \(model): "))
    #expect(try folder.contents() == [])
  }
}
