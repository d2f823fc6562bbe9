// CAT-Seg and CLIP with a vision transformer from checkpoint to verdict, as a user runs them.

import SedgeArchitecture
import SedgeTensor
import TestSupport
import Testing

@Suite("CAT-Seg and CLIP with a vision transformer")
struct OtherModelTests {
  /// A checkpoint, what its shapes do not say, and a golden.
  struct Model: Sendable, CustomTestStringConvertible {
    var source: String
    var golden: String
    var options: [String]
    var name: String
    var testDescription: String { source }
  }

  static let models = [
    Model(
      source: "catseg/catseg_nano.h5", golden: "catseg/catseg_nano.golden.h5",
      options: [
        "--image-heads", "3", "--text-heads", "2", "--class-length", "8", "--sliding-window", "48",
        "--allow-no-class-names",
      ], name: "CAT-Seg (width 48, layers 3, patch 4)"),
    Model(
      source: "catseg_shapes/catseg_shapes.h5", golden: "catseg_shapes/catseg_shapes.golden.h5",
      options: ["--image-heads", "4", "--text-heads", "4"], name: "CAT-Seg (width 64, layers 6, patch 16)"),
    Model(
      source: "vit/quick.pth", golden: "vit/quick.golden.safetensors",
      options: [
        "--image-heads", "2", "--text-heads", "2", "--resolution", "40", "--allow-no-class-names",
      ], name: "CLIP ViT (width 16, layers 2, patch 4)"),
    Model(
      source: "vit/quick_transformers", golden: "vit/quick_small.golden.safetensors",
      options: ["--resolution", "20", "--allow-no-class-names"],
      name: "CLIP ViT (width 16, layers 2, patch 4)"),
    Model(
      source: "vit/gelu.safetensors", golden: "vit/gelu.golden.safetensors",
      options: ["--image-heads", "3", "--text-heads", "3", "--allow-no-class-names"],
      name: "CLIP ViT (width 24, layers 3, patch 6)"),
  ]

  private func converted(_ model: Model, in folder: TemporaryFolder, _ options: [String] = []) throws
    -> String
  {
    let output = folder.file("m.sedge")
    let outcome = try SedgeProgram.run(
      ["convert", fixture(model.source), "-o", output, "--force"] + model.options + options)
    #expect(outcome.status == 0, "\(outcome.diagnostics)")
    return output
  }

  @Test(
    "A converted model gives what the original recorded, folded or not", arguments: models,
    [[], ["--no-fold"]])
  func golden(model: Model, options: [String]) throws {
    let folder = try TemporaryFolder()
    let path = try converted(model, in: folder, options)
    let outcome = try SedgeProgram.run(["verify", path, "--golden", fixture(model.golden)])
    #expect(outcome.status == 0, "\(outcome.output)\(outcome.diagnostics)")
    #expect(outcome.output.contains("PASS"))
    // What shapes do not say is proven by the golden.
    #expect(!outcome.output.contains("not proven"), "\(outcome.output)")
    let inspection = try SedgeProgram.run(["inspect", path])
    #expect(inspection.output.contains("fits \(model.name)\n.sedge version 4"), "\(inspection.output)")
  }

  @Test("A wrong number of heads is seen", arguments: [models[0], models[2]])
  func wrongHeads(model: Model) throws {
    let folder = try TemporaryFolder()
    let path = try converted(model, in: folder, ["--image-heads", "1"])
    let outcome = try SedgeProgram.run(["verify", path, "--golden", fixture(model.golden)])
    #expect(outcome.status == 1, "\(outcome.output)\(outcome.diagnostics)")
  }

  @Test("An export has the tensors of the source, and their values", arguments: models)
  func export(model: Model) throws {
    let folder = try TemporaryFolder()
    let (path, exported) = (try converted(model, in: folder), folder.file("e.safetensors"))
    let outcome = try SedgeProgram.run(["export", path, "-o", exported])
    #expect(outcome.status == 0, "\(outcome.diagnostics)")
    // Folding is undone but for norms, which have the model's meaning with other numbers.
    let again = folder.file("again.sedge")
    let second = try SedgeProgram.run(
      ["convert", exported, "-o", again] + model.options
        + (model.source.contains("quick") ? ["--quick-gelu", "1"] : [])
        + (model.source.contains("transformers") ? ["--image-heads", "2", "--text-heads", "2"] : []))
    #expect(second.status == 0, "\(second.diagnostics)")
    let verified = try SedgeProgram.run(["verify", again, "--golden", fixture(model.golden)])
    #expect(verified.status == 0, "\(verified.output)\(verified.diagnostics)")
  }

  @Test("A conversion is the same as its source, tensor by tensor", arguments: models)
  func diff(model: Model) throws {
    let folder = try TemporaryFolder()
    let path = try converted(model, in: folder)
    let outcome = try SedgeProgram.run(["diff", path, fixture(model.source)])
    #expect(outcome.status == 0, "\(outcome.output)\(outcome.diagnostics)")
    #expect(outcome.output.hasPrefix("EQUAL"), "\(outcome.output)")
  }

  @Test("A resolution that the model cannot have is refused", arguments: ["33", "36", "32"])
  func resolution(side: String) throws {
    let folder = try TemporaryFolder()
    let outcome = try SedgeProgram.run(
      ["convert", fixture(Self.models[0].source), "-o", folder.file("m.sedge"), "--resolution", side]
        + Self.models[0].options)
    // CAT-Seg's windows are for one grid.
    #expect(outcome.status == (side == "32" ? 0 : 2), "\(outcome.diagnostics)")
    if side == "33" { #expect(outcome.diagnostics.contains("expected a multiple of 4")) }
    if side == "36" { #expect(outcome.diagnostics.contains("expected 32")) }
  }

  @Test("A TorchScript archive is refused with the way out")
  func torchScript() throws {
    let outcome = try SedgeProgram.run(["inspect", fixture("vit/quick_script.pt")])
    #expect(outcome.status == 2)
    #expect(outcome.diagnostics.contains("save the state dict alone"), "\(outcome.diagnostics)")
  }
}
