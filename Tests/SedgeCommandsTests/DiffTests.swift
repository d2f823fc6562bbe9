// The verdicts of diff.

import SedgeArchitecture
import SedgeContainer
import SedgeTensor
import TestSupport
import Testing

@Suite("diff")
struct DiffTests {
  private func run(_ arguments: String...) throws -> SedgeProgram.Outcome {
    let inputs = try Inputs.shared
    return try SedgeProgram.run(
      ["diff"] + arguments.map { $0.replacing("{in}", with: inputs.path) })
  }

  @Test("Rounding of the codecs is allowed, and shown")
  func rounding() throws {
    let outcome = try run("{in}/f32.sedge", "{in}/int8.sedge")
    #expect(outcome.status == 0)
    let table = outcome.output.split(separator: "\n").filter { $0.contains("  trellis  ") }
    #expect(table.count == 10)
    #expect(outcome.output.hasPrefix("EQUAL: "))
    #expect(try run("{in}/f32.sedge", "{in}/int8.sedge", "--tolerance", "0.02").status == 0)
    let strict = try run("{in}/f32.sedge", "{in}/int8.sedge", "--tolerance", "0.001")
    #expect(strict.status == 1)
    #expect(strict.output.hasPrefix("DIFFERENT: "))
  }

  @Test("A changed weight is named", arguments: ["f32", "f16", "int8", "unfolded"])
  func changed(name: String) throws {
    let outcome = try run("{in}/\(name).sedge", "{in}/changed.safetensors")
    #expect(outcome.status == 1)
    #expect(outcome.diagnostics == "")
    #expect(outcome.output.contains("\n1 tensor different:\n  transformer.head0.weight\n"))
    #expect(outcome.output.hasPrefix("DIFFERENT: "))
  }

  @Test("An error that a bias records is no excuse in a file without calibration")
  func forgedRecord() throws {
    let name = "clip_model.visual.trunk.stem.0.bias"
    let folder = try TemporaryFolder()
    var tensors = try StoredTensor.all(in: shapesCheckpoint)
    tensors.edit(name) { $0.set($0.floats[0] + 0.1, at: 0) }
    let changed = folder.file("changed.safetensors")
    try StoredTensor.write(tensors, to: changed)

    let path = try Inputs.shared.path + "/unfolded.sedge"
    let file = try SedgeFile(path: path)
    var header = file.header
    let index = try #require(header.tensors.firstIndex { $0.tensor.name == name })
    header.tensors[index].largestAbsoluteError = 1
    header.tensors[index].relativeRMSError = 10
    let encoded = encodeHeader(header)
    let whole = try bytes(of: path)
    var place = ByteCursor(whole, part: "the preamble").moved(to: 16)
    let end = Int(try place.integer(UInt64.self))
    let payload = Array(whole[Preamble.byteCount..<end])
    let preamble = Preamble(
      version: file.version, headerByteOffset: Preamble.byteCount + payload.count,
      headerByteCount: encoded.count,
      headerChecksum: unsafe checksum(encoded.span.bytes))
    let forged = try folder.write(preamble.bytes + payload + encoded, to: "forged.sedge")

    let same = try SedgeProgram.run(["diff", forged, path])
    #expect(same.status == 0, "\(same.diagnostics)")
    let outcome = try SedgeProgram.run(["diff", forged, changed])
    #expect(outcome.diagnostics == "")
    #expect(outcome.status == 1)
    #expect(outcome.output.contains(name))
  }

  @Test("An infinite weight is different from any finite one", arguments: [Float.infinity, -.infinity])
  func infinite(value: Float) throws {
    let folder = try TemporaryFolder()
    var tensors = try StoredTensor.all(in: fixture("tiny/linear.h5"))
    tensors.edit("visual.trunk.stem.0.weight") { $0.set(value, at: 0) }
    let path = folder.file("infinite.safetensors")
    try StoredTensor.write(tensors, to: path)
    for files in [[fixture("tiny/linear.h5"), path], [path, fixture("tiny/linear.h5")]] {
      let outcome = try SedgeProgram.run(["diff"] + files)
      #expect(outcome.status == 1)
      #expect(outcome.output.hasPrefix("DIFFERENT: "))
    }
  }

