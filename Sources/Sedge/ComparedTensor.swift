// One side of a comparison: tensors of any origin, and how far their types may have moved them.

import SedgeArchitecture
import SedgeContainer
import SedgeFolding
import SedgeQuantization
import SedgeTensor

/// How far a stored type moves values; all zero for none.
struct Roundoff {
  /// Of each value's own magnitude.
  var ofValue = 0.0
  /// Of the tensor's largest magnitude.
  var ofMagnitude = 0.0
  /// The largest error that was measured when the tensor was coded.
  var largestAbsolute = 0.0
  /// The relative RMS error that was measured then, and no more than the codec is allowed; `nil` for no code.
  var relativeRMS: Double?

  /// Rounding to nearest in an element type.
  init(_ type: ElementType) { ofValue = Self.unit(of: type) }

  /// Rounding to an element type before folding, whose sums carry it to values of any size.
  init(folded type: ElementType) {
    if type == .float16 || type == .bfloat16 {
      ofMagnitude = 4 * Self.unit(of: type)
    } else {
      ofValue = Self.unit(of: .float32)
    }
  }

  /// What coding did to a tensor.
  init(_ record: TensorRecord) {
    ofValue = Self.unit(of: .float32)
    switch record.codec {
    case .f32: return
    case .f16: relativeRMS = min(record.relativeRMSError, 0x1p-11)
    case .int8: relativeRMS = min(record.relativeRMSError, 0.02)
    }
    largestAbsolute = record.largestAbsoluteError
  }

  /// Half a unit in the last place of 1, and so the largest relative error of rounding; what is read is float32.
  private static func unit(of type: ElementType) -> Double {
    switch type {
    case .float16: 0x1p-11
    case .bfloat16: 0x1p-8
    default: 0x1p-24
    }
  }

  /// Whether this and another's explain the difference between two tensors.
  func explains(_ a: [Float], _ b: [Float], _ deviation: Deviation, with other: Roundoff) -> Bool {
    let share = ofValue + other.ofValue
    let constant =
      largestAbsolute + other.largestAbsolute + (ofMagnitude + other.ofMagnitude) * deviation.largestMagnitude
    if let rms = relativeRMS ?? other.relativeRMS {
      let both = (relativeRMS ?? 0) + (other.relativeRMS ?? 0)
      // Measured against the values before coding, here perhaps against those after it.
      guard deviation.relativeRMS <= both * (1 + rms + both) + share + 2 * (ofMagnitude + other.ofMagnitude)
      else { return false }
    }
    return zip(a, b).allSatisfy { a, b in
      let (a, b) = (Double(a), Double(b))
      return a == b || abs(a - b) <= constant + share * max(abs(a), abs(b))
    }
  }
}

/// A tensor of a model, to be compared.
struct ComparedTensor {
  var name: String
  var shape: [Int]
  /// Element type or codec.
  var type: String
  var roundoff: Roundoff
  /// Whether the architecture calls for it.
  var isModel = true
  /// Reads the values; nothing keeps them.
  var values: () throws -> Tensor
}

extension [ComparedTensor] {
  /// A checkpoint's tensors as they are; those that the model does not have keep their whole names.
  init(_ archive: any TensorArchive, prefix: String, architecture: Architecture) {
    let model = Set(architecture.checkpointTensors.map { prefix + $0.name })
    self = archive.tensors.map { info in
      let isModel = model.contains(info.name)
      return ComparedTensor(
        name: isModel ? String(info.name.dropFirst(prefix.count)) : info.name, shape: info.shape,
        type: info.elementType.rawValue, roundoff: Roundoff(info.elementType), isModel: isModel
      ) { try archive.floats(info) }
    }
  }

  /// A checkpoint's tensors in the runner's layouts, folded or not; `records` tells codecs where it was a `.sedge` file.
  init(_ model: FoldedModel, records: [String: TensorRecord]) {
    let checkpoint = model.checkpoint
    let types = Dictionary(
      checkpoint.archive.tensors.map { ($0.name, $0.elementType) }, uniquingKeysWith: { first, _ in first })
    self = model.modelTensors.map { tensor in
      let record = records[tensor.name]
      let type = types[checkpoint.prefix + tensor.name] ?? .float32
      var roundoff = model.folds.isEmpty ? Roundoff(type) : Roundoff(folded: type)
      if let record { roundoff = Roundoff(record) }
      return ComparedTensor(
        name: tensor.name, shape: tensor.shape, type: record?.codec.rawValue ?? type.rawValue,
        roundoff: roundoff
      ) { try model.values(of: tensor) }
    }
    self += checkpoint.ignoredNames.compactMap { name in
      checkpoint.archive.tensors.first { $0.name == name }.map { info in
        ComparedTensor(
          name: name, shape: info.shape, type: info.elementType.rawValue,
          roundoff: Roundoff(info.elementType),
          isModel: false
        ) { try checkpoint.archive.floats(info) }
      }
    }
  }

  /// A `.sedge` file's tensors as they are.
  init(_ file: SedgeFile) {
    let records = file.recordsByName
    self = file.modelTensors.compactMap { tensor in
      records[tensor.name].map { record in
        ComparedTensor(
          name: tensor.name, shape: tensor.shape, type: record.codec.rawValue, roundoff: Roundoff(record)
        ) { try file.values(of: record) }
      }
    }
  }

  /// A `.sedge` file's tensors in the form of the checkpoint that it came from.
  init(_ checkpoint: UnfoldedCheckpoint, of file: SedgeFile) {
    let records = file.recordsByName
    self = checkpoint.tensors.map { info in
      let name = String(info.name.dropFirst(UnfoldedCheckpoint.prefix.count))
      let record = records[name]
      return ComparedTensor(
        name: name, shape: info.shape, type: record?.codec.rawValue ?? ElementType.float32.rawValue,
        roundoff: record.map { Roundoff($0) } ?? Roundoff(.float32)
      ) { try checkpoint.values(info.name) }
    }
  }
}

extension SedgeFile {
  /// The lines of the tensor table.
  var recordsByName: [String: TensorRecord] {
    Dictionary(header.tensors.map { ($0.tensor.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// Whether anything in it is folded that its weights show.
  var isFolded: Bool { form != .original || header.folds.contains { !$0.absorbedTensors.isEmpty } }

  /// The names of the tensors that are gone and of the biases that are new: equal for two files folded alike.
  var foldedNames: Set<String> {
    let original = Set(architecture.checkpointTensors.map(\.name))
    let names = Set(modelTensors.map(\.name))
    return names.subtracting(original).union(header.folds.flatMap(\.absorbedTensors))
  }
}
