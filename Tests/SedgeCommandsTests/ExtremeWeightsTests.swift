// Models whose weights are finite but zero, tiny or huge.

import Foundation
import SedgeTensor
import TestSupport
import Testing

@Suite("Weights of extreme size")
struct ExtremeWeightsTests {
  /// What is done to tensors whose names contain a text.
  struct Change: Sendable, CustomTestStringConvertible {
    var part: String
    var factor: Float
    var testDescription: String { "\(part) x \(factor)" }
  }

  @Test(
    "A model with layers of zeros or of tiny numbers is converted, inspected and compared",
    arguments: [
      Change(part: "gamma", factor: 0), Change(part: "mlp.fc2.", factor: 0),
      Change(part: ".weight", factor: 1e-32),
      Change(part: "", factor: 0), Change(part: "stem.0", factor: 1e-30),
    ], ["f32", "int4"])
  func small(_ change: Change, form: String) throws {
    let folder = try TemporaryFolder()
    let (source, model) = (folder.file("source.safetensors"), folder.file("model.sedge"))
    try write(fixture("tiny/linear.h5"), changed: change, to: source)
    for arguments in [
      [
        "convert", source, "-o", model, "--text-heads", "2", "--resolution", "64", "--allow-no-class-names",
        "--quantize", form,
        "--report",
      ],
      ["inspect", model], ["inspect", model, "--values", "--json"], ["diff", source, model],
    ] {
      let outcome = try SedgeProgram.run(arguments)
      #expect(
        outcome.status == 0, "\(arguments[0]): \(outcome.status) \(outcome.diagnostics) \(outcome.output)")
      #expect(!outcome.output.contains(/\bnan\b/), "\(outcome.output)")
    }
  }

  @Test("A model with biases of zeros is calibrated, which moves them, inspected and verified")
  func calibratedZeros() throws {
    let folder = try TemporaryFolder()
    let (source, model) = (folder.file("source.safetensors"), folder.file("model.sedge"))
    try write(shapesCheckpoint, changed: Change(part: "fc1.bias", factor: 0), to: source)
    let conversion = try SedgeProgram.run(
      [
        "convert", source, "-o", model, "--quantize", "int4", "--calibrate", fixture("pictures"), "--no-fold",
        "--json",
      ] + shapesOptions)
    #expect(conversion.status == 0, "\(conversion.diagnostics)")
    #expect(conversion.output.contains(#""relative_rms_error" : "inf""#))
    let inspection = try SedgeProgram.run(["inspect", model, "--values"])
    #expect(inspection.status == 0, "\(inspection.diagnostics)")
    let verification = try SedgeProgram.run([
      "verify", model, "--against", source, "--classes", "sky; sand", "--verbose",
    ])
    #expect(verification.status != 2, "\(verification.diagnostics)")
    #expect(!verification.output.contains("nan"), "\(verification.output)")
    let moved = verification.output.split(separator: "\n").filter {
      $0.contains("fc1.bias") && $0.contains("inf")
    }
    #expect(!moved.isEmpty && moved.allSatisfy { !$0.contains("exact") }, "\(verification.output)")
  }

  @Test("Results that overflow are an error, not a label", arguments: ["image,text", "image,text,decoder"])
  func huge(parts: String) throws {
    let folder = try TemporaryFolder()
    let (source, model) = (folder.file("source.safetensors"), folder.file("model.sedge"))
    try write(shapesCheckpoint, changed: Change(part: "visual.trunk.stages", factor: 1e30), to: source)
    let conversion = try SedgeProgram.run(
      ["convert", source, "-o", model, "--parts", parts, "--logit-scale", "2"] + shapesOptions)
    #expect(conversion.status == 0, "\(conversion.diagnostics)")
    let verification = try SedgeProgram.run([
      "verify", model, "--against", source, "--classes", "sky; sand",
    ])
    #expect(verification.status == 2)
    #expect(verification.errors.hasPrefix("sedge: \(source): "), "\(verification)")
    let command = parts == "image,text" ? "classify" : "segment"
    let outcome = try SedgeProgram.run([command, model, skyPicture, "--classes", "sky; sand"])
    #expect(outcome.status == 2)
    #expect(outcome.output == "")
    #expect(outcome.errors.hasPrefix("sedge: \(model): "), "\(outcome.errors)")
  }

  private func write(_ source: String, changed change: Change, to path: String) throws {
    var tensors = try StoredTensor.all(in: source)
    for index in tensors.indices
    where tensors[index].name.contains(change.part) && tensors[index].type == .float32 {
      tensors[index].floats = tensors[index].floats.map { $0 * change.factor }
    }
    try StoredTensor.write(tensors, to: path)
  }
}
