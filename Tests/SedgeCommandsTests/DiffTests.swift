// The verdicts of diff, and what is said of them.

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

  @Test("Equal models are told so, in whatever form they are")
  func equal() throws {
    for (name, form) in [
      ("f32", "one side folded as the other is"), ("unfolded", "tensors as they are stored"),
    ] {
      let outcome = try run(shapesCheckpoint, "{in}/\(name).sedge")
      #expect(outcome.status == 0)
      #expect(outcome.diagnostics == "")
      let path = try Inputs.shared.file("\(name).sedge")
      #expect(
        outcome.output == """
          A  \(shapesCheckpoint), HDF5
          B  \(path), .sedge
          SED (depths 2,2,4,2, widths 32,64,96,128), \(form)

          \(name == "f32" ? 187 : 254) equal

          EQUAL

          """)
    }
  }

  @Test("Rounding of the codecs is allowed, and shown")
  func rounding() throws {
    let outcome = try run("{in}/f32.sedge", "{in}/int8.sedge")
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("\n79 equal but for the rounding of their types\n"))
    #expect(outcome.output.contains("\nThe tensors that differ most:\n"))
    let table = outcome.output.split(separator: "\n").filter { $0.contains("  trellis  ") }
    #expect(table.count == 10)
    #expect(outcome.output.hasSuffix("\n\nEQUAL\n"))
    #expect(try run("{in}/f32.sedge", "{in}/int8.sedge", "--tolerance", "0.02").status == 0)
    let strict = try run("{in}/f32.sedge", "{in}/int8.sedge", "--tolerance", "0.001")
    #expect(strict.status == 1)
    #expect(strict.output.hasSuffix("\n\nDIFFERENT\n"))
  }

  @Test("A changed weight is named", arguments: ["f32", "f16", "int8", "unfolded"])
  func changed(name: String) throws {
    let outcome = try run("{in}/\(name).sedge", "{in}/changed.safetensors")
    #expect(outcome.status == 1)
    #expect(outcome.diagnostics == "")
    #expect(outcome.output.contains("\n1 different:\n  transformer.head0.weight\n"))
    #expect(outcome.output.hasSuffix("\n\nDIFFERENT\n"))
  }

  @Test(
    "What differs in kind is said in words",
    arguments: [
      ("transposed", "1 of another shape:\n  clip_model.visual.trunk.stages.0.blocks.0.mlp.fc1.weight"),
      ("missing", "1 in A only:\n  transformer.head1.bias"),
      ("renamed", "1 in A only:\n  transformer.head1.bias"),
      ("wrong_shape", "1 of another shape:\n  transformer.head0.weight"),
    ])
  func kinds(name: String, words: String) throws {
    let outcome = try run("{in}/linear.safetensors", "{in}/\(name).safetensors")
    #expect(outcome.status == 1)
    #expect(outcome.output.contains("\n\(words)\n"), "\(outcome.output)")
    #expect(outcome.output.hasSuffix("\n\nDIFFERENT\n"))
  }

  @Test("Tensors that are not of the model are named and do not count")
  func beside() throws {
    let outcome = try run("{in}/linear.sedge", "{in}/extra.safetensors")
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("\n1 not of the model, not compared:\n  optimizer.step\n\nEQUAL\n"))
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

  @Test("Settings that differ are shown with both values")
  func settings() throws {
    let outcome = try run("{in}/f32.sedge", "{in}/unfolded.sedge")
    #expect(outcome.status == 1)
    #expect(outcome.output.hasSuffix("\n187 equal\ntop-k: 8 in A, 2 in B\n\nDIFFERENT\n"))
  }

  @Test("--json tells what the text tells", arguments: [[], ["--tolerance", "0.5"]])
  func json(options: [String]) throws {
    let arguments = ["diff", shapesCheckpoint, try Inputs.shared.file("changed.safetensors")] + options
    let (text, outcome) = (try SedgeProgram.run(arguments), try SedgeProgram.run(arguments + ["--json"]))
    #expect(outcome.status == text.status)
    #expect(outcome.diagnostics == "")
    let object = try outcome.json()
    #expect(keysNotInSnakeCase(object) == [])
    #expect(
      Set(object.keys)
        == Set(["a", "b", "model", "form", "passes", "counts", "settings", "tensors"])
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
    Refusal(
      "diff {fixtures}/shapes/sed_shapes.h5 {fixtures}/tiny/linear.h5",
      "{fixtures}/shapes/sed_shapes.h5 is SED (depths 2,2,4,2, widths 32,64,96,128), {fixtures}/tiny/linear.h5 is SED (depths 1,1,2,1, widths 8,12,16,24), of other dimensions: clip_model.visual.trunk.stem.0.weight is 32x3x4x4 in one and 8x3x4x4 in the other"
    ),
    Refusal("diff {in}/f32.sedge {in}/absent", "{in}/absent: cannot be read: No such file or directory"),
    Refusal("diff {in}/absent {in}/f32.sedge", "{in}/absent: cannot be read: No such file or directory"),
    Refusal(
      "diff {in}/f32.sedge {in}/words.txt",
      "{in}/words.txt: is text, which begins \"Just some words.\", which is not read"),
  ]

  static let usage = [
    Refusal("diff {in}/f32.sedge", "Missing expected argument '<second>'", status: 64),
    Refusal(
      "diff {in}/f32.sedge {in}/int8.sedge --tolerance=-1",
      "--tolerance -1.0: expected a number of 0 or more", status: 64),
    Refusal(
      "diff {in}/f32.sedge {in}/int8.sedge --tolerance=nan",
      "--tolerance nan: expected a number of 0 or more", status: 64),
  ]

  @Test("What cannot be compared is refused", arguments: refusals)
  func refuses(_ refusal: Refusal) throws { try refusal.check() }

  @Test("A wrong command line is refused", arguments: usage)
  func refusesUsage(_ refusal: Refusal) throws { try refusal.check() }

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
