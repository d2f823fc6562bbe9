// CLIP alone held against what OpenCLIP recorded.

import SedgeArchitecture
import SedgeFolding
import SedgeOperators
import SedgeRunner
import SedgeSafetensors
import SedgeTensor
import SedgeVerification
import TestSupport
import Testing

@Suite("OpenCLIP's activations")
struct CLIPGoldenTests {
  /// A CLIP of `Fixtures/clip`, and what its shapes leave open.
  struct Recorded: Sendable, CustomTestStringConvertible {
    var name: String
    var resolution: Int
    var normEpsilon: Float?
    var testDescription: String { name }

    func weights(folding: Bool) throws -> FoldedModel {
      try FoldedModel(
        Checkpoint(
          SafetensorsArchive(path: fixture("clip/\(name).safetensors")),
          options: ArchitectureOptions(textHeads: 2, normEpsilon: normEpsilon)),
        preprocessing: Preprocessing(resolution: resolution), folding: folding)
    }

    func golden() throws -> SafetensorsArchive {
      try SafetensorsArchive(path: fixture("clip/\(name).golden.safetensors"))
    }
  }

  static let recorded = [
    Recorded(name: "linear", resolution: 64), Recorded(name: "mlp", resolution: 32, normEpsilon: 1e-5),
  ]

  private func comparison(
    _ recorded: Recorded, folding: Bool, encodesText: Bool, compute: Compute = Compute()
  ) throws -> RunComparison {
    let weights = try recorded.weights(folding: folding)
    let classifier = try ClassificationModel(
      weights: weights, preprocessing: Preprocessing(resolution: recorded.resolution), compute: compute)
    let runs = try Golden(recorded.golden())
      .comparisons(with: classifier, text: encodesText ? TextEncoder(weights, compute: compute) : nil)
    #expect(runs.map(\.name) == ["full"])
    return try #require(runs.first)
  }

