// CLIP alone through the library: names, conversion, classification, export.

import SedgeCheckpoint
import Foundation
import Sedge
import SedgeArchitecture
import SedgeTensor
import TestSupport
import Testing

@Suite("CLIP alone")
struct CLIPTests {
  private static let linear = fixture("clip/linear.safetensors")
  private static let name = "CLIP ConvNeXt (depths 1,1,2,1, widths 8,8,12,12)"

  private static var options: ConversionOptions {
    var options = ConversionOptions()
    options.architecture = ArchitectureOptions(textHeads: 2)
    options.resolution = 64
    options.allowsNoClassNames = true
    return options
  }

  /// Writes tensors of the tiny CLIP under other names; `nil` leaves one out.
  private static func write(
    _ name: String, in folder: TemporaryFolder, of source: String = linear,
    renaming: (String) -> String?
  ) throws -> String {
    try StoredTensor.writeRenamed(source, as: name, in: folder, renaming: renaming)
  }

  private static func isText(_ name: String) -> Bool {
    !name.hasPrefix("visual.") && name != "logit_scale"
  }

  /// transformers' name of a trunk's tensor, name by name as in its ConvNextModel.
  private static func transformersName(_ name: String) -> String? {
    guard name.hasPrefix("visual.trunk.") else { return nil }
    let name = String(name.dropFirst("visual.trunk.".count))
    for (ours, theirs) in [
      ("stem.0", "embeddings.patch_embeddings"), ("stem.1", "embeddings.layernorm"),
      ("head.norm", "layernorm"),
    ] where name.hasPrefix(ours) { return theirs + name.dropFirst(ours.count) }
    var renamed = "encoder.\(name)"
    for (ours, theirs) in [
      (".downsample.", ".downsampling_layer."), (".blocks.", ".layers."), (".conv_dw.", ".dwconv."),
      (".norm.", ".layernorm."), (".mlp.fc1.", ".pwconv1."), (".mlp.fc2.", ".pwconv2."),
      (".gamma", ".layer_scale_parameter"),
    ] { renamed = renamed.replacing(ours, with: theirs) }
    return renamed
  }

  @Test(
    "Whatever its names, the same CLIP is recognized and converted to the same weights",
    arguments: ["OpenCLIP", "text.", "module.", "module. and text.", "timm", "transformers"])
  func namings(naming: String) throws {
    let folder = try TemporaryFolder()
    let rest = { (name: String) in name.hasPrefix("visual.trunk.") ? nil : name }
    let sources =
      switch naming {
      case "OpenCLIP": [Self.linear]
      case "text.": [try Self.write("a", in: folder) { Self.isText($0) ? "text.\($0)" : $0 }]
      case "module.": [try Self.write("a", in: folder) { "module.\($0)" }]
      case "module. and text.":
        [try Self.write("a", in: folder) { "module." + (Self.isText($0) ? "text.\($0)" : $0) }]
      case "timm":
        [
          try Self.write("a", in: folder) {
            $0.hasPrefix("visual.trunk.") ? String($0.dropFirst("visual.trunk.".count)) : nil
          }, try Self.write("b", in: folder, renaming: rest),
        ]
      default:
        [
          try Self.write("a", in: folder) { Self.transformersName($0).map { "convnext.\($0)" } },
          try Self.write("b", in: folder, renaming: rest),
        ]
      }
    if sources.count == 1 {
      let inspection = try Inspection(path: sources[0], options: Self.options.architecture)
      #expect(inspection.modelName == Self.name)
      #expect(inspection.fits)
      #expect(inspection.naming.prefix == (naming.hasPrefix("module.") ? "module." : ""))
      #expect(inspection.parts.map(\.name) == ["image encoder", "text encoder"])
      #expect(inspection.parts.map(\.tensorCount) == [64, 18])
    }
    let converted = try Conversion(sources: sources, options: Self.options)
      .run(output: folder.file("model.sedge")).header
    let plain = try Conversion(source: Self.linear, options: Self.options)
      .run(output: folder.file("plain.sedge")).header
    #expect(converted.tensors == plain.tensors)
    #expect(converted.logitScale == 2.5)
    #expect(converted.architecture == plain.architecture && converted.architecture.decoder == nil)
    #expect(converted.preprocessing.topK == nil)
  }

