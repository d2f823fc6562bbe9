// Folding undone: the original graph must compute the same as the folded one.

import SedgeArchitecture
import SedgeFolding
import SedgeRunner
import SedgeTensor
import TestSupport
import Testing

private let trunk = "clip_model.visual.trunk"

@Suite("Unfolded checkpoint")
struct UnfoldedCheckpointTests {
  private func unfolded(_ model: FoldedModel, _ tiny: Tiny) throws -> UnfoldedCheckpoint {
    try UnfoldedCheckpoint(
      model, folds: model.folds, preprocessing: tiny.preprocessing, path: "model.sedge")
  }

  /// The tensor's name and values in the export, by the name without prefix.
  private func values(_ name: String, in checkpoint: UnfoldedCheckpoint) throws -> [Float] {
    try checkpoint.values(UnfoldedCheckpoint.prefix + name).values
  }

  private func origin(_ name: String, in checkpoint: UnfoldedCheckpoint) -> UnfoldedCheckpoint.Origin {
    checkpoint.origin(of: UnfoldedCheckpoint.prefix + name)
  }

  @Test("Tensors that were not folded come back bit for bit", arguments: Tiny.all)
  func untouched(_ tiny: Tiny) throws {
    let model = try tiny.model(folding: false)
    let checkpoint = try unfolded(model, tiny)
    #expect(
      checkpoint.tensors.map(\.name) == model.checkpoint.tensors.map { "sem_seg_head.predictor.\($0.name)" })
    #expect(checkpoint.shifts == [])
    for tensor in model.checkpoint.tensors {
      #expect(origin(tensor.name, in: checkpoint) == .kept)
      let original = try model.checkpoint.values(tensor.name)
      let values = try checkpoint.values(UnfoldedCheckpoint.prefix + tensor.name)
      #expect(values.shape == original.shape, "\(tensor.name)")
      #expect(values.values.map(\.bitPattern) == original.values.map(\.bitPattern), "\(tensor.name)")
    }
  }

  @Test("The original graph computes the same as the folded one, layer by layer", arguments: Tiny.all)
  func sameFunction(_ tiny: Tiny) throws {
    let folded = try tiny.model(folding: true)
    let checkpoint = try Checkpoint(unfolded(folded, tiny), options: tiny.options)
    #expect(checkpoint.architecture == folded.architecture)
    let original = try FoldedModel(checkpoint, preprocessing: tiny.preprocessing, folding: false)
    // Two correct programs that sum in different orders: the bound of verify's tap-max.
    for (name, deviation) in try deviations(of: original, from: folded, tiny) {
      #expect(deviation.largestRelativeToMagnitude <= 2e-5, "\(name)")
    }
  }

  /// Every intermediate result of one model against another's.
  private func deviations(
    of actual: FoldedModel, from reference: FoldedModel, _ tiny: Tiny
  ) throws -> [(name: String, deviation: Deviation)] {
    let pixels = (0..<40 * 50 * 3).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }
    let prompts = actual.architecture.decoder?.promptCount ?? 0
    let tokens = (0..<3).map { (index: Int) -> [[[Int32]]] in
      (0..<prompts).map { (prompt: Int) -> [[Int32]] in
        [[298] + (0...prompt).map { Int32(7 + 37 * index + 5 * $0) } + [299]]
      }
    }
    let runs = try [reference, actual].map { weights in
      let taps = Taps()
      let features = try TextEncoder(weights).features(of: tokens)
      _ = try SegmentationModel(weights: weights, preprocessing: tiny.preprocessing).segment(
        pixels: pixels, height: 40, width: 50, textFeatures: features, topK: nil, taps: taps)
      return [("text_features", features)] + taps.tensors.filter { $0.name != "labels" }
    }
    #expect(runs[0].count == runs[1].count)
    return zip(runs[0], runs[1]).map { reference, actual in
      (reference.0, Deviation(reference: reference.1.values, actual: actual.1.values))
    }
  }

  @Test("Pixel statistics and attention scales are divided out again", arguments: Tiny.all)
  func inverses(_ tiny: Tiny) throws {
    let folded = try tiny.model(folding: true)
    let checkpoint = try unfolded(folded, tiny)
    let original = try tiny.checkpoint()
    let stem = try original.values("\(trunk).stem.0.weight")
    let row = stem.count / stem.shape[0]
    let largestSum =
      stride(from: 0, to: stem.count, by: row)
      .map { stem.values[$0..<$0 + row].reduce(0) { $0 + abs(Double($1)) } }.max() ?? 0
    for name in ["\(trunk).stem.0.weight", "\(trunk).stem.0.bias"] {
      #expect(origin(name, in: checkpoint) == .unfolded)
      let deviation = try Deviation(
        reference: original.values(name).values, actual: values(name, in: checkpoint))
      // What is folded into the bias is at most twice the sum of the weights, and was rounded in each of them.
      #expect(deviation.largestAbsolute <= 2 * 0x1p-23 * largestSum, "\(name)")
    }
    let attention = "clip_model.transformer.resblocks.0.attn.in_proj_weight"
    #expect(origin(attention, in: checkpoint) == .unfolded)
    let norm = try original.values("clip_model.transformer.resblocks.0.ln_1.weight").values.map(Double.init)
    // The norm stays in the layer; the scale of the queries does not.
    let expected = try original.values(attention).values.enumerated().map {
      Float(Double($0.element) * norm[$0.offset % norm.count])
    }
    let deviation = try Deviation(reference: expected, actual: values(attention, in: checkpoint))
    #expect(deviation.largestRelativeToMagnitude < 3e-7)
  }

  @Test("Absorbed norms and layer scales are replaced by ones and zeros", arguments: Tiny.all)
  func neutral(_ tiny: Tiny) throws {
    let folded = try tiny.model(folding: true)
    let checkpoint = try unfolded(folded, tiny)
    let absorbed = Set(folded.folds.flatMap(\.absorbedTensors))
    for tensor in folded.checkpoint.tensors where absorbed.contains(tensor.name) {
      guard !checkpoint.shifts.contains(where: { $0.tensor == tensor.name }) else { continue }
      #expect(origin(tensor.name, in: checkpoint) == .neutral)
      let value: Float = tensor.role == .normShift ? 0 : 1
      #expect(try values(tensor.name, in: checkpoint).allSatisfy { $0 == value }, "\(tensor.name)")
    }
  }

  @Test("A bias that the original layer does not have becomes the shortest shift of the norm before it")
  func shifts() throws {
    let folded = try Tiny.linear.model(folding: true)
    let checkpoint = try unfolded(folded, .linear)
    #expect(checkpoint.shifts.map(\.norm) == ["\(trunk).head.norm", "clip_model.ln_final"])
    #expect(checkpoint.shifts.map(\.layer) == ["clip_model.visual.head.proj", "clip_model.text_projection"])
    for shift in checkpoint.shifts {
      #expect(origin("\(shift.norm).bias", in: checkpoint) == .solved)
      #expect(origin("\(shift.norm).weight", in: checkpoint) == .neutral)
      #expect(shift.residual < 1e-6)
      #expect(shift.isExact)
      #expect(try values("\(shift.norm).bias", in: checkpoint) == shift.values)
    }
    // More outputs than inputs: the shift is the original's over its scale.
    let scale = try folded.checkpoint.values("clip_model.ln_final.weight").values
    let shift = try folded.checkpoint.values("clip_model.ln_final.bias").values
    let expected = zip(shift, scale).map { $0 / $1 }
    #expect(
      Deviation(reference: expected, actual: checkpoint.shifts[1].values).largestRelativeToMagnitude < 1e-5)
  }

  @Test("With an MLP head the layer has a bias, and nothing is solved for it")
  func mlpHead() throws {
    let mlp = try #require(Tiny.all.first { $0.name == "tiny/mlp" })
    let checkpoint = try unfolded(mlp.model(folding: true), mlp)
    #expect(checkpoint.shifts.map(\.norm) == ["clip_model.ln_final"])
    #expect(origin("\(trunk).head.norm.bias", in: checkpoint) == .neutral)
  }

  @Test("A bias that no shift can replace has a large residual")
  func inexact() throws {
    let folded = try Tiny.linear.model(folding: true)
    // 24 outputs of 16 inputs cannot be any 24 numbers.
    let changed = ChangedWeights(
      folded, changes: ["clip_model.text_projection.bias": { Float($0 % 5) - 2 }])
    let checkpoint = try UnfoldedCheckpoint(
      changed, folds: folded.folds, preprocessing: Tiny.linear.preprocessing, path: "model.sedge")
    #expect(checkpoint.shifts.map(\.isExact) == [true, false])
    #expect(checkpoint.shifts[1].residual > 0.1)
    #expect(checkpoint.shifts[1].residual < 1)
  }

  @Test("A bias of zeros needs a shift of zeros")
  func zeroBias() throws {
    let folded = try Tiny.linear.model(folding: true)
    let changed = ChangedWeights(folded, changes: ["clip_model.text_projection.bias": { _ in 0 }])
    let checkpoint = try UnfoldedCheckpoint(
      changed, folds: folded.folds, preprocessing: Tiny.linear.preprocessing, path: "model.sedge")
    #expect(checkpoint.shifts[1].values.allSatisfy { $0 == 0 })
    #expect(checkpoint.shifts[1].residual == 0)
  }

  // MARK: Refusal

  /// An incomplete stored model, and its problems.
  struct Misfit: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var model = "tiny/linear"
    var without: [String] = []
    var with: [ModelTensor] = []
    var folds: [FoldRecord] = []
    var problems: [String]
  }

  static let misfits = [
    Misfit(
      testDescription: "a layer is missing", without: ["transformer.head1.weight"],
      problems: ["transformer.head1.weight: missing, expected 1x3x3x16"]),
    Misfit(
      testDescription: "a norm is missing that no fold absorbed", without: ["\(trunk).stem.1.bias"],
      problems: ["\(trunk).stem.1.bias: missing, expected 8"]),
    Misfit(
      testDescription: "a tensor too many",
      with: [ModelTensor(name: "more", role: .bias, layout: .plain, shape: [1])],
      problems: ["more: unexpected, found 1"]),
    Misfit(
      testDescription: "a bias of a layer without a norm before it", model: "tiny/mlp",
      with: [
        ModelTensor(name: "clip_model.visual.head.mlp.fc2.bias", role: .bias, layout: .plain, shape: [20])
      ],
      folds: [
        FoldRecord(
          kind: .layerScale, source: "x", targets: ["clip_model.visual.head.mlp.fc2"], obstacle: nil,
          certificate: nil)
      ],
      problems: [
        "clip_model.visual.head.mlp.fc2.bias: unexpected, found 20 (a bias that no norm before its layer can take over)"
      ]),
    Misfit(
      testDescription: "a bias of a layer that the model does not have",
      with: [
        ModelTensor(name: "transformer.conv9.bias", role: .bias, layout: .plain, shape: [0])
      ],
      folds: [
        FoldRecord(
          kind: .layerScale, source: "x", targets: ["transformer.conv9"], obstacle: nil, certificate: nil)
      ],
      problems: ["transformer.conv9.bias: unexpected, found 0"]),
    Misfit(
      testDescription: "a fold that claims to have absorbed a layer", without: ["transformer.head.bias"],
      folds: [
        FoldRecord(
          kind: .layerScale, source: "transformer.head.bias", targets: [], obstacle: nil, certificate: nil)
      ],
      problems: ["transformer.head.bias: missing, expected 1"]),
  ]

  @Test("An incomplete model is refused with every problem", arguments: misfits)
  func refuses(_ misfit: Misfit) throws {
    let tiny = try #require(Tiny.all.first { $0.name == misfit.model })
    let folded = try tiny.model(folding: true)
    let weights = ChangedWeights(folded, without: misfit.without, with: misfit.with)
    let error = try #require(throws: ContractError.self) {
      try UnfoldedCheckpoint(
        weights, folds: folded.folds + misfit.folds, preprocessing: tiny.preprocessing,
        path: "model.sedge")
    }
    #expect(error.problems.map(\.description) == misfit.problems)
    #expect(error.path == "model.sedge")
  }
}
