// Models some parts of which are left out.

import Sedge
import SedgeArchitecture
import SedgeImages
import SedgeTensor
import TestSupport
import Testing

@Suite("A model without heads for early rejection")
struct PartsTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("model.sedge")
    var options = ConversionOptions()
    options.architecture = ArchitectureOptions(textHeads: 2, parts: [.image, .text, .decoder])
    options.resolution = 64
    options.allowsNoClassNames = true
    let summary = try Conversion(source: fixture("tiny/linear.h5"), options: options).run(output: path)
    #expect(summary.notes.contains("left out, as asked: 6 tensors of the decoder"))
    #expect(summary.header.preprocessing.topK == nil)
  }

  @Test("computes the same without rejection, and the runs that it cannot do are named")
  func golden() throws {
    let report = try Verification(model: path).compare(golden: fixture("tiny/linear.golden.safetensors"))
    #expect(report.passes)
    #expect(report.runs.map(\.name) == ["full"])
    #expect(report.skippedRuns == ["top1", "top2", "top8"])
    let taps = report.runs[0].taps.map(\.name)
    #expect(taps.contains("logits") && !taps.contains("aux0"))
  }

  @Test("refuses early rejection")
  func rejection() throws {
    let model = try SedgeModel(path: path)
    let features = Tensor(shape: [2, 3, 8], values: [Float](repeating: 0.1, count: 48))
    #expect(throws: UsageError.self) {
      try model.segment(RGBImage(path: fixture("pictures/sand.png")), textFeatures: features, topK: 1)
    }
  }
}
