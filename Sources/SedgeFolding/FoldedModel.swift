// A checkpoint's weights for the runner: in its layouts and, where that changes nothing, folded.

package import SedgeArchitecture
import SedgeRunner
package import SedgeTensor

/// A checkpoint's weights in the runner's layouts, folded or not, each computed when it is read.
package final class FoldedModel: WeightSource {
  /// The checkpoint.
  package let checkpoint: Checkpoint
  /// The outcome of every possible fold, in the order of the forward pass; empty without folding.
  package private(set) var folds: [FoldRecord] = []
  /// Which parts of the graph are folded.
  package private(set) var foldState = FoldState.original
  /// The logarithm of the factor that CLIP multiplies cosines with; `nil` where the checkpoint does not have it.
  package let logitScale: Float?
  /// The tensors that folding did not remove, and the biases that it added.
  package private(set) var modelTensors: [ModelTensor] = []
  private var folded: [LayerPath: AffineFold] = [:]
  private var layers: [String: LayerPath] = [:]
  private let sources: [String: CheckpointTensor]

  /// The model's dimensions.
  package var architecture: Architecture { checkpoint.architecture }

  /// Plans the folding and proves every fold on a probe input.
  ///
  /// - Parameters:
  ///   - preprocessing: The pixel statistics that the stem absorbs.
  ///   - folding: `false` folds nothing and changes layouts only.
  ///   - progress: Called after each fold with the number of folds done and the number of all.
  package init(
    _ checkpoint: Checkpoint, preprocessing: Preprocessing, folding: Bool,
    progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
  ) throws {
    self.checkpoint = checkpoint
    self.logitScale = try checkpoint.logitScale()
    self.sources = Dictionary(
      checkpoint.tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    if folding {
      let candidates = architecture.folds
      for (index, fold) in candidates.enumerated() {
        folds.append(try record(of: fold, preprocessing: preprocessing))
        try progress(index + 1, candidates.count)
      }
      for kind in [FoldRecord.Kind.attentionScale, .classBlock] { withdrawIncomplete(kind) }
      foldState = FoldState(
        pixelStatisticsFolded: applies(.pixelStatistics), attentionScaleFolded: applies(.attentionScale),
        classBlockSimplified: applies(.classBlock))
      try absorb(candidates, preprocessing: preprocessing)
    }
    modelTensors = remainingTensors()
  }

  /// Withdraws all folds of a kind with one flag for the whole graph where one of them cannot be applied.
  private func withdrawIncomplete(_ kind: FoldRecord.Kind) {
    guard !applies(kind) else { return }
    for index in folds.indices where folds[index].kind == kind && folds[index].obstacle == nil {
      folds[index].obstacle = "another layer's cannot be folded, and all layers are run alike"
    }
  }

  /// Whether every fold of a kind was applied.
  private func applies(_ kind: FoldRecord.Kind) -> Bool {
    let records = folds.filter { $0.kind == kind }
    return !records.isEmpty && records.allSatisfy { $0.obstacle == nil }
  }

  // MARK: Planning

  /// Tries one fold on the original weights.
  private func record(of fold: Fold, preprocessing: Preprocessing) throws -> FoldRecord {
    var record = FoldRecord(
      kind: fold.kind, source: fold.source, targets: fold.targets.map(\.name), obstacle: fold.obstacle,
      certificate: nil)
    guard fold.obstacle == nil else { return record }
    let probe = FoldProbe()
    var certificates: [FoldRecord.Certificate] = []
    switch fold.part {
    case .textFeatures:
      certificates = [probe.certificate(unitVectorsOf: architecture.image.embeddingWidth)]
    case .classBlock(let path):
      let original = UnfoldedWeights(self)
      certificates = [probe.certificate(of: try ClassBlock(path, from: original))]
    case .pixelStatistics, .norm, .layerScale, .attentionScale:
      for layer in fold.targets {
        let affine = try affine(of: fold, into: layer, preprocessing: preprocessing)
        certificates.append(
          probe.certificate(
            affine, weight: try laidOut(layer.weight), bias: try originalBias(of: layer),
            isPixels: fold.kind == .pixelStatistics))
      }
    }
    // Where several layers absorb one norm, the certificate is that of the largest share of its tolerance.
    let worst = certificates.max { $0.largestDifference * $1.tolerance < $1.largestDifference * $0.tolerance }
    record.certificate = worst
    if !certificates.allSatisfy(\.holds) {
      record.obstacle = "the probe's outputs differ by more than rounding explains"
    }
    return record
  }

  /// The factors and addends of a fold into one of its targets.
  private func affine(
    of fold: Fold, into layer: LayerPath, preprocessing: Preprocessing
  ) throws -> AffineFold {
    switch fold.part {
    case .norm(let norm):
      let inputs = sources[layer.weight.name].map { $0.modelTensor.shape.last ?? 1 } ?? 0
      return AffineFold(
        inputScale: Self.spread(try doubles(norm.scale), from: fold.firstInput, over: inputs, others: 1),
        inputShift: Self.spread(try doubles(norm.shift), from: fold.firstInput, over: inputs, others: 0))
    case .layerScale(let scale):
      return AffineFold(outputScale: try doubles(scale))
    case .pixelStatistics:
      let deviations = preprocessing.pixelStandardDeviation.map(Double.init)
      return AffineFold(
        inputScale: deviations.map { 1 / $0 },
        inputShift: zip(preprocessing.pixelMean, deviations).map { -Double($0) / $1 })
    case .attentionScale(_, let queries, let heads):
      let factor = 1 / Double(queries / heads).squareRoot()
      let outputs = sources[layer.weight.name]?.modelTensor.shape[0] ?? 0
      return AffineFold(outputScale: (0..<outputs).map { $0 < queries ? factor : 1 })
    case .classBlock, .textFeatures:
      return AffineFold()
    }
  }

  /// Collects the factors and addends that each layer absorbs.
  private func absorb(_ candidates: [Fold], preprocessing: Preprocessing) throws {
    for (fold, record) in zip(candidates, folds) where record.obstacle == nil {
      for layer in fold.targets {
        layers[layer.weight.name] = layer
        layers[layer.bias.name] = layer
        folded[layer, default: AffineFold()].combine(
          with: try affine(of: fold, into: layer, preprocessing: preprocessing))
      }
    }
  }

  /// Values of some inputs as values of all; those of the others are neutral.
  private static func spread(
    _ values: [Double], from first: Int, over count: Int, others: Double
  ) -> [Double] {
    guard first > 0 || values.count < count else { return values }
    var result = [Double](repeating: others, count: count)
    result.replaceSubrange(first..<first + values.count, with: values)
    return result
  }

  /// The checkpoint's tensors without those that were absorbed, and the biases that folding added.
  private func remainingTensors() -> [ModelTensor] {
    let absorbed = Set(folds.flatMap(\.absorbedTensors))
    var tensors: [ModelTensor] = []
    for tensor in checkpoint.tensors where !tensor.isOptional && !absorbed.contains(tensor.name) {
      tensors.append(tensor.modelTensor)
      if let layer = layers[tensor.name], layer.weight.name == tensor.name, sources[layer.bias.name] == nil,
        folded[layer]?.inputShift != nil
      {
        tensors.append(
          ModelTensor(
            name: layer.bias.name, role: .bias, layout: .plain, shape: [tensor.modelTensor.shape[0]]))
      }
    }
    return tensors
  }

  // MARK: Values

  /// One tensor, folded, in its layout.
  package func values(of tensor: ModelTensor) throws -> Tensor {
    guard let layer = layers[tensor.name], let fold = folded[layer] else {
      return try laidOut(tensor.name)
    }
    let weight = try laidOut(layer.weight)
    return tensor.name == layer.weight.name
      ? fold.weight(weight) : fold.bias(try originalBias(of: layer), weight: weight)
  }

  /// The largest error of each value of a tensor, by the errors of the checkpoint's, in the tensor's layout.
  ///
  /// All errors are assumed to add up, so that the bound of a folded layer's bias grows with the layer's width.
  ///
  /// - Parameter bound: The error of a tensor of the checkpoint, by its name without prefix.
  package func errorBounds(of tensor: ModelTensor, bound: (String) -> ErrorBound) throws -> Tensor {
    guard let layer = layers[tensor.name], let fold = folded[layer] else {
      return AffineFold().weightBounds(
        try laidOut(tensor.name), off: bound(tensor.name), factors: ErrorBound())
    }
    let factors = folds.flatMap(\.absorbedTensors).reduce(ErrorBound()) { $0.union(bound($1)) }
    let weight = try laidOut(layer.weight)
    guard tensor.name == layer.bias.name else {
      return fold.weightBounds(weight, off: bound(layer.weight.name), factors: factors)
    }
    return fold.biasBounds(
      try originalBias(of: layer), off: bound(layer.bias.name), weight: weight, off: bound(layer.weight.name),
      factors: factors)
  }

  private func laidOut(_ path: ParameterPath) throws -> Tensor { try laidOut(path.name) }

  /// A checkpoint's tensor in the runner's layout, not folded.
  fileprivate func laidOut(_ name: String) throws -> Tensor {
    guard let source = sources[name] else {
      throw FormatError(.missingTensor(nearest: nil), path: checkpoint.archive.path, tensor: name)
    }
    return source.modelLayout(of: try checkpoint.values(name))
  }

  private func originalBias(of layer: LayerPath) throws -> Tensor? {
    sources[layer.bias.name] == nil ? nil : try checkpoint.values(layer.bias.name)
  }

  private func doubles(_ path: ParameterPath) throws -> [Double] {
    try checkpoint.values(path.name).values.map(Double.init)
  }
}

/// The unfolded checkpoint in the runner's layouts, for probes while the folding is planned.
private final class UnfoldedWeights: WeightSource {
  private let model: FoldedModel

  init(_ model: FoldedModel) { self.model = model }

  var architecture: Architecture { model.architecture }
  var foldState: FoldState { .original }
  var logitScale: Float? { model.logitScale }
  var modelTensors: [ModelTensor] { model.checkpoint.tensors.filter { !$0.isOptional }.map(\.modelTensor) }
  func values(of tensor: ModelTensor) throws -> Tensor { try model.laidOut(tensor.name) }
}