  @Test("A part alone is refused, and the error lists the missing tensors")
  func partsAlone() throws {
    let folder = try TemporaryFolder()
    let alone = [
      (
        try Self.write("visual", in: folder) { $0.hasPrefix("visual.") ? $0 : nil },
        "looks like OpenCLIP's image encoder alone; give the file with the text encoder too"
      ),
      (
        try Self.write("timm", in: folder) {
          $0.hasPrefix("visual.trunk.") ? String($0.dropFirst("visual.trunk.".count)) : nil
        },
        "looks like the state dict of timm's trunk, which is only a part; give the files with the others too"
      ),
      (
        try Self.write("transformers", in: folder) { Self.transformersName($0) },
        "looks like the trunk alone, as transformers has it; give the files with the other parts too"
      ),
    ]
    for (path, cause) in alone {
      let inspection = try Inspection(path: path)
      #expect(!inspection.fits)
      #expect(inspection.problems.map(\.cause) == [cause])
    }
  }

  /// What OpenCLIP makes of the pictures with the trained CLIP of shapes/, at a logit scale of exp(2).
  private static func shapesProbabilities() throws -> [String: [Float]] {
    let json = try Data(contentsOf: URL(fileURLWithPath: fixture("clip/shapes.json")))
    return try JSONDecoder().decode([String: [Float]].self, from: json)
  }

  private static func shapesOptions() throws -> ConversionOptions {
    var options = ConversionOptions()
    options.architecture = ArchitectureOptions(textHeads: 4, parts: [.image, .text])
    options.resolution = 256
    options.templates = try PromptTemplates(jsonFile: fixture("shapes/templates.json"))
    options.logitScale = 2
    return options
  }

  @Test("SED's CLIP classifies images as OpenCLIP does", arguments: [true, false])
  func shapes(folding: Bool) throws {
    let folder = try TemporaryFolder()
    var options = try Self.shapesOptions()
    options.folding = folding
    let summary = try Conversion(source: fixture("shapes/sed_shapes.h5"), options: options)
      .run(output: folder.file("clip.sedge"))
    #expect(summary.notes == ["left out, as asked: 115 tensors of the decoder"])
    #expect(summary.header.architecture.decoder == nil)
    let model = try SedgeModel(path: folder.file("clip.sedge"))
    #expect(model.kind == .clip)
    let classes = try ClassList(file: fixture("shapes/classes.json"))
    let features = try model.encodedFeatures(of: classes).features
    #expect(features.shape == [classes.classes.count, 1, 64])
    for (picture, expected) in try Self.shapesProbabilities() {
      let probabilities = try model.classify(
        RGBImage(path: fixture("pictures/\(picture)")), textFeatures: features
      ).probabilities
      #expect(probabilities.count == expected.count)
      for (found, recorded) in zip(probabilities, expected) { #expect(abs(found - recorded) <= 1e-5) }
    }
  }

  @Test("Classes of equal names share their probability, encoded or kept from before")
  func equalNames() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("clip.sedge")
    _ = try Conversion(source: fixture("shapes/sed_shapes.h5"), options: Self.shapesOptions()).run(
      output: path)
    let picture = try RGBImage(path: fixture("pictures/sand.png"))
    let cache = SedgeModel.textCachePath(besideModel: path)
    for _ in 0..<2 {
      let model = try SedgeModel(path: path, textCachePath: cache)
      let classifier = try ImageClassifier(model)
      let once = try classifier.classify(picture, classes: ClassList(names: ["sand", "sky"])).probabilities
      let features = try model.textFeatures(of: ClassList(names: ["sand", "sky", "sand"]))
      let twice = try classifier.classify(picture, textFeatures: features).probabilities
      #expect(features.cacheError == nil)
      #expect(twice[0] == twice[2])
      // p / (1 + p) of each, for the odds of the two names stay what they are.
      #expect(abs(twice[0] / twice[1] - once[0] / once[1]) <= 1e-4 * once[0] / once[1])
    }
  }

