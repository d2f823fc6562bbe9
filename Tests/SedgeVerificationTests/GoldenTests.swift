// Models held against the recorded activations of the original.

import Foundation
import SedgeArchitecture
import SedgeFolding
import SedgeHDF5
import SedgeOperators
import SedgeRunner
import SedgeSafetensors
import SedgeTensor
import SedgeVerification
import TestSupport
import Testing

/// A checkpoint with recorded activations, and what its shapes leave open.
struct Recorded: CustomTestStringConvertible {
  /// The part of the `NAME.json` beside a checkpoint that its shapes do not tell.
  struct Description: Decodable {
    var heads: Int
    var text_heads: Int
    var pooling: Int
    var resolution: Int
  }

  /// The files' path, less `.h5`, `.golden.h5` or `.golden.safetensors`, and `.json`.
  var path: String
  var description: Description
  var testDescription: String { URL(fileURLWithPath: path).lastPathComponent }

  /// Recorded models whose dimensions are in no file.
  static let described = [
    "sed_shapes": Description(heads: 4, text_heads: 4, pooling: 1, resolution: 256),
    "sed_nano": Description(heads: 4, text_heads: 2, pooling: 1, resolution: 128),
  ]

  /// Finds the description of a recorded model; `nil` where there is none.
  init?(path: String) {
    let name = URL(fileURLWithPath: path).lastPathComponent
    if let description = Self.described[name] {
      self.description = description
    } else {
      guard let json = FileManager.default.contents(atPath: "\(path).json"),
        let description = try? JSONDecoder().decode(Description.self, from: json)
      else { return nil }
      self.description = description
    }
    self.path = path
  }

  /// What the original computed.
  func recordings() throws -> any TensorArchive {
    let compressed = "\(path).golden.h5"
    return FileManager.default.fileExists(atPath: compressed)
      ? try HDF5Archive(path: compressed) : try SafetensorsArchive(path: "\(path).golden.safetensors")
  }

  /// The models that ship.
  static let shipped = ["shapes/sed_shapes", "tiny/linear", "tiny/mlp", "tiny/pooled", "tiny/wide"]

  /// The models in the folder that `SEDGE_GOLDENS` names, made by `Fixtures/make_goldens.py`.
  static var more: [String] {
    guard let folder = ProcessInfo.processInfo.environment["SEDGE_GOLDENS"] else { return [] }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.sorted().filter { $0.hasSuffix(".golden.safetensors") }
      .map { "\(folder)/\($0.dropLast(".golden.safetensors".count))" }
  }

  static let all = shipped.compactMap { Recorded(path: fixture($0)) } + more.compactMap { Recorded(path: $0) }
}

/// Every way to compute that this processor has: the reference, and each set of kernels.
let computations: [Compute] =
  [Compute(.reference)]
  + Kernels.available.map { kernels in
    var compute = Compute(.float32)
    compute.kernels = kernels
    return compute
  }

@Suite("Recorded activations")
struct GoldenTests {
  @Test("All models that ship are tested")
  func complete() {
    #expect(Recorded.all.count >= Recorded.shipped.count)
  }

  @Test(
    "Everything the model computes is what the original computed", arguments: Recorded.all, [true, false])
  func goldens(recorded: Recorded, folding: Bool) throws {
    let archive = try HDF5Archive(path: "\(recorded.path).h5")
    let description = recorded.description
    let checkpoint = try Checkpoint(
      archive,
      options: ArchitectureOptions(
        heads: description.heads, textHeads: description.text_heads, pooling: description.pooling))
    let preprocessing = Preprocessing(resolution: description.resolution)
    let weights = try FoldedModel(checkpoint, preprocessing: preprocessing, folding: folding)
    let recordings = try recorded.recordings()
    let golden = try Golden(recordings)
    for compute in computations {
      let model = try SegmentationModel(weights: weights, preprocessing: preprocessing, compute: compute)
      let runs = try golden.comparisons(
        with: model, text: TextEncoder(weights, compute: compute), margin: 2e-5)
      #expect(runs.count > 1)
      #expect(runs[0].taps.first?.name == "text_features")
      for run in runs {
        // Two near ties are more than 1e-4 of a small picture: kernels that this processor would not choose are judged by
        // the margin alone on models that are not shipped, whose random weights score classes nearly alike.
        let isChosen = compute.arithmetic == .reference || compute.kernels == Kernels.available[0]
        try expect(
          run, equals: recordings, "\(compute) \(run.name)",
          judgesLabels: isChosen || Recorded.shipped.contains { recorded.path == fixture($0) })
      }
    }
  }

