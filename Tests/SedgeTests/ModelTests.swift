// The library as a program uses it.

import SedgeCheckpoint
import Sedge
import SedgeTensor
import TestSupport
import Testing

@Suite("The facade")
struct ModelTests {
  private let source = fixture("shapes/sed_shapes.h5")

  private func options() throws -> ConversionOptions {
    var options = ConversionOptions()
    options.architecture.textHeads = 4
    options.resolution = 256
    options.templates = try PromptTemplates(jsonFile: fixture("shapes/templates.json"))
    return options
  }

  private func convert(
    to path: String, _ change: (inout ConversionOptions) throws -> Void
  ) throws -> ConversionSummary {
    var options = try options()
    try change(&options)
    return try Conversion(source: source, options: options).run(output: path)
  }

  @Test("A few lines convert a checkpoint and segment an image")
  func fewLines() throws {
    let folder = try TemporaryFolder()
    var options = ConversionOptions()
    options.architecture.textHeads = 4
    options.resolution = 256
    options.templates = try PromptTemplates(jsonFile: fixture("shapes/templates.json"))
    let conversion = try Conversion(source: fixture("shapes/sed_shapes.h5"), options: options)
    _ = try conversion.run(output: folder.file("model.sedge"))

    let model = try SedgeModel(path: folder.file("model.sedge"))
    let picture = try RGBImage(path: fixture("pictures/sky.png"))
    let segmentation = try Segmenter(model).segment(
      picture, classes: ClassList(literal: "grass; sky; red circle"))
    try segmentation.labelMap.writePNG(to: folder.file("labels.png"))

    #expect((segmentation.width, segmentation.height) == (picture.width, picture.height))
    let shares = segmentation.shares(of: 3)
    #expect(shares[1] > 0.8)
    #expect(shares[0] < 0.05)
    #expect(try LabelMap(path: folder.file("labels.png")) == segmentation.labelMap)
  }

  @Test("Text features may be reused for further images")
  func reusedFeatures() throws {
    let model = try SedgeModel(path: SharedModel.path(source, options()))
    let classes = try ClassList(literal: "sky; sand")
    var steps: [Int] = []
    let features = try model.encodedFeatures(of: classes) { done, _ in steps.append(done) }.features
    let picture = try RGBImage(path: fixture("pictures/sand.png"))
    #expect(features.shape == [2, 4, 64])
    #expect(steps == steps.sorted())
    #expect(steps.last == 8)
    #expect(
      try model.segment(picture, textFeatures: features, topK: nil).labels
        == Segmenter(model).segment(
          picture, textFeatures: model.textFeatures(of: classes), earlyRejection: .none
        ).labels)
  }

  @Test("The summary agrees with the file")
  func summary() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("model.sedge")
    let summary = try convert(to: path) { options in
      options.quantization = .int8
      options.classLists = [(name: "two", classes: try ClassList(literal: "sky; sand"))]
    }
    let inspection = try Inspection(path: path, checksValues: true)
    #expect(inspection.fits)
    #expect(inspection.byteCount == summary.outputByteCount)
    #expect(inspection.header == summary.header)
    #expect(inspection.tensors.map(\.name) == summary.header.tensors.map(\.tensor.name))
    #expect(inspection.parts.map(\.tensorCount).reduce(0, +) == inspection.tensors.count)
    #expect(inspection.header?.classLists.map(\.name) == ["two"])
    #expect(summary.notes == [])
    #expect(summary.worstTensors.first?.codec == .trellis)
    #expect(summary.worstTensors.allSatisfy { [.trellis, .f16Planes].contains($0.codec) })
    #expect(summary.appliedFolds.count == 48)
  }

  @Test("Options that do not fit are thrown before anything is written")
  func misfits() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("model.sedge")
    let noPrompts = UsageError.TextObstacle.templatesRequired(count: 4)
    let changes: [(error: UsageError, change: (inout ConversionOptions) throws -> Void)] = [
      (UsageError(.classListRequired), { $0.dropsTextEncoder = true }),
      (UsageError(.promptCount(expected: 4, found: 80), path: source), { $0.templates = .imagenet }),
      (UsageError(.noClassNames([noPrompts]), path: source), { $0.templates = nil }),
      (
        UsageError(.classListsNotEncodable([noPrompts]), path: source),
        {
          $0.templates = nil
          $0.classLists = [(name: "two", classes: try ClassList(literal: "sky; sand"))]
        }
      ),
    ]
    for (expected, change) in changes {
      let error = try #require(throws: UsageError.self) { try convert(to: path, change) }
      #expect(error == expected)
    }
    #expect(throws: ContractError.self) { try convert(to: path) { $0.architecture.heads = 3 } }
    #expect(try folder.contents() == [])
  }

  @Test("A wrong kind of file is thrown by every entrance")
  func wrongFiles() throws {
    let (checkpoint, path) = (source, try SharedModel.path(source, options()))
    #expect(throws: UsageError.self) { try SedgeModel(path: checkpoint) }
    #expect(throws: UsageError.self) { try Verification(model: checkpoint) }
    #expect(throws: UsageError.self) { try Conversion(source: path, options: ConversionOptions()) }
    #expect(throws: FormatError.self) { try openArchive(path: path) }
    #expect(throws: FormatError.self) { try Inspection(path: fixture("pictures/sky.png")) }
    let verification = try Verification(model: path)
    #expect(throws: UsageError.self) { try verification.compare(golden: path) }
    #expect(throws: FormatError.self) { try verification.compare(golden: checkpoint) }
    #expect(throws: UsageError.self) {
      try verification.compare(sources: [path], pictures: [], classes: nil)
    }
    #expect(throws: UsageError.self) {
      try verification.compare(sources: [fixture("tiny/linear.h5")], pictures: [], classes: nil)
    }
  }

  @Test("A verification without images compares the tensors; given limits are applied")
  func verification() throws {
    var options = try options()
    options.quantization = .f16
    let path = try SharedModel.path(source, options)
    let report = try Verification(model: path).compare(sources: [source], pictures: [], classes: nil)
    #expect(report.passes)
    #expect(report.tensors.count == 186)
    #expect(report.runs == [])
    let strict = try Verification(model: path, overrides: ["tensor-rms": 0])
    #expect(strict.thresholds.tensorRMS == 0)
    let failing = try strict.compare(sources: [source], pictures: [], classes: nil)
    #expect(!failing.passes)
    #expect(failing.failures.count == report.tensors.count { $0.deviation.relativeRMS > 0 })
  }

  @Test("Progress rises to the end of every step")
  func progress() throws {
    let folder = try TemporaryFolder()
    let conversion = try Conversion(source: fixture("tiny/linear.h5"), options: tinyOptions)
    var shares: [String: [Double]] = [:]
    _ = try conversion.run(output: folder.file("model.sedge")) { step in
      switch step {
      case .checking(let share): shares["checking", default: []].append(share)
      case .folding(let share): shares["folding", default: []].append(share)
      case .writing(let share): shares["writing", default: []].append(share)
      case .encodingText, .running, .calibrating, .measuringSensitivity, .quantizing, .evaluating:
        Issue.record("nothing of the kind was asked for")
      }
    }
    #expect(shares.keys.sorted() == ["checking", "folding", "writing"])
    for (step, shares) in shares {
      #expect(shares == shares.sorted(), "\(step)")
      #expect(shares.last == 1, "\(step)")
    }
  }

  private var tinyOptions: ConversionOptions {
    var options = ConversionOptions()
    options.architecture.textHeads = 2
    options.resolution = 64
    options.allowsNoClassNames = true
    return options
  }
}
