// What each layer's stored weights cost the result.

package import SedgeArchitecture
package import SedgeContainer
import SedgeEvaluation
package import SedgeFolding
package import SedgeRunner
package import SedgeTensor
import SedgeTokenizer
package import SedgeVerification

/// Measures the change of the result that the stored weights of single layers cause.
///
/// All classes are kept, class names are encoded by the text encoder, and both sides compute in float32.
package final class CostMeasurement {
  /// A layer whose stored weights are not the source's.
  struct Layer {
    var name: String
    var tensors: [ModelTensor]
    var storedByteCount: Int
    /// The squared error of the scores that it makes alone, over that of all layers together.
    var share = 0.0
    /// The figures from runs.
    var alone: ResultChange?
    var restored: ResultChange?
  }

  /// The part of each layer's error in a run with all of them.
  private static let part: Float = 0.5
  /// Scores that are kept of each such run, about.
  private static let sampleLimit = 1 << 18

  let reference: OutputReference
  let source: LoadedWeights
  let stored: any WeightSource
  private let compute: Compute
  private let options: CostOptions
  private let progress: (WorkProgress) throws -> Void
  /// The layers that cost something, and those that do not.
  private(set) var layers: [Layer] = []
  private var free: [Layer] = []
  private(set) var whole = ResultChange(labels: 0, scores: 0)
  /// The share below which layers cannot be told from each other; 0 where each was run.
  private(set) var leastShare = 0.0
  /// What relative errors of scores are multiplied with, where the source's scores are below their floor.
  private var scoreFactor = 1.0
  private var runs = (done: 0, total: 1)

  /// Prepares a measurement; nothing is run yet.
  ///
  /// - Parameters:
  ///   - reference: The source's output.
  ///   - model: The source, folded as the file is.
  ///   - stored: The file's weights.
  ///   - records: The file's tensors.
  package init(
    _ reference: OutputReference, _ model: FoldedModel, stored: any WeightSource, records: [TensorRecord],
    options: CostOptions, compute: Compute, progress: @escaping (WorkProgress) throws -> Void
  ) throws {
    precondition(model.foldState == stored.foldState)
    (self.reference, self.stored, self.options, self.progress) = (reference, stored, options, progress)
    self.compute = compute.exact
    source = try LoadedWeights(model)
    let tensors = records.filter { $0.tensor.role != .textFeatures }
    let names = stored.architecture.layerNames(of: tensors.map(\.tensor))
    let groups = Dictionary(grouping: tensors) { names[$0.tensor.name] ?? $0.tensor.name }
    var known: Set<String> = []
    for record in tensors {
      let name = names[record.tensor.name] ?? record.tensor.name
      guard known.insert(name).inserted, let group = groups[name] else { continue }
      let layer = Layer(
        name: name, tensors: group.map(\.tensor),
        storedByteCount: group.reduce(0) { $0 + $1.storedByteCount })
      // The heads of early rejection have no effect where all classes are kept.
      let isFree = try ModelPart(ofTensor: name) == .rejection || isLossless(layer)
      if isFree { free.append(layer) } else { layers.append(layer) }
    }
  }

  private func isLossless(_ layer: Layer) throws -> Bool {
    try layer.tensors.allSatisfy { try source.values(of: $0).values == stored.values(of: $0).values }
  }

  /// Measures all layers.
  ///
  /// - Parameter scoreFloor: Of a number of classes, the least root mean square of scores that errors are judged over.
  package func run(scoreFloor: (_ classCount: Int) -> Double) throws -> ResultCosts {
    let exactCount = min(max(options.exactLayerCount, 0), layers.count)
    // As many runs as layers give every layer by itself.
    let isEachRun = layers.count <= options.runCount
    let runCount = isEachRun ? layers.count : max(options.runCount, 2)
    runs = (0, 1 + runCount + exactCount + (isEachRun ? 0 : exactCount))
    try runWhole(scoreFloor: scoreFloor)
    if isEachRun {
      for index in layers.indices { try runAlone(index) }
    } else {
      try estimate(runCount: runCount)
    }
    let shares = layers.map(\.share)
    let ranking = layers.indices.sorted { (shares[$1], $0) < (shares[$0], $1) }
    for index in ranking.prefix(exactCount) {
      if !isEachRun { try runAlone(index) }
      layers[index].restored = change(try run { $0 == index ? 0 : 1 })
    }
    let nothing = ResultChange(labels: 0, scores: 0)
    let costs = layers.enumerated().map { index, layer in
      LayerCost(
        name: layer.name, storedByteCount: layer.storedByteCount,
        ifRestored: .init(estimate: part(of: 1 - shares[index]), exact: layer.restored),
        ifAlone: .init(estimate: isEachRun ? nil : part(of: shares[index]), exact: layer.alone))
    }.sorted {
      let (a, b) = ($0.ifAlone.change, $1.ifAlone.change)
      return (b.labels, b.scores) < (a.labels, a.scores)
    }
    let errors = reference.source
    return ResultCosts(
      pictureCount: errors.pictureCount, pixelCount: errors.pixelCount,
      classCount: reference.classes.classes.count, whole: whole,
      layers: costs
        + free.map {
          LayerCost(
            name: $0.name, storedByteCount: $0.storedByteCount, ifRestored: .init(exact: whole),
            ifAlone: .init(exact: nothing))
        })
  }

  /// The change of the result where a share of the squared error is left: labels change as scores do.
  func part(of share: Double) -> ResultChange {
    let factor = max(share, 0).squareRoot()
    return ResultChange(labels: whole.labels * factor, scores: whole.scores * factor)
  }

  // MARK: Runs

  /// Runs the model with parts of the errors of layers.
  private func run(
    body: (_ expected: [Float], _ actual: [Float]) -> Void = { _, _ in }, _ part: (Int) -> Float
  ) throws -> OutputMeasurement {
    var parts: [String: Float] = [:]
    for (index, layer) in layers.enumerated() {
      for tensor in layer.tensors { parts[tensor.name] = part(index) }
    }
    return try run(
      MixedWeights(source, stored: stored, parts: parts),
      encodesText: parts.contains { $1 != 0 && ModelPart(ofTensor: $0) == .text }, body: body)
  }

  /// Runs the model with any weights.
  ///
  /// - Parameter encodesText: Whether the text encoder is another than the source's.
  func run(
    _ weights: any WeightSource, encodesText: Bool,
    body: (_ expected: [Float], _ actual: [Float]) -> Void = { _, _ in }
  ) throws -> OutputMeasurement {
    let share = min(Double(runs.done) / Double(runs.total), 1)
    let tick = { [progress] (_: WorkProgress) in try progress(.measuringSensitivity(share)) }
    let features =
      encodesText
      ? try reference.origin.textFeatures(of: reference.classes, by: weights, compute: compute) { _, _ in
        try tick(.measuringSensitivity(share))
      } : reference.textFeatures
    let model = try reference.origin.model(weights, compute: compute)
    runs.done += 1
    return try reference.measurement(of: model, textFeatures: features, progress: tick) {
      body($0.scores, $1.scores)
    }
  }

  /// Runs the model as stored.
  private func runWhole(scoreFloor: (Int) -> Double) throws {
    var (squares, count) = (0.0, 0)
    let measurement = try run { expected, _ in
      squares += expected.reduce(0.0) { $0 + Double($1) * Double($1) }
      count += expected.count
    } _: { _ in
      1
    }
    let scale = (squares / Double(max(count, 1))).squareRoot()
    let floor = scoreFloor(reference.classes.classes.count)
    scoreFactor = scale < floor ? scale / floor : 1
    whole = change(measurement)
  }

  /// Runs the model with the stored weights of one layer.
  private func runAlone(_ index: Int) throws {
    let alone = change(try run { $0 == index ? 1 : 0 })
    layers[index].alone = alone
    layers[index].share = whole.scores > 0 ? alone.scores * alone.scores / (whole.scores * whole.scores) : 0
  }

  /// The change of a measured result.
  func change(_ measurement: OutputMeasurement) -> ResultChange {
    ResultChange(
      labels: measurement.error.labelChange, scores: measurement.error.scoreRMS * scoreFactor)
  }

  // MARK: Estimates

  /// Estimates the shares of all layers from runs with parts of the errors of all, with random signs.
  private func estimate(runCount: Int) throws {
    guard whole.scores > 0 else { return }
    let sketch = SignSketch(runCount: runCount, causeCount: layers.count)
    // The squared relative error of scores, and a sample of their differences that adds up to it.
    let errors = try sketch.signs.map { signs in
      var sample: [Float] = []
      let measurement = try run { expected, actual in
        add(to: &sample, expected: expected, actual: actual)
      } _: {
        Self.part * signs[$0]
      }
      return (sample: sample, scores: change(measurement).scores)
    }
    let scale = errors.map { error in
      let sum = error.sample.reduce(0.0) { $0 + Double($1) * Double($1) }
      return sum > 0 ? error.scores / sum.squareRoot() / whole.scores / Double(Self.part) : 0
    }
    var products = errors.map { _ in errors.map { _ in 0.0 } }
    for k in errors.indices {
      for other in 0...k {
        let product = zip(errors[k].sample, errors[other].sample).reduce(0.0) { $0 + Double($1.0 * $1.1) }
        products[k][other] = product * scale[k] * scale[other]
        products[other][k] = products[k][other]
      }
    }
    for (index, share) in sketch.squares(products).enumerated() { layers[index].share = share }
    leastShare = 1 / Double(16 * runCount)
  }

  /// Adds the differences of a picture's scores, evenly over its classes and pixels.
  private func add(to sample: inout [Float], expected: [Float], actual: [Float]) {
    let (classCount, pictureCount) = (reference.classes.classes.count, reference.source.pictureCount)
    let count = expected.count / classCount
    let step = max(1, expected.count * pictureCount / Self.sampleLimit)
    for pixel in stride(from: 0, to: count, by: step) {
      for number in 0..<classCount {
        sample.append(actual[number * count + pixel] - expected[number * count + pixel])
      }
    }
  }
}
