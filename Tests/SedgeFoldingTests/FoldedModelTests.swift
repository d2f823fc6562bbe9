// Folded models: absorbed tensors, remaining tensors, and the same results.

import SedgeArchitecture
import SedgeFolding
import SedgeRunner
import SedgeTensor
import Testing

private let rounding = "the probe's outputs differ by more than rounding explains"
private let trunk = "clip_model.visual.trunk"

@Suite("Folded model")
struct FoldedModelTests {
  // MARK: Completeness

  @Test(
    "Every norm, layer scale and attention is named once, folded or with its obstacle", arguments: Tiny.all)
  func complete(_ tiny: Tiny) throws {
    let model = try tiny.model(folding: true)
    let sources = { (kind: FoldRecord.Kind) in model.folds.filter { $0.kind == kind }.map(\.source).sorted() }
    let tensors = { (role: TensorRole) in model.checkpoint.tensors.filter { $0.role == role }.map(\.name) }
    #expect(sources(.norm) == tensors(.normScale).map { String($0.dropLast(".weight".count)) }.sorted())
    #expect(sources(.layerScale) == tensors(.layerScale).sorted())
    #expect(sources(.pixelStatistics).count == 1)
    #expect(sources(.attentionScale).count == model.architecture.text.layers)
    #expect(sources(.classBlock).count == 3)
    #expect(sources(.textFeatures).count == 1)
    for record in model.folds {
      #expect((record.obstacle == nil) == (record.certificate?.holds == true), "\(record.source)")
    }
  }

