// The accelerated forward passes of models with a vision transformer compared with the reference, tap by tap.

import SedgeArchitecture
import SedgeOperators
import SedgeRunner
import SedgeTensor
import TestSupport
import Testing

@Suite("Accelerated forward passes of vision transformers")
struct FusedAggregationTests {
  /// A model and a picture.
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var classes = 5
    var promptCount = 1
    var pooling = 1
    var resizing = ImageResizing.square
    var size = (height: 37, width: 150)
    var testDescription: String { name }

    /// Wide enough for int8; 3 heads of 21 or 2 of 64 are no multiples of a vector or whole ones.
    var architecture: Architecture {
      Architecture(
        image: .transformer(
          Architecture.VisionTransformer(
            width: 128, heads: 2, layers: 4, patch: 4, grid: 6, embeddingWidth: 40)),
        text: Architecture.TextEncoder(width: 32, heads: 2, layers: 1),
        segmenter: .aggregation(
          Architecture.CostAggregation(
            promptCount: promptCount, hiddenWidth: 64, guidanceWidth: 24, grid: 8, window: 4,
            pooling: pooling,
            classLength: 8, upsampledWidths: [20, 12], widths: [32, 16], guidanceWidths: [8, 4])),
        usesQuickGELU: true)
    }

    var preprocessing: Preprocessing {
      Preprocessing(resolution: 32, topK: nil, resizing: resizing, window: 48)
    }

