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
