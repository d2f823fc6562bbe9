// The preprocessing that a file has by default, and another where it is asked for.

import Sedge
import SedgeContainer
import SedgeTensor
import SedgeVerification
import TestSupport
import Testing

@Suite("Preprocessing of pictures")
struct PreprocessingTests {
  private static let source = fixture("shapes/sed_shapes.h5")
  private static let pictures = ["bricks", "sand", "sky"]

  private static func options(_ resizing: ImageResizing?) throws -> ConversionOptions {
    var options = ConversionOptions()
    options.architecture.textHeads = 4
    options.resolution = 256
    options.templates = try PromptTemplates(jsonFile: fixture("shapes/templates.json"))
    options.resizing = resizing
    return options
  }

  private static func model(_ resizing: ImageResizing?) throws -> String {
    try SharedModel.path(source, options(resizing))
  }

  private static func labels(of picture: String, by model: SedgeModel) throws -> [Int] {
    let features = try model.textFeatures(of: ClassList(file: fixture("shapes/classes.json")))
    return try Segmenter(model).segment(
      RGBImage(path: fixture("pictures/\(picture).png")), textFeatures: features, earlyRejection: .none
    ).labelMap.labels
  }

  @Test("Labels with SED's preprocessing are those of PyTorch and Pillow", arguments: pictures)
  func labels(picture: String) throws {
    let model = try SedgeModel(path: Self.model(.sed))
    #expect(model.resizing == .sed)
    let labels = try Self.labels(of: picture, by: model)
    let expected = try LabelMap(path: fixture("preprocessing/\(picture).png")).labels
    let equal = zip(labels, expected).count { $0 == $1 }
    #expect(labels.count == expected.count)
    // Two near ties of 65,536 pixels are rounding.
    #expect(labels.count - equal <= 2)
    let direct = try Self.labels(of: picture, by: SedgeModel(path: Self.model(nil)))
    #expect(zip(direct, expected).contains { $0 != $1 }, "both preprocessings are expected to differ")
  }

  @Test("A preprocessing that is asked for replaces the file's")
  func override() throws {
    for (asked, own) in [(ImageResizing.sed, nil), (.square, ImageResizing.sed)] {
      let other = try SedgeModel(path: Self.model(own), resizing: asked)
      #expect(other.resizing == asked)
      let expected = try SedgeModel(path: Self.model(asked == .sed ? .sed : nil))
      #expect(try Self.labels(of: "sand", by: other) == Self.labels(of: "sand", by: expected))
    }
  }

  @Test("A file without SED's preprocessing has the bytes that it had before there was a choice")
  func unchanged() throws {
    let files = try [nil, ImageResizing.square].map { try SedgeFile(path: Self.model($0)) }
    #expect(files.map(\.version) == [2, 2])
    #expect(try SedgeFile(path: Self.model(.sed)).version == 3)
    var header = files[1].header
    header.options.removeAll { $0.key == "preprocess" }
    #expect(header == files[0].header)
  }

  @Test("CLIP alone has its own preprocessing")
  func classifier() throws {
    let folder = try TemporaryFolder()
    var options = try Self.options(nil)
    options.architecture.parts = [.image, .text]
    options.logitScale = 2
    let path = folder.file("clip.sedge")
    try Conversion(source: Self.source, options: options).run(output: path)
    let refusal = UsageError(.resizingOfClassifier, path: path)
    #expect(throws: refusal) { try SedgeModel(path: path, resizing: .square) }
    #expect(throws: refusal) { try Verification(model: path, resizing: .sed) }
    options.resizing = .sed
    #expect(throws: UsageError(.resizingOfClassifier, path: Self.source)) {
      try Conversion(source: Self.source, options: options)
    }
  }

  @Test("verify runs both sides with the file's preprocessing, or with another")
  func verification() throws {
    let golden = fixture("preprocessing/sed_shapes.golden.safetensors")
    let path = try Self.model(nil)
    #expect(try !Verification(model: path).compare(golden: golden).passes)
    #expect(try Verification(model: path, resizing: .sed).compare(golden: golden).passes)
    #expect(try Verification(model: Self.model(.sed)).compare(golden: golden).passes)
    let picture = NamedImage(name: "sky", image: try RGBImage(path: fixture("pictures/sky.png")))
    let report = try Verification(model: path, resizing: .sed).compare(
      sources: [Self.source], pictures: [picture], classes: ClassList(literal: "sky; grass"))
    #expect(report.passes)
  }

  @Test("diff names another preprocessing")
  func difference() throws {
    let difference = try ModelComparison(Self.model(nil), Self.model(.sed)).run()
    let setting = try #require(difference.settings.first { $0.name == "preprocess" })
    #expect((setting.first, setting.second) == ("square", "sed"))
  }
}