  @Test("Every result of CLIP agrees with OpenCLIP's", arguments: recorded, [true, false])
  func goldens(recorded: Recorded, folding: Bool) throws {
    for compute in computations {
      let name = "\(compute)"
      let run = try comparison(recorded, folding: folding, encodesText: true, compute: compute)
      let results = ["res2", "res3", "res4", "res5", "embedding", "logits"]
      #expect(
        run.taps.map(\.name)
          == ["text_features"] + (recorded.name == "linear" ? [] : ["input"]) + results)
      for tap in run.taps {
        let deviation = try #require(tap.deviation, "\(name) \(tap.name)")
        #expect(deviation.largestRelativeToMagnitude <= 2e-5, "\(name) \(tap.name)")
      }
      #expect(try #require(run.output.largestScoreDifference) <= 1e-5, "\(name)")
      #expect(run.output.equalLabels == 1, "\(name)")
      #expect(run.output.keptClasses.isEmpty)
    }
  }

  @Test(
    "A classifier's bits are the same on any number of threads, and when it is used again",
    arguments: recorded)
  func threads(recorded: Recorded) throws {
    let weights = try recorded.weights(folding: true)
    let pixels = (0..<48 * 64 * 3).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 16) }
    let width = weights.architecture.image.embeddingWidth
    let features = Tensor(shape: [2, 1, width], values: (0..<2 * width).map { Float($0 % 7) - 3 })
    for compute in computations {
      let results = try [1, 2, 3].flatMap { threads in
        var compute = compute
        compute.threads = threads
        let classifier = try ClassificationModel(
          weights: weights, preprocessing: Preprocessing(resolution: recorded.resolution), compute: compute)
        return (0..<2).map { _ in
          let taps = Taps()
          _ = classifier.classify(pixels: pixels, height: 48, width: 64, textFeatures: features, taps: taps)
          return taps.tensors.map { $0.tensor.values.map(\.bitPattern) }
        }
      }
      #expect(results.allSatisfy { $0 == results[0] }, "\(compute)")
    }
  }

  @Test("Recorded text features serve where there is no text encoder", arguments: recorded)
  func recordedText(recorded: Recorded) throws {
    let run = try comparison(recorded, folding: true, encodesText: false)
    #expect(!run.taps.contains { $0.name == "text_features" })
    #expect(try #require(run.output.largestScoreDifference) <= 1e-5)
  }

  @Test("Another epsilon than the model's own is seen")
  func wrongEpsilon() throws {
    var wrong = Self.recorded[1]
    wrong.normEpsilon = 1e-2
    let run = try comparison(wrong, folding: true, encodesText: true)
    let res2 = run.taps.first { $0.name == "res2" }?.deviation
    #expect(try #require(res2).largestRelativeToMagnitude > 2e-5)
  }

  @Test("A golden of another model is refused")
  func otherModel() throws {
    let classifier = try ClassificationModel(
      weights: Self.recorded[1].weights(folding: true), preprocessing: Preprocessing(resolution: 32))
    let golden = try Golden(Self.recorded[0].golden())
    let error = #expect(throws: FormatError.self) { try golden.comparisons(with: classifier, text: nil) }
    #expect(
      error?.kind
        == .malformed(
          "was recorded from another model: expected text features of 4x1x12, found 4x1x16"))
  }

  @Test("A label of no class is refused", arguments: [-5, 4, 1 << 30] as [Int32])
  func strayLabel(label: Int32) throws {
    let folder = try TemporaryFolder()
    var tensors = try StoredTensor.all(in: fixture("clip/linear.golden.safetensors"))
    tensors.edit("full.labels") { $0.bytes = (0..<4).map { UInt8(truncatingIfNeeded: label >> (8 * $0)) } }
    try StoredTensor.write(tensors, to: folder.file("golden.safetensors"))
    let classifier = try ClassificationModel(
      weights: Self.recorded[0].weights(folding: true), preprocessing: Preprocessing(resolution: 64))
    let golden = try Golden(SafetensorsArchive(path: folder.file("golden.safetensors")))
    let error = #expect(throws: FormatError.self) { try golden.comparisons(with: classifier, text: nil) }
    #expect(error?.kind == .malformed("expected labels of 0..<4, found \(label)"))
    #expect(error?.tensor == "full.labels")
  }

  @Test("A token id beyond 32 bits is refused, not taken for another")
  func strayToken() throws {
    let folder = try TemporaryFolder()
    var tensors = try StoredTensor.all(in: fixture("clip/linear.golden.safetensors"))
    tensors.edit("tokens") { tokens in
      tokens.type = .int64
      tokens.shape = [4, 3, 1, 1]
      tokens.bytes = (0..<12).flatMap { _ in [1, 0, 0, 0, 1, 0, 0, 0] as [UInt8] }
    }
    try StoredTensor.write(tensors, to: folder.file("golden.safetensors"))
    let archive = try SafetensorsArchive(path: folder.file("golden.safetensors"))
    let error = #expect(throws: FormatError.self) { try Golden(archive) }
    #expect(error?.kind == .malformed("expected token ids, found 4294967297...4294967297"))
  }

  @Test("Several vectors of a class count as their average, at length 1")
  func prompts() throws {
    let classifier = try ClassificationModel(
      weights: Self.recorded[0].weights(folding: true), preprocessing: Preprocessing(resolution: 64))
    let pixels = (0..<48 * 64 * 3).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 16) }
    let rows = (0..<2 * 3 * 16).map { Float($0 % 7) - 3 }
    var averages: [Float] = []
    for index in 0..<2 {
      let mean = (0..<16).map { i in (0..<3).reduce(0.0) { $0 + Double(rows[(index * 3 + $1) * 16 + i]) } / 3
      }
      let length = mean.reduce(0) { $0 + $1 * $1 }.squareRoot()
      averages += mean.map { Float($0 / length) }
    }
    let classify = { (features: Tensor) in
      classifier.classify(pixels: pixels, height: 48, width: 64, textFeatures: features).probabilities
    }
    let probabilities = classify(Tensor(shape: [2, 3, 16], values: rows))
    for (a, b) in zip(probabilities, classify(Tensor(shape: [2, 1, 16], values: averages))) {
      #expect(abs(a - b) < 1e-6)
    }
    #expect(abs(probabilities.reduce(0, +) - 1) < 1e-6)
  }

  @Test("The first of equal probabilities is the best")
  func best() {
    #expect(Classification(probabilities: [0.2, 0.4, 0.4]).best == 1)
    #expect(Classification(probabilities: [1]).best == 0)
  }
}
