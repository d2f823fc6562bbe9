// The accelerated forward pass compared with the reference, tap by tap.

import SedgeArchitecture
import SedgeFolding
import SedgeHDF5
import SedgeOperators
import SedgeRunner
import SedgeTensor
import TestSupport
import Testing

@Suite("Accelerated forward pass")
struct FusedPassTests {
  /// A model of `Fixtures/tiny` and the hyperparameters that its shapes do not determine.
  struct Tiny: Sendable, CustomTestStringConvertible {
    var name: String
    var folding: Bool
    var options = ArchitectureOptions(textHeads: 2)
    var testDescription: String {
      "\(name), pooling \(options.pooling ?? 1), \(folding ? "folded" : "unfolded")"
    }

    func weights() throws -> any WeightSource { try tinyWeights(name, folding: folding, options: options) }

    static let all = [true, false].flatMap { folding in
      [
        Tiny(name: "linear", folding: folding),
        Tiny(name: "linear", folding: folding, options: ArchitectureOptions(textHeads: 2, pooling: 2)),
        Tiny(name: "mlp", folding: folding, options: ArchitectureOptions(textHeads: 3)),
        Tiny(
          name: "pooled", folding: folding, options: ArchitectureOptions(heads: 8, textHeads: 2, pooling: 2)),
        Tiny(name: "wide", folding: folding, options: ArchitectureOptions(textHeads: 4)),
      ]
    }
  }

  /// One run and its intermediate results.
  struct Run {
    var result: Segmentation
    var taps: Taps

    init(_ model: SegmentationModel, _ size: (height: Int, width: Int), features: Tensor, topK: Int?) {
      taps = Taps()
      result = model.segment(
        pixels: picture(height: size.height, width: size.width), height: size.height, width: size.width,
        textFeatures: features, topK: topK, taps: taps)
    }

    /// The bits of all results.
    var bits: [[UInt32]] {
      taps.tensors.map { $0.tensor.values.map(\.bitPattern) }
        + taps.classes.map { $0.indices.map(UInt32.init) }
        + [result.labels.map { UInt32(bitPattern: $0) }, result.bestScores.map(\.bitPattern)]
    }
  }

  private func model(_ weights: any WeightSource, _ compute: Compute) throws -> SegmentationModel {
    try SegmentationModel(weights: weights, preprocessing: Preprocessing(resolution: 64), compute: compute)
  }

  /// Text features, the same for the same arguments.
  private func features(_ classes: Int, _ weights: any WeightSource) throws -> Tensor {
    try TextEncoder(weights, compute: Compute(.reference)).features(
      of: tokens(classes: classes, templates: weights.architecture.decoder?.promptCount ?? 0))
  }

  /// All results must match within rounding, with the limits of the goldens.
  private func expect(_ actual: Run, near expected: Run) throws {
    #expect(actual.taps.tensors.map(\.name) == expected.taps.tensors.map(\.name))
    for (a, b) in zip(actual.taps.tensors, expected.taps.tensors) where a.name != "labels" {
      #expect(a.tensor.shape == b.tensor.shape, "\(a.name)")
      let deviation = Deviation(reference: b.tensor.values, actual: a.tensor.values)
      #expect(deviation.largestRelativeToMagnitude <= 2e-5, "\(a.name)")
    }
    #expect(actual.taps.classes.map(\.indices) == expected.taps.classes.map(\.indices))
    #expect(actual.result.classes == expected.result.classes)
    let scores = try #require(expected.taps["scores"])
    let pixels = expected.result.labels.count
    for (pixel, label) in actual.result.labels.enumerated() {
      // Where another class wins, the reference scores it as high.
      let margin = expected.result.bestScores[pixel] - scores.values[Int(label) * pixels + pixel]
      #expect(margin <= 2e-5, "pixel \(pixel)")
    }
  }

  @Test(
    "Every tap matches the reference", arguments: computations.dropFirst(),
    pairs(Tiny.all, [nil, 1, 2] as [Int?]))
  func taps(compute: Compute, pair: (Tiny, Int?)) throws {
    let (tiny, topK) = pair
    let weights = try tiny.weights()
    let features = try features(4, weights)
    let expected = Run(try model(weights, computations[0]), (37, 90), features: features, topK: topK)
    let actual = Run(try model(weights, compute), (37, 90), features: features, topK: topK)
    try expect(actual, near: expected)
  }

