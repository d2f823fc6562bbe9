// CLIP with a vision transformer held against what OpenCLIP recorded.

import SedgeArchitecture
import SedgeCheckpoint
import SedgeFolding
import SedgeOperators
import SedgeRunner
import SedgeSafetensors
import SedgeTensor
import SedgeVerification
import TestSupport
import Testing

@Suite("OpenCLIP's activations of vision transformers")
struct VisionTransformerGoldenTests {
  /// A checkpoint of `Fixtures/vit` and a golden of it.
  struct Recorded: Sendable, CustomTestStringConvertible {
    var file: String
    var golden: String
    var resolution: Int
    var heads: (image: Int, text: Int)
    /// The logarithm of the factor of the cosines, where the file does not have it.
    var logitScale: Float?
    var testDescription: String { "\(file) at \(resolution)" }

    func weights(folding: Bool) throws -> FoldedModel {
      var options = ArchitectureOptions(textHeads: heads.text)
      options.imageHeads = heads.image
      let archive = try openArchive(path: fixture("vit/\(file)"))
      let choice = HyperparameterChoice(archive, options: options)
      return try FoldedModel(
        Checkpoint(archive, options: choice.architecture), preprocessing: preprocessing, folding: folding)
    }

    var preprocessing: Preprocessing { Preprocessing(resolution: resolution) }
  }

  static let recorded = [
    Recorded(file: "quick.pth", golden: "quick", resolution: 40, heads: (2, 2)),
    Recorded(file: "quick.pth", golden: "quick_small", resolution: 20, heads: (2, 2)),
    Recorded(file: "quick_transformers", golden: "quick", resolution: 40, heads: (2, 2)),
    Recorded(file: "quick.onnx", golden: "quick", resolution: 40, heads: (2, 2), logitScale: 2),
    Recorded(file: "gelu.safetensors", golden: "gelu", resolution: 24, heads: (3, 3)),
  ]

  @Test("Every result agrees with OpenCLIP's", arguments: recorded, [true, false])
  func goldens(recorded: Recorded, folding: Bool) throws {
    let weights = try recorded.weights(folding: folding)
    #expect(weights.architecture.usesQuickGELU == (recorded.golden != "gelu"))
    for compute in computations {
      let classifier = try ClassificationModel(
        weights: weights, preprocessing: recorded.preprocessing, logitScale: recorded.logitScale,
        compute: compute)
      let run = try #require(
        Golden(SafetensorsArchive(path: fixture("vit/\(recorded.golden).golden.safetensors")))
          .comparisons(with: classifier, text: TextEncoder(weights, compute: compute)).first)
      let blocks = (0..<(recorded.golden == "gelu" ? 3 : 2)).map { "block\($0)" }
      #expect(
        run.taps.map(\.name) == ["text_features", "input", "tokens"] + blocks + ["embedding", "logits"])
      for tap in run.taps {
        let deviation = try #require(tap.deviation, "\(compute) \(tap.name)")
        #expect(deviation.largestRelativeToMagnitude <= 2e-5, "\(compute) \(tap.name)")
      }
      #expect(try #require(run.output.largestScoreDifference) <= 1e-5, "\(compute)")
      #expect(run.output.equalLabels == 1, "\(compute)")
    }
  }

  @Test("GELU instead of QuickGELU is seen")
  func wrongActivation() throws {
    let recorded = Self.recorded[0]
    var options = ArchitectureOptions(textHeads: 2)
    (options.imageHeads, options.quickGELU) = (2, false)
    let weights = try FoldedModel(
      Checkpoint(openArchive(path: fixture("vit/quick.pth")), options: options),
      preprocessing: recorded.preprocessing, folding: true)
    let run = try Golden(SafetensorsArchive(path: fixture("vit/quick.golden.safetensors")))
      .comparisons(
        with: ClassificationModel(weights: weights, preprocessing: recorded.preprocessing), text: nil)[0]
    let block = try #require(run.taps.first { $0.name == "block0" }?.deviation)
    #expect(block.largestRelativeToMagnitude > 2e-5)
  }
}
