// What inspect shows.

import TestSupport
import Testing

@Suite("inspect")
struct InspectTests {
  @Test("A checkpoint's format, dimensions, parts and verdict are shown")
  func checkpoint() throws {
    let outcome = try SedgeProgram.run([
      "inspect", shapesCheckpoint, "--text-heads", "4", "--tensors", "gamma$",
    ])
    #expect(outcome.status == 0)
    #expect(outcome.diagnostics == "")
    let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    #expect(
      lines.prefix(18) == [
        "\(shapesCheckpoint): HDF5, 4.4 MB, 254 tensors",
        "model    SED (depths 2,2,4,2, widths 32,64,96,128), names under sem_seg_head.predictor.",
        "image    depths 2,2,4,2, widths 32,64,96,128, kernel 7, linear head, embedding 64",
        "text     width 64, heads 4, layers 2, context 77, vocabulary 49408",
        "decoder  prompts 4, widths 32 to 32,16,16, guidance 8,4,4, heads 4, kernel 9, pooling 1",
        "numbers  heads 4, assumed: as in SED-B and SED-L",
        "         text heads 4, given",
        "         pooling 1, assumed: as in the published evaluation",
        "         norm epsilon 1e-06, assumed: as in timm's ConvNeXts",
        "         resolution 768, assumed: as in SED-B and SED-L",
        "         pixel mean 122.770935,116.74601,104.093735, derived: CLIP",
        "         pixel standard deviation 68.500534,66.63216,70.323166, derived: CLIP",
        "",
        "part           tensors  parameters       bytes",
        "image encoder      109     779,904   3,119,616",
        "text encoder        30   3,271,233  13,084,932",
        "decoder            115     110,980     443,920",
        "",
      ])
    #expect(lines.filter { $0.contains(".gamma  ") }.count == 13)
    #expect(lines.filter { $0.contains("sem_seg_head.predictor.") && !$0.contains("gamma") }.count == 1)
    #expect(
      lines.suffix(2) == [
        "fits: every tensor is what SED (depths 2,2,4,2, widths 32,64,96,128) calls for", "",
      ])
  }

  @Test("A .sedge file's provenance and stored sizes are shown", arguments: ["f32", "f16", "int8"])
  func model(codec: String) throws {
    let path = try Inputs.shared.file("\(codec).sedge")
    let outcome = try SedgeProgram.run(["inspect", path, "--values"])
    #expect(outcome.status == 0)
    #expect(outcome.diagnostics == "")
    for line in [
      "\(path): .sedge version 2, ", "classes  early rejection k = 8", "prompts  4 templates",
      "source   sed_shapes.h5, HDF5, 4.4 MB, SHA-256 ",
      "made by  sedge 0.1.0: quantize \(codec), fold yes, text-heads 4, templates given, store zstd level 3",
      "folds    48 applied, 7 left", "input    256 x 256, mean ",
    ] {
      #expect(outcome.output.split(separator: "\n").contains { $0.hasPrefix(line) }, "\(line)")
    }
  }

  @Test("A model without text encoder is told to be one")
  func dropped() throws {
    let outcome = try SedgeProgram.run(["inspect", Inputs.shared.file("dropped.sedge")])
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("list     three: 3 classes\n"))
    #expect(
      outcome.output.contains(
        "note: no text encoder: open vocabulary is gone, only stored class lists work\n"))
    #expect(!outcome.output.contains("\ntext encoder  "))
    #expect(outcome.output.contains(/\nclass lists +1 +768 +3,072 +[0-9,]+\n/))
  }

  @Test("What does not fit is listed, with exit code 2")
  func problems() throws {
    let path = try Inputs.shared.file("many.safetensors")
    let outcome = try SedgeProgram.run(["inspect", path, "--text-heads", "2", "--tensors", "^none$"])
    #expect(outcome.status == 2)
    #expect(
      outcome.output.hasSuffix(
        """
        does not fit: looks like SED (depths 1,1,2,1, widths 8,12,16,24), but:
          sem_seg_head.predictor.clip_model.visual.trunk.stages.0.blocks.0.mlp.fc1.weight: wrong shape, expected 32x8, \
        found 8x32 (transposed)
          sem_seg_head.predictor.transformer.head1.bias: missing, expected 1
          sem_seg_head.predictor.transformer.head2.bias: wrong type, expected floating-point numbers, found int32
          optimizer.step: unexpected, found 9 (not under sem_seg_head.predictor.)

        """))
  }

  @Test("Values are looked at where asked for, and not otherwise")
  func values() throws {
    let path = try Inputs.shared.file("non_finite.safetensors")
    #expect(try SedgeProgram.run(["inspect", path, "--text-heads", "2"]).status == 0)
    let outcome = try SedgeProgram.run(["inspect", path, "--text-heads", "2", "--values"])
    #expect(outcome.status == 2)
    #expect(
      outcome.output.contains("transformer.head0.bias: the value at index 0 is not finite\n"))
    #expect(outcome.output.contains("ln_final.weight: 2 values are not finite, the first at index 3\n"))
  }

  #if os(Linux)
    @Test("A result that cannot be written is no success")
    func fullOutput() throws {
      let outcome = try SedgeProgram.run(["inspect", shapesCheckpoint, "--json"], outputPath: "/dev/full")
      #expect(outcome.status == 2)
      #expect(
        outcome.errors == "sedge: standard output: cannot be written: no room, or a closed file\n")
    }
  #endif

  @Test(
    "--json tells what the text tells",
    arguments: ["f32.sedge", "dropped.sedge", "linear.safetensors", "many.safetensors"])
  func json(name: String) throws {
    let arguments = ["inspect", try Inputs.shared.file(name), "--text-heads", "2"]
    let outcome = try SedgeProgram.run(arguments + ["--json"])
    let text = try SedgeProgram.run(arguments)
    #expect(outcome.status == text.status)
    let object = try outcome.json()
    #expect(keysNotInSnakeCase(object) == [])
    let tensors = try #require(object["tensors"] as? [[String: Any]])
    #expect(object["tensor_count"] as? Int == tensors.count)
    #expect(text.output.contains(", \(tensors.count) tensors\n"))
    #expect(object["fits"] as? Bool == text.output.contains("\nfits: "))
    for tensor in tensors {
      let name = try #require(tensor["name"] as? String)
      #expect(text.output.contains("\n\(name) "), "\(name)")
    }
    for problem in try #require(object["problems"] as? [[String: Any]]) {
      let description = try #require(problem["description"] as? String)
      #expect(text.output.contains("\n  \(description)\n"))
    }
    let parts = try #require(object["parts"] as? [[String: Any]])
    #expect(
      parts.compactMap { $0["bytes"] as? Int }.reduce(0, +)
        == tensors.compactMap { $0["bytes"] as? Int }.reduce(0, +))
  }
}
