// The error of a conversion, measured on images.

import Foundation
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
    _ pictures: [TestPicture]? = nil, isStrict: Bool = true,
    memoryLimit: Int = OutputReference.defaultMemoryLimit, diskLimit: Int? = nil
  ) throws -> OutputReference {
    try OutputReference(
      Conversion(source: source, options: options()), pictures: pictures ?? Self.pictures(),
      classes: ClassList(literal: names), isStrict: isStrict, memoryLimit: memoryLimit,
      diskLimit: diskLimit)
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

  @Test(
    "Outputs in memory, on the disk and computed again have the same result",
    arguments: [(0, nil), (300_000, nil), (0, 0), (0, 300_000), (200_000, 0)] as [(Int, Int?)])
  func memory(limit: Int, diskLimit: Int?) throws {
    let path = try Self.convert(.int8)
    let reference = try Self.reference(memoryLimit: limit, diskLimit: diskLimit)
    #expect(try reference.error(ofFile: path) == Self.reference().error(ofFile: path))
    let files = try FileManager.default.contentsOfDirectory(atPath: NSTemporaryDirectory())
    #expect(files.filter { $0.hasPrefix("sedge-\(getpid())-") } == [])
  }

  @Test("Every picture has its counts, and they add up to the whole")
  func rows() throws {
    let pictures = ["sky", "sand"].map {
      TestPicture(
        path: fixture("pictures/\($0).png"), truthPath: fixture("pictures/\($0).labels.png"))
    }
    let classes = try ClassList(file: fixture("shapes/classes.json"))
    let reference = try OutputReference(
      Conversion(source: Self.source, options: Self.options()), pictures: pictures, classes: classes)
    let measurement = try reference.measurement(ofFile: Self.convert(.int4)).measurement
    let (error, rows) = (measurement.error, measurement.pictures)
    #expect(rows.count == 2 && rows.allSatisfy { $0.seconds > 0 })
    #expect(error.labelChange == (rows[0].change.share + rows[1].change.share) / 2)
    #expect(error.pixelCount == rows.reduce(0) { $0 + $1.change.pixels })
    // detectron2's definition, with a matrix of all classes.
    let model = try SedgeModel(path: Self.convert(.int4))
    let features = try model.encodedFeatures(of: classes).features
    let count = classes.classes.count
    var matrix = [[Int]](repeating: [Int](repeating: 0, count: count), count: count)
    for name in ["sky", "sand"] {
      let image = try RGBImage(path: fixture("pictures/\(name).png"))
      let truth = try LabelMap(path: fixture("pictures/\(name).labels.png")).labels
      let labels = try model.segment(image, textFeatures: features, topK: nil).labels
      for (label, truth) in zip(labels, truth) where truth < count { matrix[Int(label)][truth] += 1 }
    }
    let truths = (0..<count).map { c in matrix.reduce(0) { $0 + $1[c] } }
    let present = (0..<count).filter { truths[$0] > 0 }
    let ious = present.map { c in
      Double(matrix[c][c]) / Double(truths[c] + matrix[c].reduce(0, +) - matrix[c][c])
    }
    let pixels = Double(truths.reduce(0, +))
    let figures = try #require(error.figures)
    let mean = { (values: [Double]) in values.reduce(0, +) / Double(values.count) }
    // Sums of at most 54 numbers of at most 1, in another order.
    let tolerance = 54 * 0x1p-52
    #expect(abs(try #require(figures.miou) - mean(ious)) <= tolerance)
    let accuracies = present.map { Double(matrix[$0][$0]) / Double(truths[$0]) }
    #expect(abs(try #require(figures.macc) - mean(accuracies)) <= tolerance)
    let weighted = zip(present, ious).reduce(0) { $0 + Double(truths[$1.0]) / pixels * $1.1 }
    #expect(abs(try #require(figures.fwiou) - weighted) <= tolerance)
    #expect(figures.pacc == Double(present.reduce(0) { $0 + matrix[$1][$1] }) / pixels)
    #expect((error.meanIoU, error.pixelAccuracy) == (figures.miou, figures.pacc))
  }

  @Test("Pictures that cannot be used are set aside, or end the work")
  func damaged() throws {
    let folder = try TemporaryFolder()
    let damaged = try folder.write([1, 2, 3], to: "damaged.png")
    let (sky, labels) = (fixture("pictures/sky.png"), fixture("pictures/sky.labels.png"))
    let all = [
      TestPicture(path: damaged), TestPicture(path: sky), TestPicture(path: sky, truthPath: damaged),
      TestPicture(path: fixture("pictures/sand.png")),
    ]
    let reference = try Self.reference(all, isStrict: false)
    // Label maps are read first.
    #expect(reference.failures.map(\.picture) == [sky, damaged])
    #expect(reference.failures.allSatisfy { $0.error.hasPrefix(damaged) })
    let path = try Self.convert(.int8)
    #expect(try reference.error(ofFile: path) == Self.reference([all[1], all[3]]).error(ofFile: path))
    #expect(throws: FormatError.self) { _ = try Self.reference(all) }
    #expect(throws: FormatError.self) { _ = try Self.reference([all[0]], isStrict: false) }
    let image = RGBImage(width: 4, height: 3, color: RGBColor(1, 2, 3))
    let truth = try LabelMap(path: labels)
    let other = TestPicture(name: "a", image: image, truth: truth)
    #expect(throws: UsageError.self) { _ = try Self.reference([other], isStrict: false) }
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
