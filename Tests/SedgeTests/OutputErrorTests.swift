// The error of a conversion, measured on images.

import SedgeEvaluation
import SedgeRunner
import SedgeCheckpoint
import SedgeArchitecture
import SedgeImages
import SedgeCompression
import SedgeContainer
import Sedge
import SedgeFolding
import SedgeOperators
import SedgeTensor
import TestSupport
import Testing

@Suite("Output error")
struct OutputErrorTests {
  private static let source = fixture("shapes/sed_shapes.h5")
  private static let names = "grass; sky; sand; brick wall; red circle; green star; blue ring"

  private static func options(_ form: WeightFormat = .f32) throws -> ConversionOptions {
    var options = ConversionOptions()
    options.architecture.textHeads = 4
    options.resolution = 128
    options.templates = try PromptTemplates(jsonFile: fixture("shapes/templates.json"))
    options.quantization = form
    return options
  }

  private static func pictures() throws -> [TestPicture] {
    try ["sky", "sand"].map {
      TestPicture(name: $0, image: try RGBImage(path: fixture("pictures/\($0).png")))
    }
  }

  private static func reference(
    _ pictures: [TestPicture]? = nil, memoryLimit: Int = OutputReference.defaultMemoryLimit
  ) throws -> OutputReference {
    try OutputReference(
      Conversion(source: source, options: options()), pictures: pictures ?? Self.pictures(),
      classes: ClassList(literal: names), memoryLimit: memoryLimit)
  }

  private static func convert(_ form: WeightFormat) throws -> String {
    try SharedModel.path(source, options(form))
  }

  @Test(
    "The source has no error against itself; float32 rounding alone is far below float16, that below int8")
  func order() throws {
    let reference = try Self.reference()
    #expect(reference.source.labelChange == 0 && reference.source.scoreRMS == 0)
    #expect(reference.source.pictureCount == 2)
    let errors = try [WeightFormat.lossless, .f16, .int4].map {
      try reference.error(ofFile: Self.convert($0))
    }
    #expect(errors[0].scoreRMS < 1e-5 && errors[0].labelChange < 1e-4)
    #expect(errors[0].scoreRMS < errors[1].scoreRMS / 10)
    #expect(errors[1].scoreRMS < errors[2].scoreRMS / 3)
    #expect(errors[2].scoreRMS < 0.1 && errors[2].labelChange > 0)
    for error in errors {
      #expect(error.labelChange <= error.worstLabelChange)
      #expect(error.meanScoreError <= error.largestScoreError)
      #expect(error.pixelCount == reference.source.pixelCount)
      #expect(error.meanIoU == nil && error.pixelAccuracy == nil)
    }
  }

  @Test("Its figures are those of complete records of both runs")
  func byHand() throws {
    let reference = try Self.reference()
    let path = try Self.convert(.int8)
    let error = try reference.error(ofFile: path)
    let candidate = try SedgeModel(path: path)
    let checkpoint = try Checkpoint(
      openArchive(path: Self.source), options: Self.options().architecture)
    let preprocessing = Preprocessing(resolution: 128)
    let original = try SegmentationModel(
      weights: FoldedModel(checkpoint, preprocessing: preprocessing, folding: false),
      preprocessing: preprocessing)
    let features = try candidate.encodedFeatures(of: reference.classes).features
    var (expected, actual): ([Float], [Float]) = ([], [])
    var changes: [Double] = []
    for name in ["sky", "sand"] {
      let image = try RGBImage(path: fixture("pictures/\(name).png"))
      let runs = [
        original.record(
          pixels: image.pixels, height: image.height, width: image.width,
          textFeatures: reference.textFeatures, topK: nil),
        candidate.withNetwork {
          $0.recordable.record(
            pixels: image.pixels, height: image.height, width: image.width, textFeatures: features, topK: nil)
        },
      ]
      let logits = try runs.map { try #require($0.taps.first { $0.name == "logits" }).tensor }
      #expect(logits[0].shape == [7, 32, 32])
      expected += logits[0].values.map { sigmoid($0) }
      actual += logits[1].values.map { sigmoid($0) }
      let changed = zip(runs[0].labels, runs[1].labels).count { $0 != $1 }
      changes.append(Double(changed) / Double(runs[0].labels.count))
    }
    let deviation = Deviation(reference: expected, actual: actual)
    #expect(abs(error.scoreRMS - deviation.relativeRMS) <= 1e-4 * deviation.relativeRMS)
    #expect(abs(error.largestScoreError - deviation.largestAbsolute) <= 1e-5)
    #expect(error.labelChange == (changes[0] + changes[1]) / 2)
    #expect(error.worstLabelChange == max(changes[0], changes[1]))
  }

  @Test("Weights in memory are measured as the file that they come from, with their own text encoder")
  func inMemory() throws {
    let reference = try Self.reference()
    let path = try Self.convert(.int8)
    let expected = try reference.error(ofFile: path)
    let file = try SedgeFile(path: path)
    #expect(try reference.error(of: file) == expected)
    let withSourceText = try reference.error(of: file, textFeatures: reference.textFeatures)
    #expect(withSourceText != expected)
    #expect(withSourceText.scoreRMS > 0)
  }

  @Test("Scores beyond the memory limit are computed anew, with the same result", arguments: [0, 300_000])
  func memory(limit: Int) throws {
    let path = try Self.convert(.int8)
    #expect(
      try Self.reference(memoryLimit: limit).error(ofFile: path) == Self.reference().error(ofFile: path))
  }