  @Test("A given logit scale applies to the source as well when both are compared")
  func givenScale() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("clip.sedge")
    _ = try Conversion(source: fixture("shapes/sed_shapes.h5"), options: Self.shapesOptions())
      .run(output: path)
    let report = try Verification(model: path).compare(
      sources: [fixture("shapes/sed_shapes.h5")],
      pictures: [NamedImage(name: "sand", image: try RGBImage(path: fixture("pictures/sand.png")))],
      classes: ClassList(literal: "sky; sand; grass"))
    #expect(report.passes, "\(report.failures)")
    #expect(report.tensors.count == 92)
  }

  @Test("Without a logit scale a checkpoint is refused, unless one is given")
  func noScale() throws {
    let folder = try TemporaryFolder()
    let path = try Self.write("clip", in: folder) { $0 == "logit_scale" ? nil : $0 }
    let output = folder.file("clip.sedge")
    var options = Self.options
    let error = #expect(throws: UsageError.self) { try Conversion(source: path, options: options) }
    #expect(error == UsageError(.missingLogitScale(tensor: "logit_scale"), path: path))
    options.logitScale = 25
    let tooLarge = #expect(throws: UsageError.self) { try Conversion(source: path, options: options) }
    #expect(tooLarge == UsageError(.logitScale(tensor: "logit_scale", value: 25, limit: 20), path: path))
    options.logitScale = 2.5
    #expect(try Conversion(source: path, options: options).run(output: output).header.logitScale == 2.5)
    let verification = try Verification(model: output)
    #expect(try verification.compare(golden: fixture("clip/linear.golden.safetensors")).passes)
    #expect(try verification.compare(sources: [path], pictures: [], classes: nil).passes)
  }

  @Test("The classifier refuses SED, and CLIP classifies and segments")
  func wrongKind() throws {
    let folder = try TemporaryFolder()
    let (clip, sed) = (folder.file("clip.sedge"), folder.file("sed.sedge"))
    _ = try Conversion(source: Self.linear, options: Self.options).run(output: clip)
    _ = try Conversion(source: fixture("tiny/linear.h5"), options: Self.options).run(output: sed)
    let picture = try RGBImage(path: fixture("pictures/sky.png"))
    let features = Tensor(shape: [1, 1, 16], values: [1] + [Float](repeating: 0, count: 15))
    let segmentation = try SedgeModel(path: clip).segment(picture, textFeatures: features, topK: nil)
    #expect(segmentation.labels == [Int32](repeating: 0, count: picture.width * picture.height))
    #expect(segmentation.bestScores.allSatisfy { $0 == 1 })
    let classifying = #expect(throws: UsageError.self) {
      try SedgeModel(path: sed).classify(picture, textFeatures: features)
    }
    #expect(classifying == UsageError(.cannotClassify, path: sed))
    #expect(try SedgeModel(path: clip).classify(picture, textFeatures: features).probabilities == [1])
  }

  @Test("An export has OpenCLIP's names, shapes and numbers, or SED's", arguments: ExportNames.allCases)
  func export(names: ExportNames) throws {
    let folder = try TemporaryFolder()
    let (model, exported) = (folder.file("clip.sedge"), folder.file("clip.safetensors"))
    var options = Self.options
    options.folding = false
    _ = try Conversion(source: Self.linear, options: options).run(output: model)
    let summary = try ModelExport(model: model).run(output: exported, names: names == .openclip ? nil : names)
    #expect(summary.names == names)
    let (source, export) = (try openArchive(path: Self.linear), try openArchive(path: exported))
    let prefix = names == .openclip ? "" : "sem_seg_head.predictor.clip_model."
    #expect(Set(export.tensors.map(\.name)) == Set(source.tensors.map { prefix + $0.name }))
    for info in source.tensors {
      let other = try #require(export.tensors.first { $0.name == prefix + info.name })
      #expect(other.shape == info.shape)
      #expect(try export.floats(other) == source.floats(info), "\(info.name)")
    }
  }

  @Test("A folded file's export computes the same", arguments: ExportNames.allCases)
  func foldedExport(names: ExportNames) throws {
    let folder = try TemporaryFolder()
    let (model, exported) = (folder.file("clip.sedge"), folder.file("clip.safetensors"))
    _ = try Conversion(source: Self.linear, options: Self.options).run(output: model)
    _ = try ModelExport(model: model).run(output: exported, names: names, allowsInexact: true)
    var options = Self.options
    if names == .sed { options.architecture.parts = [.image, .text] }
    _ = try Conversion(source: exported, options: options).run(output: folder.file("again.sedge"))
    let report = try Verification(model: folder.file("again.sedge"))
      .compare(golden: fixture("clip/linear.golden.safetensors"))
    #expect(report.passes, "\(report.failures)")
  }

  @Test(
    "Parts are taken as asked",
    arguments: [[.image, .text, .decoder], [.image, .decoder], [.image, .decoder, .rejection]]
      as [Set<ModelPart>])
  func parts(parts: Set<ModelPart>) throws {
    let folder = try TemporaryFolder()
    let (source, path) = (fixture("shapes/sed_shapes.h5"), folder.file("model.sedge"))
    var options = try Self.shapesOptions()
    options.logitScale = nil
    options.architecture.parts = parts
    options.dropsTextEncoder = !parts.contains(.text)
    options.classLists = [("three", try ClassList(literal: "sky; sand; grass"))]
    let header = try Conversion(source: source, options: options).run(output: path).header
    #expect(header.hasTextEncoder == parts.contains(.text))
    #expect(header.architecture.decoder?.hasRejectionHeads == parts.contains(.rejection))
    #expect(header.preprocessing.topK == (parts.contains(.rejection) ? 8 : nil))
    let report = try Verification(model: path).compare(
      sources: [source],
      pictures: [NamedImage(name: "sand", image: try RGBImage(path: fixture("pictures/sand.png")))],
      classes: nil)
    #expect(report.passes, "\(report.failures)")
    #expect(report.runs.count == 1)
  }
}