  @Test("Only norms that cannot be folded remain, and the tensor table has no others", arguments: Tiny.all)
  func remaining(_ tiny: Tiny) throws {
    let model = try tiny.model(folding: true)
    let norms = model.modelTensors.filter { $0.role == .normScale }.map(\.name)
    let groupNorms = (1...3).flatMap { layer in
      [1, 4].map { "transformer.decoder\(layer).conv.double_conv.\($0).weight" }
    }
    #expect(norms == ["\(trunk).stem.1.weight"] + groupNorms)
    #expect(!model.modelTensors.contains { $0.role == .layerScale })
    #expect(
      model.architecture.problems(inModel: model.modelTensors, folds: model.folds, hasTextEncoder: true) == []
    )
    for tensor in model.modelTensors {
      let values = try model.values(of: tensor)
      #expect(values.shape == tensor.shape, "\(tensor.name)")
      #expect(values.values.allSatisfy { $0.isFinite }, "\(tensor.name)")
    }
  }

  @Test("Every fold that is not applied has its obstacle")
  func obstacles() throws {
    let model = try Tiny.linear.model(folding: true)
    let expected =
      [
        "\(trunk).stem.1":
          "the residual of the first block reads it too, and the depthwise convolution pads with zeros"
      ].merging(
        (1...3).flatMap { layer in
          [1, 4].map {
            (
              "transformer.decoder\(layer).conv.double_conv.\($0)",
              "a ReLU stands between it and the next convolution, and its statistics come from the image"
            )
          }
        }, uniquingKeysWith: { first, _ in first })
    var found: [String: String] = [:]
    for record in model.folds { found[record.source] = record.obstacle }
    #expect(found == expected)
    #expect(
      model.foldState
        == FoldState(pixelStatisticsFolded: true, attentionScaleFolded: true, classBlockSimplified: true))
  }

  @Test("A class block with pooling is not simplified")
  func pooling() throws {
    let model = try Tiny.pooled.model(folding: true)
    for layer in 1...3 {
      let record = try #require(model.record("transformer.decoder\(layer).attention"))
      #expect(record.obstacle == "pooling is 2: the average and its upsampling stay")
      #expect(record.certificate == nil)
    }
    #expect(
      model.foldState
        == FoldState(pixelStatisticsFolded: true, attentionScaleFolded: true, classBlockSimplified: false))
  }

  @Test("Progress counts every fold")
  func progress() throws {
    var reports: [Int] = []
    var total = 0
    let model = try FoldedModel(
      Tiny.linear.checkpoint(), preprocessing: Tiny.linear.preprocessing, folding: true
    ) { done, all in
      reports.append(done)
      total = all
    }
    #expect(reports == Array(1...model.folds.count))
    #expect(total == model.folds.count)
  }

  // MARK: Values

  @Test("Without folding every tensor keeps its bits in another order", arguments: Tiny.all)
  func unfolded(_ tiny: Tiny) throws {
    let model = try tiny.model(folding: false)
    #expect(model.folds == [])
    #expect(model.foldState == .original)
    #expect(model.modelTensors == model.architecture.modelTensors)
    for tensor in model.checkpoint.tensors where !tensor.isOptional {
      let original = try model.checkpoint.values(tensor.name)
      let values = try model.values(of: tensor.modelTensor)
      #expect(values.shape == tensor.axes.map { tensor.shape[$0] })
      var isEqual = values.count == original.count
      for index in values.values.indices where isEqual {
        // The index in the model to that in the checkpoint, dimension by dimension.
        var (rest, place) = (index, [Int](repeating: 0, count: tensor.shape.count))
        for axis in tensor.axes.reversed() {
          place[axis] = rest % tensor.shape[axis]
          rest /= tensor.shape[axis]
        }
        let there = zip(place, tensor.shape).reduce(0) { $0 * $1.1 + $1.0 }
        isEqual = values.values[index].bitPattern == original.values[there].bitPattern
      }
      #expect(isEqual, "\(tensor.name)")
    }
  }

  /// The factors and addends that a layer absorbs, one for each channel, from the checkpoint's values.
  private struct Surroundings {
    var inputScale: [Double] = []
    var inputShift: [Double] = []
    var outputScale: [Double] = []

    init(of layer: String, in model: FoldedModel, _ preprocessing: Preprocessing) throws {
      for record in model.folds where record.obstacle == nil && record.targets.contains(layer) {
        let values = { (name: String) in try model.checkpoint.values(name).values.map(Double.init) }
        switch record.kind {
        case .norm:
          (inputScale, inputShift) = try (values("\(record.source).weight"), values("\(record.source).bias"))
        case .layerScale: outputScale = try values(record.source)
        case .pixelStatistics:
          inputScale = preprocessing.pixelStandardDeviation.map { 1 / Double($0) }
          inputShift = zip(preprocessing.pixelMean, preprocessing.pixelStandardDeviation).map {
            -Double($0) / Double($1)
          }
        case .attentionScale:
          let (width, heads) = (model.architecture.text.width, model.architecture.text.heads)
          let factor = 1 / (Double(width) / Double(heads)).squareRoot()
          outputScale = (0..<3 * width).map { $0 < width ? factor : 1 }
        case .classBlock, .textFeatures: break
        }
      }
    }
  }

  @Test("Folded layers are what the formula gives in float64, rounded once", arguments: Tiny.all)
  func values(_ tiny: Tiny) throws {
    let (model, original) = try (tiny.model(folding: true), tiny.model(folding: false))
    let layers = Set(model.folds.filter { $0.obstacle == nil }.flatMap(\.targets))
    #expect(layers.count > 30)
    for layer in layers {
      let stem = layer.hasSuffix("in_proj") ? "\(layer)_" : "\(layer)."
      let weightName = layer.hasSuffix("text_projection") ? layer : "\(stem)weight"
      let around = try Surroundings(of: layer, in: model, tiny.preprocessing)
      let before = try #require(try original.values(weightName))
      let after = try #require(try model.values(weightName))
      let bias = try original.values("\(stem)bias")
      let newBias = try model.values("\(stem)bias")
      let (outputs, channels) = (before.shape[0], before.shape[before.shape.count - 1])
      let row = before.count / outputs
      #expect((newBias == nil) == (bias == nil && around.inputShift.isEmpty))
      for output in 0..<outputs {
        let factor = around.outputScale.isEmpty ? 1 : around.outputScale[output]
        var sum = Double(bias?.values[output] ?? 0)
        var magnitude = abs(sum)
        for i in 0..<row {
          let w = Double(before.values[output * row + i])
          let scale = around.inputScale.isEmpty ? 1 : around.inputScale[i % channels]
          let term = around.inputShift.isEmpty ? 0 : w * around.inputShift[i % channels]
          (sum, magnitude) = (sum + term, magnitude + abs(term))
          let expected = w * factor * scale
          let error = abs(Double(after.values[output * row + i]) - expected)
          if error > 0x1.001p-24 * abs(expected) {
            Issue.record("\(weightName)[\(output), \(i)] is off by \(error)")
          }
        }
        guard let newBias else { continue }
        let error = abs(Double(newBias.values[output]) - sum * factor)
        let bound = 0x1.001p-24 * abs(sum * factor) + 0x1p-40 * magnitude * abs(factor)
        if error > bound { Issue.record("\(stem)bias[\(output)] is off by \(error)") }
      }
    }
  }

  // MARK: Results

  /// The largest difference of a logit or text feature of two models, relative to the largest value.
  private func difference(_ a: any WeightSource, _ b: any WeightSource, _ tiny: Tiny) throws -> Double {
    let templates = 0..<(a.architecture.decoder?.promptCount ?? 0)
    let prompts = (0..<3).map { (index: Int) -> [[[Int32]]] in
      templates.map { [[298, Int32(7 * index + $0), 5, 299]] }
    }
    let outputs = try [a, b].map { (weights: any WeightSource) -> ([Float], [Float]) in
      let features = try TextEncoder(weights).features(of: prompts)
      let taps = Taps()
      _ = try SegmentationModel(weights: weights, preprocessing: tiny.preprocessing).segment(
        pixels: (0..<50 * 40 * 3).map { (i: Int) -> UInt8 in UInt8(i * 31 % 251) }, height: 50, width: 40,
        textFeatures: features,
        topK: nil, taps: taps)
      return (features.values, try #require(taps["logits"]).values)
    }
    return max(
      Deviation(reference: outputs[0].0, actual: outputs[1].0).largestRelativeToMagnitude,
      Deviation(reference: outputs[0].1, actual: outputs[1].1).largestRelativeToMagnitude)
  }

  // The tolerance of the recorded activations: some hundred roundings of a float32, one after another.
  @Test("Folded and unfolded models compute the same", arguments: Tiny.all)
  func equalResults(_ tiny: Tiny) throws {
    #expect(try difference(tiny.model(folding: false), tiny.model(folding: true), tiny) <= 2e-5)
  }

  @Test("A norm of scale zero is folded like any other")
  func zeroScale() throws {
    let norm = "\(trunk).stages.2.blocks.1.norm"
    let changes: [String: @Sendable (Int) -> Float] = ["\(norm).weight": { _ in 0 }]
    let (folded, unfolded) = try (
      Tiny.linear.model(folding: true, changes: changes), Tiny.linear.model(folding: false, changes: changes)
    )
    #expect(folded.record(norm)?.obstacle == nil)
    let weight = try #require(try folded.values("\(trunk).stages.2.blocks.1.mlp.fc1.weight"))
    #expect(weight.values.allSatisfy { $0 == 0 })
    #expect(try difference(unfolded, folded, .linear) <= 2e-5)
  }

  @Test("A layer scale of zero is folded like any other")
  func zeroLayerScale() throws {
    let gamma = "\(trunk).stages.0.blocks.0.gamma"
    let model = try Tiny.linear.model(folding: true, changes: [gamma: { _ in 0 }])
    #expect(model.record(gamma)?.obstacle == nil)
    #expect(
      try model.values("\(trunk).stages.0.blocks.0.mlp.fc2.bias")?.values.allSatisfy { $0 == 0 } == true)
  }

  // MARK: Refusal

  /// Changes to values that make a fold impossible, by the module that is not folded.
  static let refusals: [(source: String, changes: [String: @Sendable (Int) -> Float])] = [
    // Scales so small that they are stored in a few bits: inputs round coarsely before the fold and not after.
    (
      "\(trunk).stages.1.blocks.0.norm",
      [
        "\(trunk).stages.1.blocks.0.norm.weight": { _ in 0x1p-136 },
        "\(trunk).stages.1.blocks.0.norm.bias": { _ in 0 },
        "\(trunk).stages.1.blocks.0.mlp.fc1.weight": { Float($0 % 7) * 1e10 },
        "\(trunk).stages.1.blocks.0.mlp.fc1.bias": { _ in 0 },
      ]
    ),
    // Products beyond float32.
    (
      "\(trunk).stages.0.blocks.0.gamma",
      [
        "\(trunk).stages.0.blocks.0.gamma": { _ in 1e38 },
        "\(trunk).stages.0.blocks.0.mlp.fc2.weight": { Float($0 % 3) * 1e3 },
      ]
    ),
    // Products beyond float32, and a tolerance too.
    (
      "clip_model.ln_final",
      [
        "clip_model.ln_final.weight": { _ in 1e30 },
        "clip_model.text_projection": { _ in 1e30 },
      ]
    ),
  ]

  @Test(
    "A fold that cannot be proved is not applied, and the model still runs", arguments: 0..<refusals.count)
  func refused(index: Int) throws {
    let (source, changes) = Self.refusals[index]
    let (model, original) = try (
      Tiny.linear.model(folding: true, changes: changes), Tiny.linear.model(folding: false, changes: changes)
    )
    let record = try #require(model.record(source))
    #expect(record.obstacle == rounding)
    #expect(record.certificate?.holds == false)
    #expect(record.absorbedTensors == [])
    #expect(model.folds.filter { $0.obstacle == rounding }.map(\.source) == [source])
    // All that the fold would have touched is as it was, bit for bit.
    for name in changes.keys {
      #expect(try model.values(name) == original.values(name), "\(name)")
    }
    #expect(
      model.architecture.problems(inModel: model.modelTensors, folds: model.folds, hasTextEncoder: true) == []
    )
    if index == 0 {
      #expect(try difference(original, model, .linear) <= 2e-5)
    } else {
      // These overflow, folded or not; they must run all the same.
      _ = try difference(original, model, .linear)
    }
  }

  @Test("Where one layer's attention scale cannot be folded, none is")
  func oneAttentionScale() throws {
    let attention = "clip_model.transformer.resblocks.1.attn"
    // Numbers of one or two bits lose more than rounding explains when they are scaled.
    let model = try Tiny.linear.model(
      folding: true,
      changes: [
        "\(attention).in_proj_weight": { $0 % 3 == 0 ? 0x1p-148 : 0x1p-149 },
        "\(attention).in_proj_bias": { _ in 0 },
      ])
    #expect(!model.foldState.attentionScaleFolded)
    #expect(model.record(attention)?.obstacle == rounding)
    #expect(
      model.record("clip_model.transformer.resblocks.0.attn")?.obstacle
        == "another layer's cannot be folded, and all layers are run alike")
    // The norms of layer 0 are folded all the same; its queries are scaled by nothing else.
    let original = try Tiny.linear.model(folding: false)
    let name = "clip_model.transformer.resblocks.0"
    let scale = try #require(try original.values("\(name).ln_1.weight")).values
    let (before, after) = try (
      #require(try original.values("\(name).attn.in_proj_weight")).values,
      #require(try model.values("\(name).attn.in_proj_weight")).values
    )
    #expect(after == before.indices.map { Float(Double(before[$0]) * Double(scale[$0 % 16])) })
  }
}