  @Test("Accuracy counts every class of the truth alike, and no pixel of class 255")
  func accuracy() throws {
    let image = try RGBImage(path: fixture("pictures/sky.png"))
    let classes = try ClassList(literal: Self.names)
    let model = try Conversion(source: Self.source, options: Self.options())
    let plain = try OutputReference(
      model, pictures: [TestPicture(name: "sky", image: image)], classes: classes)
    #expect(plain.source.meanIoU == nil)
    // The truth is what the file says, but for three pixels of a class that it found nowhere and one that is not judged.
    let path = try Self.convert(.f32)
    var labels = try SedgeModel(path: path).segment(
      image, textFeatures: plain.textFeatures, topK: nil
    ).labels.map(Int.init)
    let start = try #require(labels.indices.first { labels[$0..<$0 + 4] == [1, 1, 1, 1] })
    let absent = try #require((0..<7).first { !labels.contains($0) })
    for i in start..<start + 3 { labels[i] = absent }
    labels[start + 3] = 255
    let truth = LabelMap(width: image.width, height: image.height, labels: labels)
    let reference = try OutputReference(
      model, pictures: [TestPicture(name: "sky", image: image, truth: truth)], classes: classes)
    let error = try reference.error(ofFile: path)
    let judged = labels.count - 1
    #expect(error.pixelAccuracy == Double(judged - 3) / Double(judged))
    let present = Set(labels).subtracting([255])
    let shares = present.sorted().map { index -> Double in
      let count = labels.count { $0 == index }
      return index == absent ? 0 : Double(count) / Double(index == 1 ? count + 3 : count)
    }
    #expect(error.meanIoU == shares.reduce(0, +) / Double(present.count))
  }

  @Test("Requests that cannot be measured are refused")
  func refusals() throws {
    let folder = try TemporaryFolder()
    let image = RGBImage(width: 4, height: 3, color: RGBColor(1, 2, 3))
    let turned = TestPicture(
      name: "a", image: image, truth: LabelMap(width: 3, height: 4, labels: [Int](repeating: 0, count: 12)))
    let size = try #require(throws: UsageError.self) { _ = try Self.reference([turned]) }
    #expect(
      size
        == UsageError(
          .labelMapSize(image: .init(width: 4, height: 3), labels: .init(width: 3, height: 4)), path: "a"))
    let beyond = TestPicture(
      name: "a", image: image, truth: LabelMap(width: 4, height: 3, labels: [Int](repeating: 7, count: 12)))
    let label = try #require(throws: UsageError.self) { _ = try Self.reference([beyond]) }
    guard case .labelsBeyondClasses(7, 7, _) = label.kind else {
      Issue.record("\(label)")
      return
    }
    var options = try Self.options()
    options.templates = nil
    options.allowsNoClassNames = true
    let nameless = try Conversion(source: Self.source, options: options)
    let error = try #require(throws: UsageError.self) {
      _ = try OutputReference(
        nameless, pictures: Self.pictures(), classes: ClassList(literal: Self.names))
    }
    #expect(error == UsageError(.missingTextInput(.templates), path: Self.source))
    var tiny = ConversionOptions()
    tiny.architecture.textHeads = 2
    tiny.resolution = 64
    tiny.allowsNoClassNames = true
    let path = folder.file("linear.sedge")
    _ = try Conversion(source: fixture("tiny/linear.h5"), options: tiny).run(output: path)
    let reference = try Self.reference()
    let other = try #require(throws: UsageError.self) { _ = try reference.error(ofFile: path) }
    guard case .differentModel = other.kind else {
      Issue.record("\(other)")
      return
    }
    var large = try Self.options()
    large.resolution = 160
    _ = try Conversion(source: Self.source, options: large).run(output: path)
    let resolution = try #require(throws: UsageError.self) { _ = try reference.error(ofFile: path) }
    #expect(resolution == UsageError(.differentResolution(found: 160, expected: 128), path: path))
  }
}
