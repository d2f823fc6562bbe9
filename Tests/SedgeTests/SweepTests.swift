// Forms of a model side by side.

import SedgeEvaluation
import SedgeCompression
import Sedge
import SedgeContainer
import SedgeQuantization
import TestSupport
import Testing

@Suite("Sweep")
struct SweepTests {
  @Test(
    "Rounding to the nearest takes the bits of its codes, a step for each row, and float32 for the rest",
    arguments: [2, 5, 16])
  func roundToNearest(bits: Int) throws {
    let folder = try TemporaryFolder()
    var options = ConversionOptions()
    options.architecture.textHeads = 4
    options.resolution = 128
    options.templates = try PromptTemplates(jsonFile: fixture("shapes/templates.json"))
    let source = fixture("shapes/sed_shapes.h5")
    let picture = TestPicture(path: fixture("pictures/sky.png"))
    let sweep = try Sweep(
      sources: [source], options: options, pictures: [picture], classes: ClassList(literal: "sky; sand"))
    let entry = try sweep.measure(.roundToNearest(bits: bits), output: folder.file("none"))
    #expect(try folder.contents() == [])
    #expect(entry.fileByteCount == nil && entry.name == "rtn\(bits)")
    // A plain int8 file codes the same tensors.
    options.quantization = .int8
    options.storage = .raw
    let summary = try Conversion(source: source, options: options).run(output: folder.file("int8.sedge"))
    let file = try SedgeFile(path: folder.file("int8.sedge"))
    var (byteCount, weightCount) = (0, 0)
    for record in summary.header.tensors {
      let (rows, columns) = matrixExtents(of: record.tensor.shape)
      let values = try file.values(of: record).values
      let kept = (0..<rows).count { row in values[row * columns..<(row + 1) * columns].contains { $0 != 0 } }
      weightCount += kept * columns
      byteCount += record.codec == .int8 ? (bits * kept * columns + 7) / 8 + 4 * kept : 4 * rows * columns
    }
    #expect(entry.weightByteCount == byteCount)
    #expect(entry.bitsPerWeight == 8 * Double(byteCount) / Double(weightCount))
    // With 16 bits only steps of 2^-15 of a row's largest weight are lost.
    #expect(bits == 16 ? entry.error.scoreRMS < 1e-3 : entry.error.scoreRMS > 1e-3)
    #expect(entry.error.scoreRMS > 0)
  }

  /// The quarters of the drawn pictures with their truths.
  private static func quarters() throws -> [TestPicture] {
    try ["sky", "sand", "bricks"].flatMap { name in
      let image = try RGBImage(path: fixture("pictures/\(name).png"))
      let truth = try LabelMap(path: fixture("pictures/\(name).labels.png"))
      return [(0, 0), (0, 128), (128, 0), (128, 128)].map { top, left in
        let places = (top..<top + 128).flatMap { y in (left..<left + 128).map { y * image.width + $0 } }
        return TestPicture(
          name: "\(name) \(top) \(left)",
          image: RGBImage(
            width: 128, height: 128, pixels: places.flatMap { image.pixels[3 * $0..<3 * $0 + 3] }),
          truth: LabelMap(width: 128, height: 128, labels: places.map { truth.labels[$0] }))
      }
    }
  }

  @Test("Forms are told apart from the source and from each other where the pictures suffice for it")
  func comparison() throws {
    let folder = try TemporaryFolder()
    var options = ConversionOptions()
    options.architecture.textHeads = 4
    options.resolution = 128
    options.templates = try PromptTemplates(jsonFile: fixture("shapes/templates.json"))
    let sweep = try Sweep(
      sources: [fixture("shapes/sed_shapes.h5")], options: options, pictures: Self.quarters(),
      classes: ClassList(file: fixture("shapes/classes.json")))
    let entries = try [SweepVariant.file(.f16), .roundToNearest(bits: 2)].map {
      try sweep.measure($0, output: folder.file("\($0.name).sedge"))
    }
    let comparison = try SweepComparison(sweep.reference, entries)
    #expect(comparison.pictureCount == 12)
    let (exact, coarse) = (comparison.forms[0], comparison.forms[1])
    for (figures, entry) in [(exact, entries[0]), (coarse, entries[1])] {
      let interval = try #require(figures.labelChangeInterval)
      #expect(interval.low <= entry.error.labelChange && entry.error.labelChange <= interval.high)
      for figure in [Figure.miou, .macc, .fwiou, .pacc] {
        let value = try #require(figures.figures?[figure])
        let range = try #require(figures.intervals[figure])
        #expect(range.low <= value && value <= range.high)
        let difference = try #require(figures.differences[figure])
        let own = try #require(comparison.source.figures?[figure])
        #expect(abs(difference.difference - (value - own)) <= 1e-15)
        #expect(difference.interval != nil)
      }
      #expect(entry.measurement.medianSeconds > 0)
      #expect(entry.resizing == .square)
    }
    #expect(exact.differences[.miou]?.isDistinguishable == false)
    #expect(exact.letters == comparison.source.letters)
    #expect(coarse.differences[.miou]?.isDistinguishable == true)
    #expect(try Set(#require(coarse.letters)).isDisjoint(with: #require(exact.letters)))
    #expect(comparison.source.differences.isEmpty && comparison.source.labelChangeInterval == nil)
  }

  @Test("Without ground truth only changes of labels have intervals")
  func withoutTruth() throws {
    let folder = try TemporaryFolder()
    var options = ConversionOptions()
    options.architecture.textHeads = 4
    options.resolution = 128
    options.templates = try PromptTemplates(jsonFile: fixture("shapes/templates.json"))
    let pictures = try Self.quarters().map { TestPicture(name: $0.name, image: try $0.contents().image) }
    let sweep = try Sweep(
      sources: [fixture("shapes/sed_shapes.h5")], options: options, pictures: pictures,
      classes: ClassList(literal: "sky; sand; brick wall"))
    let comparison = try SweepComparison(
      sweep.reference, [sweep.measure(.file(.int4), output: folder.file("int4.sedge"))])
    #expect(comparison.forms[0].labelChangeInterval != nil)
    for figures in [comparison.source] + comparison.forms {
      #expect(figures.figures == nil && figures.intervals.isEmpty && figures.letters == nil)
    }
  }

  @Test("Every variant parses from its name, and no other text parses")
  func names() {
    for form in SweepVariant.usual + SweepVariant.usualCalibrated {
      #expect(SweepVariant(name: form.name) == form)
    }
    for name in [
      "", "int1", "rtn", "rtn-3", "rtn1", "rtn17", "RTN4", "rtn04", "int4+", "f16+cal", "auto@", "auto@rtn4",
    ] {
      #expect(SweepVariant(name: name) == nil)
    }
  }
}
