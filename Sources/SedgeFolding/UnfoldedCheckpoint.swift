// A stored model as a checkpoint with all folding undone, for programs without folding.

package import SedgeArchitecture
import SedgeRunner
package import SedgeTensor

/// A stored model's weights with the names, the shapes and the meaning that they have in PyTorch.
///
/// With them the original graph computes the same as the stored model; the values are the original's only where
/// nothing was folded or encoded. Pixel statistics and attention scales are divided out again. Layers keep the norms
/// and layer scales that they absorbed; ones and zeros replace those. Where folding added a bias that the original
/// layer does not have, a shift of the norm before the layer replaces it (``SolvedShift``).
package final class UnfoldedCheckpoint: TensorArchive {
  /// The origin of a tensor's values.
  package enum Origin: String, CaseIterable, Hashable, Sendable {
    /// The stored model has it.
    case kept
    /// The stored model has it, and a fold into it was undone.
    case unfolded
    /// Ones or zeros that replace a tensor which other layers absorbed.
    case neutral
    /// A norm's shift that replaces a bias.
    case solved
  }

  /// The prefix of the names that SED's program writes.
  package static let prefix = "sem_seg_head.predictor."
  /// The logarithm of 100, the limit of the logit scale in CLIP's training; replaces one that the stored model does not
  /// have and SED does not use.
  private static let defaultLogitScale: Float = 4.605_170_2

  /// The file, for errors.
  package let path: String
  /// The format of the file that holds the stored model.
  package var formatName: String { ".sedge" }
  /// Every tensor of the checkpoint, in float32, under ``prefix``, in the order of the forward pass.
  package let tensors: [TensorInfo]
  /// The model's dimensions.
  package let architecture: Architecture
  /// The shifts that replace biases.
  package let shifts: [SolvedShift]
  private let weights: any WeightSource
  private let stored: [String: ModelTensor]
  /// The model's tensor of each tensor of the checkpoint, and the rows of it that the checkpoint's has.
  private let expected: [String: (tensor: CheckpointTensor, part: Int, parts: Int)]
  /// The buffers of CAT-Seg's program, which follow from the dimensions.
  private let buffers: [String: Tensor]
  private let unfolding: [String: (layer: LayerPath, fold: AffineFold)]

  /// Plans the unfolding, and solves for the shifts.
  ///
  /// - Parameters:
  ///   - weights: The stored model.
  ///   - folds: Its folds.
  ///   - preprocessing: The pixel statistics that the stem may have absorbed.
  ///   - path: The file, for errors.
  /// - Throws: `ContractError` with every missing tensor and every one that no checkpoint can have; errors of reading.
  package init(
    _ weights: any WeightSource, folds: [FoldRecord], preprocessing: Preprocessing, path: String
  ) throws {
    self.weights = weights
    self.path = path
    architecture = weights.architecture
    let checkpointTensors = architecture.checkpointTensors
    let naming = SourceNaming.sed(prefix: Self.prefix, of: architecture.kind)
    var expected: [String: (tensor: CheckpointTensor, part: Int, parts: Int)] = [:]
    var infos: [TensorInfo?] = []
    for tensor in checkpointTensors {
      let parts = naming.stored(tensor)
      for (index, part) in parts.enumerated() {
        let name = naming.fileName(part.name)
        expected[name] = (tensor, index, parts.count)
        infos.append(TensorInfo(name: name, elementType: .float32, shape: part.shape))
      }
    }
    buffers = architecture.aggregation.map { Self.masks(of: $0, naming) } ?? [:]
    for (name, buffer) in buffers.sorted(by: { $0.key < $1.key }) {
      infos.append(TensorInfo(name: name, elementType: .float32, shape: buffer.shape))
    }
    tensors = infos.compactMap(\.self)
    self.expected = expected
    let stored = Dictionary(
      weights.modelTensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    self.stored = stored
    let made = Self.absorbingNorms(of: architecture, stored: stored)
    let problems = Self.problems(weights, folds: folds, bearable: Set(made.map(\.layer.bias.name)))
    guard problems.isEmpty else {
      throw ContractError(path: path, model: architecture.name, problems: problems)
    }
    unfolding = Self.unfolding(of: weights, preprocessing: preprocessing)
    shifts = try made.compactMap { norm, layer in
      guard let weight = stored[layer.weight.name], let bias = stored[layer.bias.name] else { return nil }
      return SolvedShift(
        norm: norm, layer: layer, weight: try weights.values(of: weight),
        bias: try weights.values(of: bias))
    }
  }

  /// The masks of shifted windows, which the authors' program keeps in its checkpoints.
  private static func masks(
    of aggregation: Architecture.CostAggregation, _ naming: SourceNaming
  ) -> [String: Tensor] {
    guard aggregation.shift > 0 else { return [:] }
    let mask = WindowBlock.mask(grid: aggregation.grid, window: aggregation.window, shift: aggregation.shift)
    return Dictionary(
      uniqueKeysWithValues: (0..<aggregation.layers).map { layer in
        (naming.fileName(ModelPath.aggregation.layers[layer].windowBlocks[1].mask.name), mask)
      })
  }

  /// The absorbed norms whose layer has a bias that the checkpoint does not have.
  private static func absorbingNorms(
    of architecture: Architecture, stored: [String: ModelTensor]
  ) -> [(norm: NormPath, layer: LayerPath)] {
    let original = Set(architecture.checkpointTensors.map(\.name))
    return architecture.folds.flatMap { fold -> [(NormPath, LayerPath)] in
      guard case .norm(let norm) = fold.part, stored[norm.shift.name] == nil else { return [] }
      return fold.targets
        .filter { stored[$0.bias.name] != nil && !original.contains($0.bias.name) }.map { (norm, $0) }
    }
  }

  /// Every tensor that the stored model does not have, and every bias that no norm's shift can replace.
  private static func problems(
    _ weights: any WeightSource, folds: [FoldRecord], bearable: Set<String>
  ) -> [ContractProblem] {
    let architecture = weights.architecture
    let tensors = architecture.checkpointTensors
    var problems = architecture.problems(
      inModel: weights.modelTensors, folds: folds, hasTextEncoder: true)
    let original = Set(tensors.map(\.name))
    // Undone, the bias that pixel statistics make is zero.
    let undone = architecture.folds.filter { $0.kind == .pixelStatistics }.flatMap(\.targets).map(\.bias.name)
    let known = original.union(bearable).union(problems.map(\.tensor))
      .union(weights.foldState.pixelStatisticsFolded ? undone : [])
    for tensor in weights.modelTensors where !known.contains(tensor.name) {
      problems.append(
        ContractProblem(
          tensor: tensor.name, kind: .unexpected(found: tensor.shape),
          cause: "a bias that no norm before its layer can take over"))
    }
    let found = Set(weights.modelTensors.map(\.name)).union(problems.map(\.tensor))
    for tensor in tensors
    where !found.contains(tensor.name) && !tensor.isOptional && neutralValue(of: tensor.role) == nil {
      problems.append(ContractProblem(tensor: tensor.name, kind: .missing(expected: tensor.shape)))
    }
    return problems
  }

  /// The value without effect for an absorbed tensor of a role; `nil` for a role that folding does not absorb.
  private static func neutralValue(of role: TensorRole) -> Float? {
    switch role {
    case .normScale, .layerScale: 1
    case .normShift: 0
    default: nil
    }
  }

  /// The folds that undo those which can be undone, by the names of the layers' tensors.
  private static func unfolding(
    of weights: any WeightSource, preprocessing: Preprocessing
  ) -> [String: (layer: LayerPath, fold: AffineFold)] {
    var unfolding: [String: (layer: LayerPath, fold: AffineFold)] = [:]
    let shapes = Dictionary(
      weights.modelTensors.map { ($0.name, $0.shape) }, uniquingKeysWith: { first, _ in first })
    let undo = { (layer: LayerPath, fold: AffineFold) in
      for name in [layer.weight.name, layer.bias.name] { unfolding[name] = (layer, fold) }
    }
    for fold in weights.architecture.folds {
      if fold.kind == .pixelStatistics, weights.foldState.pixelStatisticsFolded {
        // Pixels are deviation * normalized + mean.
        let inverse = AffineFold(
          inputScale: preprocessing.pixelStandardDeviation.map(Double.init),
          inputShift: preprocessing.pixelMean.map(Double.init))
        for layer in fold.targets { undo(layer, inverse) }
      }
      if case .attentionScale(_, let queries, let heads) = fold.part, weights.foldState.attentionScaleFolded {
        let factor = Double(queries / heads).squareRoot()
        for layer in fold.targets {
          let outputs = shapes[layer.weight.name]?[0] ?? 0
          undo(layer, AffineFold(outputScale: (0..<outputs).map { $0 < queries ? factor : 1 }))
        }
      }
    }
    return unfolding
  }

  /// The name of a tensor without ``prefix``.
  package func ownName(of name: String) -> String {
    SourceNaming.sed(prefix: Self.prefix, of: architecture.kind).canonicalName(name) ?? name
  }

  /// The name of the model's tensor that a tensor is, or is a part of.
  package func modelName(of name: String) -> String { expected[name]?.tensor.name ?? ownName(of: name) }

  /// The origin of a tensor's values; a name that is not in ``tensors`` traps.
  package func origin(of name: String) -> Origin {
    if buffers[name] != nil { return .neutral }
    guard let (tensor, _, _) = expected[name] else {
      preconditionFailure("\(name) is no tensor of the checkpoint")
    }
    if tensor.isOptional { return weights.logitScale == nil ? .neutral : .kept }
    if stored[tensor.name] != nil { return unfolding[tensor.name] == nil ? .kept : .unfolded }
    return shifts.contains { $0.tensor == tensor.name } ? .solved : .neutral
  }

  /// One tensor's values, in the checkpoint's order of dimensions; a name that is not in ``tensors`` traps.
  package func values(_ name: String) throws -> Tensor {
    if let buffer = buffers[name] { return buffer }
    guard let (tensor, part, parts) = expected[name] else {
      preconditionFailure("\(name) is no tensor of the checkpoint")
    }
    let whole = try values(of: tensor)
    guard parts > 1 else { return whole }
    let size = whole.count / parts
    return Tensor(
      shape: [whole.shape[0] / parts] + whole.shape.dropFirst(),
      values: Array(whole.values[part * size..<(part + 1) * size]))
  }

  private func values(of tensor: CheckpointTensor) throws -> Tensor {
    if tensor.isOptional {
      return Tensor(shape: tensor.shape, values: [weights.logitScale ?? Self.defaultLogitScale])
    }
    guard let model = stored[tensor.name] else {
      if let shift = shifts.first(where: { $0.tensor == tensor.name }) {
        return Tensor(shape: tensor.shape, values: shift.values)
      }
      let value = Self.neutralValue(of: tensor.role) ?? 0
      let count = tensor.shape.reduce(1, *)
      return Tensor(shape: tensor.shape, values: [Float](repeating: value, count: count))
    }
    guard let (layer, fold) = unfolding[tensor.name], let weight = stored[layer.weight.name] else {
      return tensor.checkpointLayout(of: try weights.values(of: model))
    }
    let values = try weights.values(of: weight)
    return tensor.checkpointLayout(
      of: tensor.name == layer.weight.name
        ? fold.weight(values) : fold.bias(try weights.values(of: model), weight: values))
  }

  /// Copies one tensor's values as little-endian float32; an `info` that is not in ``tensors`` traps.
  package func read(_ info: TensorInfo, into destination: inout MutableRawSpan) throws(FormatError) {
    let tensor: Tensor
    do {
      tensor = try values(info.name)
    } catch let error as FormatError {
      throw error
    } catch {
      throw FormatError(.cannotRead(reason: "\(error)"), path: path, tensor: info.name)
    }
    precondition(destination.byteCount == info.byteCount)
    for i in tensor.values.indices {
      destination.storeBytes(
        of: tensor.values[i].bitPattern.littleEndian, toByteOffset: 4 * i, as: UInt32.self)
    }
  }
}
