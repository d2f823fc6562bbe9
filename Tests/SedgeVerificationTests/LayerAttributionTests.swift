// Faults planted in single layers, and whether they are found.

import SedgeArchitecture
import SedgeFolding
import SedgeHDF5
import SedgeOperators
import SedgeRunner
import SedgeTensor
import SedgeVerification
import TestSupport
import Testing

@Suite("Errors of layers")
struct LayerAttributionTests {
  private static func model(folding: Bool, normEpsilon: Float? = nil) throws -> FoldedModel {
    try FoldedModel(
      Checkpoint(
        HDF5Archive(path: fixture("tiny/mlp.h5")),
        options: ArchitectureOptions(heads: 4, textHeads: 3, pooling: 1, normEpsilon: normEpsilon)),
      preprocessing: Preprocessing(resolution: 64), folding: folding)
  }

  /// A deterministic picture without uniform areas.
  private static let picture = (
    pixels: (0..<48 * 40 * 3).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }, height: 48,
    width: 40
  )

  /// Three classes of two prompts; 299 is the end token.
  private static let tokens: [[[[Int32]]]] = (0..<3).map { (item: Int) -> [[[Int32]]] in
    (0..<2).map { (prompt: Int) -> [[Int32]] in
      let words = [17 * item + 5 * prompt, 40 + item].map { Int32($0) }
      return [[298] + words + [299]]
    }
  }

  /// The features of the source, whose run does not depend on how they are computed.
  private static let features = Result { try TextEncoder(model(folding: true)).features(of: tokens) }

  private static func errors(
    _ source: any WeightSource, _ stored: any WeightSource, compute: Compute = Compute()
  ) throws -> [LayerError] {
    let attribution = try LayerAttribution(
      source: source, stored: stored, preprocessing: Preprocessing(resolution: 64), compute: compute)
    try attribution.encode(tokens)
    let features = try features.get()
    try attribution.run(pictures: [picture], features: (features, features)) { _ in }
    return attribution.errors
  }

  /// The names of the layers with a local error, the largest first.
  private static func ranking(_ errors: [LayerError]) -> [String] {
    errors.filter { $0.localOverNoise > 1 }.sorted { $0.local > $1.local }.map(\.name)
  }

  /// The layer of a tensor: that of its weights.
  private static func layer(of tensor: String) -> String {
    if tensor.hasPrefix("clip_model.text_projection") { return "clip_model.text_projection" }
    for (bias, weight) in [(".bias", ".weight"), ("_bias", "_weight")] where tensor.hasSuffix(bias) {
      return tensor.dropLast(bias.count) + weight
    }
    return tensor
  }

  @Test(
    "Weights that are the same make no error, and every layer is measured once", arguments: [true, false])
  func exact(folding: Bool) throws {
    let model = try Self.model(folding: folding)
    let errors = try Self.errors(model, model)
    #expect(errors.allSatisfy { $0.local == 0 && $0.accumulated == 0 && $0.noise > 0 && $0.noise < 1e-5 })
    #expect(Set(errors.map(\.name)).count == errors.count)
    let layers = Set(model.modelTensors.map { Self.layer(of: $0.name) })
    // A norm without scale and shift is computed all the same.
    #expect(layers.subtracting(errors.map(\.name)) == [])
    let others = errors.map(\.name).filter { !layers.contains($0) }
    #expect(others.isEmpty != folding)
    #expect(others.allSatisfy { name in ["norm", ".ln_", "downsample.0."].contains { name.contains($0) } })
  }

  @Test("A fault in any tensor is found in its layer alone", arguments: [true, false])
  func plants(folding: Bool) throws {
    let model = try Self.model(folding: folding)
    var count = 0
    // Folding changes what a layer's weights are, and not how layers are measured: a quarter of them must do.
    for (index, tensor) in model.modelTensors.enumerated() where !folding || index.isMultiple(of: 4) {
      let values = try model.values(of: tensor).values
      let rowCount = tensor.shape[0]
      let rowLength = max(values.count / max(rowCount, 1), 1)
      // Tables are looked up in few rows, so that all of them are changed.
      let kinds = tensor.name.contains("embedding") ? 2 : 3
      let plant: @Sendable (Int) -> Float =
        switch index % kinds {
        case 0: { values[$0] * 1.1 + 0.001 }
        case 1: { -values[$0] - 0.001 }
        default: { $0 / rowLength == rowCount / 2 ? 0.002 : values[$0] }
        }
      let errors = try Self.errors(model, ChangedWeights(model, changes: [tensor.name: plant]))
      #expect(Self.ranking(errors) == [Self.layer(of: tensor.name)], "\(tensor.name), \(index % kinds)")
      count += 1
    }
    #expect(count > (folding ? 40 : 200))
  }

  @Test("A transposed square matrix is found")
  func transposed() throws {
    let model = try Self.model(folding: true)
    let squares = model.modelTensors.filter { $0.shape.count == 2 && $0.shape[0] == $0.shape[1] }
    #expect(squares.count >= 8)
    for tensor in squares {
      let (values, side) = (try model.values(of: tensor).values, tensor.shape[0])
      let stored = ChangedWeights(model, changes: [tensor.name: { values[$0 % side * side + $0 / side] }])
      #expect(Self.ranking(try Self.errors(model, stored)) == [tensor.name])
    }
  }

  @Test("Two tensors of one shape that are swapped are both found")
  func swapped() throws {
    let model = try Self.model(folding: true)
    let pairs = [
      (
        "transformer.decoder1.attention.attention.q.weight",
        "transformer.decoder1.attention.attention.k.weight"
      ),
      ("transformer.decoder2.up.weight", "transformer.decoder3.up.weight"),
      (
        "clip_model.visual.trunk.stages.2.blocks.0.mlp.fc1.weight",
        "clip_model.visual.trunk.stages.2.blocks.2.mlp.fc1.weight"
      ),
      (
        "clip_model.transformer.resblocks.0.mlp.c_proj.weight",
        "clip_model.transformer.resblocks.1.mlp.c_proj.weight"
      ),
    ]
    for (first, second) in pairs {
      let tensors = try [first, second].map { name in
        try #require(model.modelTensors.first { $0.name == name }, "\(name)")
      }
      guard tensors[0].shape == tensors[1].shape else { continue }
      let values = try tensors.map { try model.values(of: $0).values }
      let stored = ChangedWeights(
        model, changes: [first: { values[1][$0] }, second: { values[0][$0] }])
      #expect(Set(Self.ranking(try Self.errors(model, stored)).prefix(2)) == [first, second])
    }
  }

  @Test("One layer coarser than the rest, and two, come first")
  func coarse() throws {
    let model = try Self.model(folding: true)
    let weights = model.modelTensors.filter { $0.shape.count >= 2 && !$0.name.contains("embedding") }
    let rounded = try Dictionary(
      uniqueKeysWithValues: weights.map { tensor in
        let values = try model.values(of: tensor).values
        let change: @Sendable (Int) -> Float = { Float(Float16(values[$0])) }
        return (tensor.name, change)
      })
    for (index, tensor) in weights.enumerated() {
      let coarse = index.isMultiple(of: 2) ? [tensor] : [tensor, weights[(index + 7) % weights.count]]
      var changes = rounded
      for tensor in coarse {
        let values = try model.values(of: tensor).values
        let step = (values.map { abs($0) }.max() ?? 0) / 4
        changes[tensor.name] = { (values[$0] / step).rounded() * step }
      }
      let ranking = Self.ranking(try Self.errors(model, ChangedWeights(model, changes: changes)))
      #expect(Set(ranking.prefix(coarse.count)) == Set(coarse.map(\.name)), "\(tensor.name)")
      #expect(ranking.count > coarse.count)
    }
  }

  @Test("Another epsilon is found in the norms", arguments: [true, false])
  func epsilon(folding: Bool) throws {
    let errors = try Self.errors(
      Self.model(folding: folding), Self.model(folding: folding, normEpsilon: 1e-2))
    let ranking = Self.ranking(errors)
    #expect(ranking.count > 5)
    #expect(
      ranking.allSatisfy {
        $0.contains("trunk") && ($0.contains("norm") || $0.contains("stem.1") || $0.contains("downsample.0"))
      })
  }

  @Test("Errors come together behind a fault, and none before it")
  func accumulation() throws {
    let model = try Self.model(folding: true)
    let name = "clip_model.visual.trunk.stages.1.blocks.0.mlp.fc1.weight"
    let tensor = try #require(model.modelTensors.first { $0.name == name })
    let values = try model.values(of: tensor).values
    let errors = try Self.errors(model, ChangedWeights(model, changes: [name: { values[$0] * 1.2 }]))
    let image = errors.drop { !$0.name.contains("visual") }
    let place = try #require(image.firstIndex { $0.name == name })
    #expect(image[..<place].allSatisfy { $0.accumulated == 0 })
    #expect(image[place...].prefix(8).allSatisfy { $0.accumulated > 0 })
    #expect(image[place].local == image[place].accumulated)
  }

  @Test("All kernel sets and the reference find the same", arguments: computations)
  func computing(compute: Compute) throws {
    let model = try Self.model(folding: true)
    let name = "transformer.decoder2.conv.double_conv.0.weight"
    let tensor = try #require(model.modelTensors.first { $0.name == name })
    let values = try model.values(of: tensor).values
    let stored = ChangedWeights(model, changes: [name: { values[$0] * 1.01 }])
    let errors = try Self.errors(model, stored, compute: compute)
    #expect(Self.ranking(errors) == [name])
    let error = try #require(errors.first { $0.name == name })
    #expect(abs(error.local - 0.01) < 1e-6)
  }
}