    static let all = [
      Case(name: "few classes"), Case(name: "as many classes as the attention sees", classes: 8),
      Case(name: "more classes than the attention sees", classes: 11),
      Case(name: "one class", classes: 1), Case(name: "several prompts", promptCount: 3),
      Case(name: "pooling", pooling: 2), Case(name: "a low image", size: (11, 150)),
      Case(name: "windows", resizing: .windows),
      Case(name: "windows, more classes than the attention sees", classes: 11, resizing: .windows),
      Case(name: "windows, a small image", resizing: .windows, size: (3, 2)),
    ]
  }

  /// One run and its intermediate results.
  struct Run {
    var result: Segmentation
    var taps: Taps

    init(_ it: Case, _ compute: Compute, only names: Set<String>? = nil) throws {
      taps = names.map { Taps(only: $0) } ?? Taps()
      let model = try SegmentationModel(
        weights: RandomWeights(it.architecture), preprocessing: it.preprocessing, compute: compute)
      result = model.segment(
        pixels: picture(height: it.size.height, width: it.size.width), height: it.size.height,
        width: it.size.width, textFeatures: randomFeatures(it.classes, it.promptCount, 40), topK: nil,
        taps: taps)
    }

    /// The bits of all results.
    var bits: [[UInt32]] {
      taps.tensors.map { $0.tensor.values.map(\.bitPattern) }
        + taps.classes.map { $0.indices.map(UInt32.init) }
        + [result.labels.map { UInt32(bitPattern: $0) }, result.bestScores.map(\.bitPattern)]
    }
  }

  @Test("Every tap of CAT-Seg matches the reference", arguments: Case.all)
  func taps(it: Case) throws {
    let expected = try Run(it, computations[0])
    for compute in computations.dropFirst() {
      let actual = try Run(it, compute)
      #expect(Set(actual.taps.tensors.map(\.name)) == Set(expected.taps.tensors.map(\.name)), "\(compute)")
      for (name, tensor) in expected.taps.tensors where name != "labels" {
        let other = try #require(actual.taps[name], "\(compute) \(name)")
        #expect(other.shape == tensor.shape, "\(compute) \(name)")
        let deviation = Deviation(reference: tensor.values, actual: other.values)
        #expect(
          deviation.largestRelativeToMagnitude <= 2e-5,
          "\(compute) \(name): \(deviation.largestRelativeToMagnitude)")
      }
      #expect(actual.taps.classes.map(\.indices) == expected.taps.classes.map(\.indices), "\(compute)")
      #expect(actual.result.classes == expected.result.classes, "\(compute)")
      let scores = try #require(expected.taps["scores"])
      let pixels = expected.result.labels.count
      for (pixel, label) in actual.result.labels.enumerated() {
        // Where another class wins, the reference scores it as high.
        let margin = expected.result.bestScores[pixel] - scores.values[Int(label) * pixels + pixel]
        #expect(margin <= 2e-5, "\(compute), pixel \(pixel)")
      }
      // The scores of the labels, of the same run.
      let own = try #require(actual.taps["scores"])
      for (pixel, label) in actual.result.labels.enumerated() {
        #expect(own.values[Int(label) * pixels + pixel] == actual.result.bestScores[pixel], "\(compute)")
      }
    }
  }

  @Test(
    "The bits of CAT-Seg are the same on any number of threads, and without taps",
    arguments: fusedComputations,
    [0, 2, 5, 8])
  func threads(compute: Compute, index: Int) throws {
    let it = Case.all[index]
    let runs = try [1, 2, 5].map { try Run(it, compute.on(threads: $0)).bits }
    #expect(runs[1] == runs[0] && runs[2] == runs[0])
    let (all, none) = (try Run(it, compute), try Run(it, compute, only: []))
    #expect(none.taps.tensors.isEmpty)
    #expect(none.result.labels == all.result.labels && none.result.bestScores == all.result.bestScores)
  }

  @Test(
    "CAT-Seg in bfloat16 and int8 has nearly the results of float32",
    arguments: fusedComputations.filter { $0.arithmetic != .float32 })
  func inexact(compute: Compute) throws {
    for it in [Case.all[0], Case.all[8]] {
      let (floats, quantized) = (try Run(it, compute.exact), try Run(it, compute))
      let isInexact = compute.arithmetic == .bf16 || compute.kernels?.hasFastInt8 == true
      #expect((floats.bits != quantized.bits) == isInexact)
      for (name, tensor) in floats.taps.tensors where !["labels"].contains(name) {
        let other = try #require(quantized.taps[name])
        // Another class may be left out of a window.
        guard floats.taps.classes.map(\.indices) == quantized.taps.classes.map(\.indices) else { continue }
        let deviation = Deviation(reference: tensor.values, actual: other.values)
        let limit = compute.arithmetic == .int8 ? 0.1 : 0.02
        #expect(deviation.relativeRMS < limit, "\(compute) \(name): \(deviation.relativeRMS)")
      }
    }
  }

  // MARK: CLIP

  private static let clip = Architecture(
    image: .transformer(
      Architecture.VisionTransformer(width: 96, heads: 3, layers: 3, patch: 7, grid: 3, embeddingWidth: 20)),
    text: Architecture.TextEncoder(width: 32, heads: 2, layers: 1), segmenter: nil)

  private static let resolutions = [21, 35, 37]

  @Test("CLIP's classes match the reference", arguments: fusedComputations, resolutions)
  func classify(compute: Compute, resolution: Int) throws {
    let run = { (compute: Compute) in
      let taps = Taps()
      let result = try ClassificationModel(
        weights: RandomWeights(Self.clip), preprocessing: Preprocessing(resolution: resolution),
        compute: compute
      ).classify(
        pixels: picture(height: 40, width: 60), height: 40, width: 60, textFeatures: randomFeatures(4, 2, 20),
        taps: taps)
      return (result.probabilities, taps)
    }
    let (expected, actual) = (try run(computations[0]), try run(compute))
    let limits: [Compute.Arithmetic: Double] = [.int8: 0.1, .bf16: 0.05]
    let limit = limits[compute.arithmetic] ?? 2e-5
    try #require(expected.1.tensors.map(\.name) == actual.1.tensors.map(\.name))
    for (a, b) in zip(actual.1.tensors, expected.1.tensors) where a.name != "scores" {
      let deviation = Deviation(reference: b.tensor.values, actual: a.tensor.values)
      #expect(deviation.largestRelativeToMagnitude <= limit, "\(a.name)")
    }
    for (a, b) in zip(actual.0, expected.0) { #expect(Double(abs(a - b)) <= limit * 10) }
    #expect(try run(compute.on(threads: 1)).0 == actual.0)
  }

  @Test("CLIP's classes of each place match the reference", arguments: computations.dropFirst(), resolutions)
  func segment(compute: Compute, resolution: Int) throws {
    let run = { (compute: Compute) in
      let taps = Taps()
      _ = try SegmentationModel(
        weights: RandomWeights(Self.clip), preprocessing: Preprocessing(resolution: resolution),
        compute: compute
      ).segment(
        pixels: picture(height: 40, width: 60), height: 40, width: 60, textFeatures: randomFeatures(4, 1, 20),
        topK: nil, taps: taps)
      return taps
    }
    let (expected, actual) = (try run(computations[0]), try run(compute))
    for name in ["embedding", "logits"] {
      let (a, b) = (try #require(actual[name]), try #require(expected[name]))
      let deviation = Deviation(reference: b.values, actual: a.values)
      #expect(deviation.largestRelativeToMagnitude <= 2e-5, "\(name)")
    }
  }
}

/// Text features of length 1, the same for the same sizes.
private func randomFeatures(_ classes: Int, _ prompts: Int, _ width: Int) -> Tensor {
  var generator = SeededGenerator(state: UInt64(width))
  return ReferenceOperators().normalizeLength(
    Tensor(
      shape: [classes, prompts, width],
      values: (0..<classes * prompts * width).map { _ in .random(in: -1...1, using: &generator) }))
}