  @Test("With the published preprocessing, scores and labels are the original's", arguments: [true, false])
  func published(folding: Bool) throws {
    let checkpoint = try Checkpoint(
      HDF5Archive(path: fixture("shapes/sed_shapes.h5")), options: ArchitectureOptions(heads: 4, textHeads: 4)
    )
    let preprocessing = Preprocessing(resolution: 256, resizing: .sed)
    let weights = try FoldedModel(checkpoint, preprocessing: preprocessing, folding: folding)
    let recordings = try SafetensorsArchive(
      path: fixture("preprocessing/sed_shapes.golden.safetensors"))
    let golden = try Golden(recordings)
    for compute in computations {
      let model = try SegmentationModel(weights: weights, preprocessing: preprocessing, compute: compute)
      let runs = try golden.comparisons(
        with: model, text: TextEncoder(weights, compute: compute), margin: 2e-5)
      #expect(runs.map(\.name) == ["full", "top1"])
      for run in runs { try expect(run, equals: recordings, "\(compute) \(run.name)", judgesLabels: true) }
    }
  }

  @Test(
    "In int8 and bfloat16, every set of kernels stays within the limits of these",
    arguments: KernelSet.available,
    [Compute.Arithmetic.int8, .bf16])
  func inexact(kernels: String, arithmetic: Compute.Arithmetic) throws {
    let path = fixture("shapes/sed_shapes")
    let recorded = try #require(Recorded(path: path))
    let checkpoint = try Checkpoint(
      HDF5Archive(path: "\(path).h5"),
      options: ArchitectureOptions(
        heads: recorded.description.heads, textHeads: recorded.description.text_heads))
    let preprocessing = Preprocessing(resolution: recorded.description.resolution)
    var compute = Compute(arithmetic)
    compute.kernels = try Kernels.named(kernels)
    let weights = try FoldedModel(checkpoint, preprocessing: preprocessing, folding: true)
    let model = try SegmentationModel(weights: weights, preprocessing: preprocessing, compute: compute)
    let (tap, margin, labels) = arithmetic == .int8 ? (0.1, 0.1, 0.99) : (0.05, 0.05, 0.995)
    let golden = try Golden(recorded.recordings())
    let runs = try golden.comparisons(
      with: model, text: TextEncoder(weights, compute: compute), margin: margin)
    #expect(runs.count > 1)
    for run in runs {
      for result in run.taps {
        #expect((result.deviation?.relativeRMS ?? 0) <= tap, "\(run.name), \(result.name)")
      }
      #expect(try #require(run.output.equalLabelsWithinMargin) >= labels, "\(run.name)")
    }
  }

  /// Everything that was recorded is compared, and is the same but for rounding.
  private func expect(
    _ run: RunComparison, equals recordings: any TensorArchive, _ name: String, judgesLabels: Bool
  ) throws {
    let names = recordings.tensors.map(\.name).filter { $0.hasPrefix("\(run.name).") }
    let output = names.filter {
      $0.contains(".alive") || $0.hasSuffix(".scores") || $0.hasSuffix(".labels")
    }
    let texts = run.taps.count { $0.name == "text_features" }
    #expect(run.taps.count - texts == names.count - output.count, "\(name)")
    for tap in run.taps {
      let deviation = try #require(tap.deviation, "\(name) \(tap.name)")
      #expect(deviation.largestRelativeToMagnitude <= 2e-5, "\(name) \(tap.name)")
    }
    #expect((run.output.largestScoreDifference != nil) == names.contains("\(run.name).scores"), "\(name)")
    #expect(run.output.largestScoreDifference ?? 0 <= 1e-5, "\(name)")
    // Labels differ only where the original scores both within twice what scores may differ by.
    #expect(run.output.equalLabelsWithinMargin == 1, "\(name)")
    if judgesLabels { #expect(run.output.equalLabels ?? 0 >= 0.9999, "\(name)") }
    #expect(run.output.keptClasses.allSatisfy { $0 == 1 }, "\(name)")
  }
}