  @Test(
    "Any number of classes and any size of the picture", arguments: computations.dropFirst(),
    pairs([1, 2, 40], [(1, 1), (70, 9)] as [(height: Int, width: Int)]))
  func classes(compute: Compute, pair: (Int, (height: Int, width: Int))) throws {
    let (count, size) = pair
    let weights = try tinyWeights(folding: true)
    let features = try features(count, weights)
    let expected = Run(try model(weights, computations[0]), size, features: features, topK: nil)
    let actual = Run(try model(weights, compute), size, features: features, topK: nil)
    try expect(actual, near: expected)
  }

  @Test(
    "Recording some results gives these, with the same bits",
    arguments: [computations[0]] + fusedComputations,
    Tiny.all)
  func someTaps(compute: Compute, tiny: Tiny) throws {
    let weights = try tiny.weights()
    let features = try features(4, weights)
    let model = try model(weights, compute)
    let everything = Run(model, (30, 21), features: features, topK: nil)
    for names in [["logits"], ["res3", "scores"], ["aux1", "decoder3", "logits"]] {
      let taps = Taps(only: Set(names))
      let result = model.segment(
        pixels: picture(height: 30, width: 21), height: 30, width: 21, textFeatures: features, topK: nil,
        taps: taps)
      #expect(taps.tensors.map(\.name) == names)
      for name in names { #expect(taps[name] == everything.taps[name], "\(name)") }
      #expect(result.labels == everything.result.labels)
    }
  }

  @Test(
    "The bits are the same on any number of threads", arguments: fusedComputations,
    pairs(Tiny.all, [nil, 1] as [Int?]))
  func threads(compute: Compute, pair: (Tiny, Int?)) throws {
    let (tiny, topK) = pair
    let weights = try tiny.weights()
    let features = try features(7, weights)
    let runs = try [1, 2, 3].map { threads in
      Run(try model(weights, compute.on(threads: threads)), (30, 21), features: features, topK: topK).bits
    }
    #expect(runs[1] == runs[0] && runs[2] == runs[0])
  }

  @Test(
    "A model wide enough for int8 and bfloat16 has the same bits on any number of threads, and nearly the results of float32",
    arguments: fusedComputations)
  func int8(compute: Compute) throws {
    let checkpoint = try Checkpoint(
      HDF5Archive(path: fixture("shapes/sed_shapes.h5")), options: ArchitectureOptions(textHeads: 4))
    let preprocessing = Preprocessing(resolution: 128)
    let weights = try FoldedModel(checkpoint, preprocessing: preprocessing, folding: true)
    var generator = SeededGenerator(state: 8)
    let features = ReferenceOperators().normalizeLength(
      Tensor(shape: [6, 4, 64], values: (0..<6 * 4 * 64).map { _ in .random(in: -1...1, using: &generator) }))
    let run = { (compute: Compute) in
      Run(
        try SegmentationModel(weights: weights, preprocessing: preprocessing, compute: compute), (60, 90),
        features: features, topK: nil)
    }
    let runs = try [1, 3].map { try run(compute.on(threads: $0)) }
    #expect(runs[0].bits == runs[1].bits)
    guard compute.arithmetic != .float32 else { return }
    let floats = try run(compute.exact)
    #expect(
      (floats.bits != runs[0].bits) == (compute.arithmetic == .bf16 || compute.kernels?.hasFastInt8 == true))
    for name in ["res5", "decoder1", "logits"] {
      let (exact, quantized) = (try #require(floats.taps[name]), try #require(runs[0].taps[name]))
      let deviation = Deviation(reference: exact.values, actual: quantized.values)
      #expect(deviation.relativeRMS < (compute.arithmetic == .int8 ? 0.1 : 0.02), "\(name)")
    }
  }

  @Test("A model with buffers of earlier runs gives the same bits as a new one", arguments: fusedComputations)
  func memory(compute: Compute) throws {
    let weights = try tinyWeights(folding: true)
    let (few, many) = (try features(3, weights), try features(40, weights))
    let used = try model(weights, compute)
    let run = { (model: SegmentationModel, classes: Tensor, topK: Int?) in
      Run(model, (33, 50), features: classes, topK: topK).bits
    }
    for (classes, topK) in [(many, nil), (few, 1), (many, 1), (few, nil), (few, nil)] as [(Tensor, Int?)] {
      let fresh = try model(weights, compute)
      #expect(run(used, classes, topK) == run(fresh, classes, topK))
    }
  }
}
