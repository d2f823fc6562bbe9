// The fused forward pass against the plain one, tap by tap.

import SedgeArchitecture
import SedgeFolding
import SedgeHDF5
import SedgeOperators
import SedgeRunner
import SedgeTensor
import TestSupport
import Testing

@Suite("Fused forward pass")
struct FusedPassTests {
  /// A model of `Fixtures/tiny` and what its shapes leave open.
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

  /// One run and what it computed on its way.
  struct Run {
    var result: Segmentation
    var taps: Taps

    init(_ model: SegmentationModel, _ size: (height: Int, width: Int), features: Tensor, topK: Int?) {
      taps = Taps()
      result = model.segment(
        pixels: picture(height: size.height, width: size.width), height: size.height, width: size.width,
        textFeatures: features, topK: topK, taps: taps)
    }

    /// The bits of everything.
    var bits: [[UInt32]] {
      taps.tensors.map { $0.tensor.values.map(\.bitPattern) }
        + taps.classes.map { $0.indices.map(UInt32.init) }
        + [result.labels.map { UInt32(bitPattern: $0) }, result.bestScores.map(\.bitPattern)]
    }
  }

  /// Every set of kernels, in every arithmetic.
  private let fused = computations.dropFirst().flatMap { compute in
    var inBytes = compute
    inBytes.arithmetic = .int8
    return [compute, inBytes]
  }

  private func model(_ weights: any WeightSource, _ compute: Compute) throws -> SegmentationModel {
    try SegmentationModel(weights: weights, preprocessing: Preprocessing(resolution: 64), compute: compute)
  }

  /// Vectors of length 1 for classes, the same for the same numbers.
  private func features(_ classes: Int, _ weights: any WeightSource) throws -> Tensor {
    try TextEncoder(weights, compute: Compute(.reference)).features(
      of: tokens(classes: classes, templates: weights.architecture.decoder?.promptCount ?? 0))
  }

  /// Everything must be the same but for rounding: the goldens' limits.
  private func expect(_ actual: Run, near expected: Run, _ name: String) throws {
    #expect(actual.taps.tensors.map(\.name) == expected.taps.tensors.map(\.name), "\(name)")
    for (a, b) in zip(actual.taps.tensors, expected.taps.tensors) where a.name != "labels" {
      #expect(a.tensor.shape == b.tensor.shape, "\(name): \(a.name)")
      let deviation = Deviation(reference: b.tensor.values, actual: a.tensor.values)
      #expect(deviation.largestRelativeToMagnitude <= 2e-5, "\(name): \(a.name)")
    }
    #expect(actual.taps.classes.map(\.indices) == expected.taps.classes.map(\.indices), "\(name)")
    #expect(actual.result.classes == expected.result.classes, "\(name)")
    let scores = try #require(expected.taps["scores"])
    let pixels = expected.result.labels.count
    for (pixel, label) in actual.result.labels.enumerated() {
      // Where another class wins, the reference scores it as high.
      let margin = expected.result.bestScores[pixel] - scores.values[Int(label) * pixels + pixel]
      #expect(margin <= 2e-5, "\(name): pixel \(pixel)")
    }
  }

  @Test(
    "Every set of kernels computes what the reference does, from tap to tap", arguments: Tiny.all,
    [nil, 1, 2])
  func taps(tiny: Tiny, topK: Int?) throws {
    let weights = try tiny.weights()
    let features = try features(4, weights)
    let expected = Run(try model(weights, computations[0]), (37, 90), features: features, topK: topK)
    for compute in computations.dropFirst() {
      let actual = Run(try model(weights, compute), (37, 90), features: features, topK: topK)
      try expect(actual, near: expected, "\(compute)")
    }
  }

  @Test(
    "So it does for any number of classes and picture of any shape", arguments: [1, 2, 40], [(1, 1), (70, 9)])
  func classes(count: Int, size: (height: Int, width: Int)) throws {
    let weights = try tinyWeights(folding: true)
    let features = try features(count, weights)
    let expected = Run(try model(weights, computations[0]), size, features: features, topK: nil)
    for compute in computations.dropFirst() {
      let actual = Run(try model(weights, compute), size, features: features, topK: nil)
      try expect(actual, near: expected, "\(compute)")
    }
  }

  @Test("Asked for some results only, it has these, with the same bits", arguments: Tiny.all)
  func someTaps(tiny: Tiny) throws {
    let weights = try tiny.weights()
    let features = try features(4, weights)
    for compute in [computations[0]] + fused {
      let model = try model(weights, compute)
      let everything = Run(model, (30, 21), features: features, topK: nil)
      for names in [["logits"], ["res3", "scores"], ["aux1", "decoder3", "logits"]] {
        let taps = Taps(only: Set(names))
        let result = model.segment(
          pixels: picture(height: 30, width: 21), height: 30, width: 21, textFeatures: features, topK: nil,
          taps: taps)
        #expect(taps.tensors.map(\.name) == names, "\(compute)")
        for name in names { #expect(taps[name] == everything.taps[name], "\(compute), \(name)") }
        #expect(result.labels == everything.result.labels)
      }
    }
  }

  @Test("The bits are the same on any number of threads", arguments: Tiny.all, [nil, 1])
  func threads(tiny: Tiny, topK: Int?) throws {
    let weights = try tiny.weights()
    let features = try features(7, weights)
    for compute in fused {
      let runs = try [1, 2, 3].map { threads in
        Run(try model(weights, compute.on(threads: threads)), (30, 21), features: features, topK: topK).bits
      }
      #expect(runs[1] == runs[0] && runs[2] == runs[0], "\(compute)")
    }
  }

  @Test(
    "A model wide enough for bytes has the same bits on any number of threads, and nearly the labels of floats"
  )
  func bytes() throws {
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
        features: features,
        topK: nil)
    }
    for compute in fused {
      let runs = try [1, 3].map { try run(compute.on(threads: $0)) }
      #expect(runs[0].bits == runs[1].bits, "\(compute)")
      guard compute.arithmetic == .int8 else { continue }
      let floats = try run(compute.exact)
      let isInt8 = compute.kernels?.hasFastInt8 == true
      #expect((floats.bits != runs[0].bits) == isInt8, "\(compute): in bytes or not")
      for name in ["res5", "decoder1", "logits"] {
        let (exact, converted) = (try #require(floats.taps[name]), try #require(runs[0].taps[name]))
        let deviation = Deviation(reference: exact.values, actual: converted.values)
        #expect(deviation.relativeRMS < 0.1, "\(compute), \(name)")
      }
    }
  }

  @Test("A model whose memory has been used gives the same bits as a new one")
  func memory() throws {
    let weights = try tinyWeights(folding: true)
    let (few, many) = (try features(3, weights), try features(40, weights))
    for compute in fused {
      let used = try model(weights, compute)
      let run = { (model: SegmentationModel, classes: Tensor, topK: Int?) in
        Run(model, (33, 50), features: classes, topK: topK).bits
      }
      for (classes, topK) in [(many, nil), (few, 1), (many, 1), (few, nil), (few, nil)] as [(Tensor, Int?)] {
        let fresh = try model(weights, compute)
        #expect(
          run(used, classes, topK) == run(fresh, classes, topK),
          "\(compute)")
      }
    }
  }
}
