// Several files that make up one model.

import Sedge
import SedgeArchitecture
import SedgeTensor
import TestSupport
import Testing

@Suite("Sources that complete each other")
struct MergedSourcesTests {
  private static let prefix = "sem_seg_head.predictor."

  /// Writes some tensors of the tiny checkpoint under other names.
  private static func write(
    _ name: String, in folder: TemporaryFolder, renaming: (String) -> String?
  ) throws -> String {
    try StoredTensor.writeRenamed(fixture("tiny/linear.h5"), as: name, in: folder) {
      renaming(String($0.dropFirst(prefix.count)))
    }
  }

  private static func replaced(_ name: String, _ old: String, _ new: String) -> String? {
    name.hasPrefix(old) ? new + name.dropFirst(old.count) : nil
  }

  private static func options() -> ConversionOptions {
    var options = ConversionOptions()
    options.architecture = ArchitectureOptions(textHeads: 2)
    options.resolution = 64
    options.allowsNoClassNames = true
    return options
  }

  private static func isText(_ name: String) -> Bool {
    ModelPart(ofTensor: name) == .text || name.hasSuffix("logit_scale")
  }

  @Test("give the same weights as one, by SED's, OpenCLIP's and timm's names")
  func sameWeights() throws {
    let folder = try TemporaryFolder()
    let trunk = try Self.write("timm", in: folder) {
      Self.replaced($0, "clip_model.visual.trunk.", "module.")
    }
    let head = try Self.write("visual_head", in: folder) {
      Self.replaced($0, "clip_model.visual.head.", "clip_model.visual.head.")
    }
    let text = try Self.write("text", in: folder) {
      Self.isText($0) ? Self.replaced($0, "clip_model.", "text.") : nil
    }
    let decoder = try Self.write("decoder", in: folder) {
      Self.replaced($0, "transformer.", "module.sem_seg_head.predictor.transformer.")
    }
    let merged = try Conversion(sources: [trunk, head, text, decoder], options: Self.options())
      .run(output: folder.file("merged.sedge")).header
    let whole = try Conversion(source: fixture("tiny/linear.h5"), options: Self.options())
      .run(output: folder.file("whole.sedge")).header
    #expect(merged.tensors == whole.tensors)
    #expect(merged.sources.map(\.fileName) == ["timm", "visual_head", "text", "decoder"])
    let report = try Verification(model: folder.file("merged.sedge"))
      .compare(sources: [decoder, text, head, trunk], pictures: [], classes: nil)
    #expect(report.passes && report.tensors.count == whole.tensors.count)
  }

  @Test("that both have a tensor are refused, and both are named")
  func conflict() throws {
    let folder = try TemporaryFolder()
    let decoder = try Self.write("decoder", in: folder) { Self.replaced($0, "transformer.", "transformer.") }
    let error = #expect(throws: UsageError.self) {
      try Conversion(sources: [fixture("tiny/linear.h5"), decoder], options: Self.options())
    }
    let text = try #require(error?.description)
    #expect(text.hasPrefix("\(decoder): has transformer."))
    #expect(
      text.contains("which \(fixture("tiny/linear.h5")) has too as sem_seg_head.predictor.transformer."))
  }

  @Test("that omit tensors are refused with the missing ones")
  func incomplete() throws {
    let folder = try TemporaryFolder()
    let image = try Self.write("image", in: folder) { Self.replaced($0, "clip_model.visual.", "visual.") }
    let decoder = try Self.write("decoder", in: folder) { Self.replaced($0, "transformer.", "transformer.") }
    let error = #expect(throws: ContractError.self) {
      try Conversion(sources: [image, decoder], options: Self.options())
    }
    #expect(error?.path == "\(image) + \(decoder)")
    #expect(
      error?.problems.map(\.description) == [
        "clip_model.token_embedding.weight: not found, and nothing else of the text encoder (the other parts are "
          + "there; give the file with the text encoder too)"
      ])
  }
}
