// CAT-Seg against the oracle: every tap of every run, folded and not, on every kernel set.

import SedgeArchitecture
import SedgeFolding
import SedgeHDF5
import SedgeOperators
import SedgeRunner
import SedgeTensor
import TestSupport
import Testing

@Suite("CAT-Seg's activations")
struct CATSegGoldenTests {
  /// A run of `Fixtures/catseg/catseg_nano.golden.h5`, under the name that the oracle gives it.
  struct Run: Sendable, CustomTestStringConvertible {
    var name: String
    var resizing = ImageResizing.square
    var pooling = 1
    /// Of the image's rows.
    var height: Int?
    var testDescription: String { name }

    func weights(folding: Bool) throws -> FoldedModel {
      var options = ArchitectureOptions(textHeads: 2, pooling: pooling)
      (options.imageHeads, options.classLength) = (3, 8)
      let checkpoint = try Checkpoint(HDF5Archive(path: fixture("catseg/catseg_nano.h5")), options: options)
      return try FoldedModel(checkpoint, preprocessing: preprocessing, folding: folding)
    }

    var preprocessing: Preprocessing {
      Preprocessing(resolution: 32, topK: nil, resizing: resizing, window: 48)
    }
  }

  static let runs = [
    Run(name: "few.plain"), Run(name: "few.slide", resizing: .windows), Run(name: "few.low", height: 20),
    Run(name: "few.pooled", pooling: 2), Run(name: "many.plain"), Run(name: "many.slide", resizing: .windows),
  ]

  @Test("Every fold of CAT-Seg holds, but for those that cannot be made")
  func folds() throws {
    let folds = try Self.runs[0].weights(folding: true).folds
    #expect(folds.count { $0.obstacle == nil } == folds.count { $0.certificate != nil })
    #expect(folds.count { $0.certificate != nil } > 30)
  }

  @Test("Every result of CAT-Seg agrees with the oracle's", arguments: runs, [true, false])
  func goldens(run: Run, folding: Bool) throws {
    let golden = try HDF5Archive(path: fixture("catseg/catseg_nano.golden.h5"))
    let infos = Dictionary(uniqueKeysWithValues: golden.tensors.map { ($0.name, $0) })
    let image = try #require(infos["image"])
    let pixels = try golden.integers(image).map { UInt8($0) }
    let text = try golden.floats(#require(infos["text_features"]))
    let recorded = golden.tensors.filter { $0.name.hasPrefix("\(run.name).") }
    let scores = ["scores", "logits"].compactMap { infos["\(run.name).\($0)"] }.first
    let classes = try #require(scores).shape[0]
    let (height, width) = (run.height ?? image.shape[0], image.shape[1])
    let size = text.count / text.shape[0]
    let features = Tensor(shape: [classes, 1, size], values: Array(text.values[..<(classes * size)]))
    let weights = try run.weights(folding: folding)
    for compute in computations {
      let model = try SegmentationModel(weights: weights, preprocessing: run.preprocessing, compute: compute)
      let taps = Taps()
      let segmentation = model.segment(
        pixels: Array(pixels[..<(height * width * 3)]), height: height, width: width, textFeatures: features,
        topK: nil, taps: taps)
      for info in recorded {
        let name = String(info.name.dropFirst(run.name.count + 1))
        if name == "labels" {
          let labels = try golden.integers(info)
          let equal = zip(labels, segmentation.labels).count { $0 == Int($1) }
          #expect(Double(equal) >= 0.9999 * Double(labels.count), "\(compute) labels: \(equal)")
        } else if name.hasSuffix("kept") {
          #expect(
            try taps.classes.first { $0.name == name }?.indices == golden.integers(info), "\(compute) \(name)"
          )
        } else {
          let actual = try #require(taps[name], "\(name)")
          let expected = try golden.floats(info)
          #expect(actual.shape == expected.shape, "\(compute) \(name)")
          let deviation = Deviation(reference: expected.values, actual: actual.values)
          #expect(
            deviation.largestRelativeToMagnitude <= 2e-5,
            "\(compute) \(name): \(deviation.largestRelativeToMagnitude)")
        }
      }
    }
  }
}
