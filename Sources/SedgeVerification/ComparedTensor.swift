// One side of a comparison: tensors of any origin, with the error of their stored types.

import SedgeArchitecture
import SedgeContainer
import SedgeFolding
import SedgeQuantization
import SedgeTensor

/// A tensor of a model to compare.
package struct ComparedTensor {
  var name: String
  var shape: [Int]
  /// Element type or codec.
  var type: String
  var roundoff: Roundoff
  /// Whether it belongs to the architecture.
  var isModel = true
  /// Reads the values; they are not kept.
  var values: () throws -> Tensor
  /// The error bound of each value, where folding makes it differ from `roundoff`.
  var bounds: (() throws -> Tensor)?

  /// Whether rounding explains the difference between two tensors' values.
  ///
  /// - Parameter arranged: Puts the other's dimensions in this one's order.
  func isExplained(
    _ mine: Tensor, _ others: Tensor, _ deviation: Deviation, other: ComparedTensor,
    arranged: (Tensor) -> Tensor = { $0 }
  ) throws -> Bool {
    let relative = roundoff.bound.relative + other.roundoff.bound.relative
    if let a = roundoff.relativeRMS, let b = other.roundoff.relativeRMS, a + b > 0 {
      // Recorded errors are relative to the values before encoding, this deviation to those after it.
      guard deviation.relativeRMS <= (a + b) * (1 + a + b) + relative else { return false }
    }
    let constant = roundoff.bound.absolute + other.roundoff.bound.absolute
    let (bounds, otherBounds) = (try self.bounds?(), try other.bounds.map { arranged(try $0()) })
    return mine.values.indices.allSatisfy { i in
      let (a, b) = (Double(mine.values[i]), Double(others.values[i]))
      let folded = Double(bounds?.values[i] ?? 0) + Double(otherBounds?.values[i] ?? 0)
      // Of an infinite value any difference would be within a share of it.
      guard a != b else { return true }
      return a.isFinite && b.isFinite && abs(a - b) <= constant + relative * max(abs(a), abs(b)) + folded
    }
  }
}

extension [ComparedTensor] {
  /// A checkpoint's tensors as stored; tensors outside the model keep their whole names.
  init(_ archive: any TensorArchive, naming: SourceNaming, architecture: Architecture) {
    let model = Dictionary(
      architecture.checkpointTensors.flatMap(naming.stored).map { (naming.fileName($0.name), $0) },
      uniquingKeysWith: { first, _ in first })
    self = archive.tensors.map { info in
      let tensor = model[info.name]
      // The file may have dimensions of 1 more or fewer.
      let isReshaped = tensor.map { isSameOrder($0.shape, info.shape) } ?? false
      let shape = isReshaped ? tensor?.shape ?? info.shape : info.shape
      return ComparedTensor(
        name: tensor?.name ?? info.name, shape: shape, type: info.elementType.rawValue,
        roundoff: Roundoff(info.elementType), isModel: tensor != nil
      ) { try archive.floats(info).reshaped(shape) }
    }
  }

  /// A checkpoint's tensors in the runner's layouts, folded or not; `file` is the `.sedge` file that they were decoded
  /// from, if any.
  init(_ model: FoldedModel, of file: SedgeFile?) {
    let checkpoint = model.checkpoint
    let records = file?.recordsByName ?? [:]
    let types = Dictionary(
      checkpoint.archive.tensors.map { ($0.name, $0.elementType) }, uniquingKeysWith: { first, _ in first })
    let storedNames = Dictionary(
      checkpoint.tensors.map { ($0.name, checkpoint.storedNames(of: $0)) },
      uniquingKeysWith: { first, _ in first })
    let typeOf = { (name: String) in storedNames[name]?.first.flatMap { types[$0] } ?? .float32 }
    let isCalibrated = file?.isCalibrated ?? false
    let roundoff = { (name: String) in
      records[name].map { Roundoff($0, isCalibrated: isCalibrated) } ?? Roundoff(typeOf(name))
    }
    let exact = Roundoff(ElementType.float32).bound
    let isRounded = checkpoint.tensors.contains { roundoff($0.name).bound != exact }
    self = model.modelTensors.map { tensor in
      var compared = ComparedTensor(
        name: tensor.name, shape: tensor.shape,
        type: records[tensor.name]?.codec.rawValue ?? typeOf(tensor.name).rawValue,
        roundoff: roundoff(tensor.name)
      ) { try model.values(of: tensor) }
      if !model.folds.isEmpty {
        // Folding carries rounding errors into other tensors, so that only bounds of single values apply, not the
        // recorded error of the tensor.
        compared.roundoff.relativeRMS = isRounded ? nil : 0
        compared.roundoff.bound = ErrorBound()
        compared.bounds = { try model.errorBounds(of: tensor) { roundoff($0).bound } }
      }
      return compared
    }
    appendLogitScale(model.logitScale, roundoff(ModelPath.logitScale.name))
    self += (checkpoint.ignoredNames + checkpoint.unrelatedNames).compactMap { name in
      checkpoint.archive.tensors.first { $0.name == name }.map { info in
        ComparedTensor(
          name: name, shape: info.shape, type: info.elementType.rawValue,
          roundoff: Roundoff(info.elementType),
          isModel: false
        ) { try checkpoint.archive.floats(info) }
      }
    }
  }

  /// A `.sedge` file's tensors as stored.
  init(_ file: SedgeFile) {
    let records = file.recordsByName
    self = file.modelTensors.compactMap { tensor in
      records[tensor.name].map { record in
        ComparedTensor(
          name: tensor.name, shape: tensor.shape, type: record.codec.rawValue,
          roundoff: Roundoff(record, isCalibrated: file.isCalibrated)
        ) { try file.values(of: record) }
      }
    }
    appendLogitScale(file.logitScale, Roundoff(.float32))
  }

  /// Adds the logit scale, which a `.sedge` file has in its header and a checkpoint among its tensors.
  private mutating func appendLogitScale(_ value: Float?, _ roundoff: Roundoff) {
    guard let value else { return }
    append(
      ComparedTensor(
        name: ModelPath.logitScale.name, shape: [], type: ElementType.float32.rawValue, roundoff: roundoff
      ) { Tensor(shape: [], values: [value]) })
  }

  /// A `.sedge` file's tensors in the form of the checkpoint that it came from.
  init(_ checkpoint: UnfoldedCheckpoint, of file: SedgeFile) {
    let records = file.recordsByName
    self = checkpoint.tensors.map { info in
      let record = records[checkpoint.modelName(of: info.name)]
      return ComparedTensor(
        name: checkpoint.ownName(of: info.name), shape: info.shape,
        type: record?.codec.rawValue ?? ElementType.float32.rawValue,
        roundoff: record.map { Roundoff($0, isCalibrated: file.isCalibrated) } ?? Roundoff(.float32)
      ) { try checkpoint.values(info.name) }
    }
  }
}

extension SedgeFile {
  /// The records of the tensor table, by name.
  var recordsByName: [String: TensorRecord] {
    Dictionary(header.tensors.map { ($0.tensor.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// Whether calibration chose codes and corrected biases.
  var isCalibrated: Bool { header.quantization?.calibration != nil }

  /// Whether weights are folded.
  var isFolded: Bool { foldState != .original || header.folds.contains { !$0.absorbedTensors.isEmpty } }

  /// The names of the tensors that folding removed: equal for two files folded alike.
  var absorbedNames: Set<String> { Set(header.folds.flatMap(\.absorbedTensors)) }
}