  @Test("Without its text encoder a model lacks that alone", arguments: ["f32", "int8", "unfolded"])
  func dropped(name: String) throws {
    let object = try run("{in}/dropped.sedge", "{in}/\(name).sedge", "--json").json()
    let tensors = try #require(object["tensors"] as? [[String: Any]])
    let missing = tensors.filter { $0["verdict"] as? String == "only_in_b" }
    #expect(missing.count >= 20)
    #expect(
      missing.allSatisfy {
        let name = $0["name"] as? String ?? ""
        return name.hasPrefix("clip_model.") && !name.hasPrefix("clip_model.visual.")
      })
    #expect(
      Set(tensors.compactMap { $0["verdict"] as? String }).isSubset(of: ["equal", "rounding", "only_in_b"]))
  }

  @Test("--json agrees with the text", arguments: [[], ["--tolerance", "0.5"]])
  func json(options: [String]) throws {
    let arguments = ["diff", shapesCheckpoint, try Inputs.shared.file("changed.safetensors")] + options
    let (text, outcome) = (try SedgeProgram.run(arguments), try SedgeProgram.run(arguments + ["--json"]))
    #expect(outcome.status == text.status)
    #expect(outcome.diagnostics == "")
    let object = try outcome.json()
    #expect(keysNotInSnakeCase(object) == [])
    #expect(
      Set(object.keys)
        == Set([
          "report", "version", "provenance", "a", "b", "model", "form", "passes", "counts", "settings",
          "tensors",
        ])
        .union(options.isEmpty ? [] : ["tolerance"]))
    #expect(object["passes"] as? Bool == (outcome.status == 0))
    #expect(object["form"] as? String == "stored")
    #expect(object["counts"] as? [String: Int] == ["equal": 253, "different": 1])
    #expect((object["a"] as? [String: String]) == ["file": shapesCheckpoint, "format": "HDF5"])
    let tensors = try #require(object["tensors"] as? [[String: Any]])
    #expect(tensors.count == 254)
    let changed = try #require(tensors.first { $0["verdict"] as? String == "different" })
    #expect(changed["name"] as? String == "transformer.head0.weight")
    #expect(changed["type_a"] as? String == "float32")
    let figures = try #require(changed["figures"] as? [String: Any])
    #expect(try #require(figures["largest_absolute_error"] as? Double) > 0.1)
    #expect(text.output.contains("  transformer.head0.weight\n"))
  }

  static let refusals = [
    Refusal("diff {fixtures}/shapes/sed_shapes.h5 {fixtures}/tiny/linear.h5"),
    Refusal("diff {in}/f32.sedge {in}/absent"),
    Refusal("diff {in}/absent {in}/f32.sedge"),
    Refusal("diff {in}/f32.sedge {in}/words.txt"),
  ]

  static let usage = [
    Refusal("diff {in}/f32.sedge", status: 64),
    Refusal("diff {in}/f32.sedge {in}/int8.sedge --tolerance=-1", status: 64),
    Refusal("diff {in}/f32.sedge {in}/int8.sedge --tolerance=nan", status: 64),
  ]

  @Test("Impossible comparisons are refused in the words of the snapshot")
  func refuses() throws { try Snapshot.diffRefusals.check(Self.refusals + Self.usage) }

  @Test(
    "Damaged files, and files of no model, end with exit code 2",
    arguments: [
      "cut_half.sedge", "flipped_payload.sedge", "flipped_header.sedge", "cut3000.safetensors",
      "no_model.safetensors", "wrong_type.safetensors", "missing.safetensors",
    ])
  func damaged(name: String) throws {
    for arguments in [["{in}/linear.sedge", "{in}/\(name)"], ["{in}/\(name)", "{in}/linear.sedge"]] {
      let inputs = try Inputs.shared
      let outcome = try SedgeProgram.run(["diff"] + arguments.map { $0.replacing("{in}", with: inputs.path) })
      #expect(outcome.status == 2)
      #expect(outcome.output == "")
      #expect(outcome.diagnostics.hasPrefix("sedge: \(inputs.file(name)): "))
    }
  }
}
