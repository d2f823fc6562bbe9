// What is in a model file, and whether it fits.

import SedgeCheckpoint
public import SedgeArchitecture
package import SedgeContainer
import SedgeHDF5
public import SedgeStatistics
import SedgeTensor

/// A look into a checkpoint or a `.sedge` file: directory and header only, unless values are asked for.
///
///     let inspection = try Inspection(path: "sed.pth")
///     print(inspection.modelName ?? "no known model", inspection.fits, inspection.tensors.count)
public struct Inspection {
  /// One tensor of the file.
  public struct Entry: Sendable, Hashable {
    /// The name in the file.
    public var name: String
    /// The dimensions, in the file's order.
    public var shape: [Int]
    /// The element type or codec.
    public var type: String
    /// Elements.
    public var elementCount: Int
    /// Bytes of the elements without compression.
    public var byteCount: Int
    /// Bytes in the file, where the format tells.
    public var storedByteCount: Int?
    /// What coding did to it, in a `.sedge` file.
    public var coding: Coding?
    /// What the tensor is for, where that is known.
    public var role: String?
    /// Why it stayed float, where it might have been coded.
    public var floatReason: String?
    /// What a `.sedge` file says of a tensor's codes.
    public struct Coding: Sendable, Hashable {
      /// Bits in the file for each element.
      public var bitsPerWeight: Double
      /// Root mean square of the errors over that of the elements.
      public var relativeRMSError: Double
      /// The largest error of an element.
      public var largestAbsoluteError: Double
      /// See `importance` in docs/format.md.
      public var importance: Double?
      /// See `error_share` in docs/format.md.
      public var errorShare: Double?

      init(_ record: TensorRecord) {
        bitsPerWeight = record.bitsPerWeight
        relativeRMSError = record.relativeRMSError
        largestAbsoluteError = record.largestAbsoluteError
        importance = record.importance
        errorShare = record.errorShare
      }
    }

    /// How the name is known, where the file does not have it: what the file calls the tensor and the evidence.
    public var evidence: String?
    /// What its values are, where that was asked for; `nil` for elements that are no floating-point numbers, and for none.
    public var statistics: TensorStatistics? {
      get { measured?.statistics }
      set { measured = newValue.map(Measured.init) }
    }

    /// Apart from the entry, which most files have without them, and some 100,000 times.
    fileprivate var measured: Measured?

    fileprivate final class Measured: Sendable, Hashable {
      let statistics: TensorStatistics

      init(_ statistics: TensorStatistics) { self.statistics = statistics }

      static func == (a: Measured, b: Measured) -> Bool { a.statistics == b.statistics }

      func hash(into hasher: inout Hasher) { hasher.combine(statistics) }
    }
  }

  /// A part of the model.
  public struct Part: Sendable, Hashable {
    /// `image encoder`, `text encoder`, `decoder`, `class lists` or `other`.
    public var name: String
    /// Tensors in it.
    public var tensorCount: Int
    /// Elements of all of them.
    public var elementCount: Int
    /// Bytes of all of them, without compression.
    public var byteCount: Int
    /// Bytes of all of them in the file, where the format tells.
    public var storedByteCount: Int?
  }

  /// The file.
  public var path: String
  /// Its bytes.
  public var byteCount: Int
  /// The format's name.
  public var formatName: String
  /// The dimensions; `nil` where no model was recognized.
  package var architecture: Architecture?
  /// How the file names tensors.
  package var naming: SourceNaming
  /// The tensors in file order.
  public var tensors: [Entry]
  /// Everything that does not fit.
  public var problems: [ContractProblem]
  /// The likely reason of the problems, in one clause; `nil` where none is known.
  public var diagnosis: String?
  /// The way out; `nil` where none is known.
  package var remedy: Remedy?
  /// What else is in the file and is no tensor, and what was passed over, in words.
  public var remarks: [String]
  /// The header, for a `.sedge` file.
  package var header: SedgeHeader?
  /// How the numbers are known that shapes do not determine, each with its value; empty where no model was recognized,
  /// or a `.sedge` file does not say.
  package var hyperparameters: [(record: HyperparameterRecord, values: [Float])] = []

  /// The model's name, `nil` where none was recognized.
  public var modelName: String?
  /// Whether the file is a model and every tensor fits.
  public var fits: Bool { architecture != nil && problems.isEmpty }

  /// The model's parts, those without tensors left out.
  public var parts: [Part] {
    var parts = Self.partNames.map {
      Part(name: $0, tensorCount: 0, elementCount: 0, byteCount: 0)
    }
    for tensor in tensors {
      let index = partIndex(of: tensor)
      parts[index].tensorCount += 1
      parts[index].elementCount += tensor.elementCount
      parts[index].byteCount += tensor.byteCount
      if let stored = tensor.storedByteCount {
        parts[index].storedByteCount = (parts[index].storedByteCount ?? 0) + stored
      }
    }
    return parts.filter { $0.tensorCount > 0 }
  }

  /// The names of all parts.
  package static let partNames = ["image encoder", "text encoder", "decoder", "class lists", "other"]

  /// The index of a tensor's part in ``partNames``.
  func partIndex(of tensor: Entry) -> Int {
    if tensor.role == TensorRole.textFeatures.rawValue { return 3 }
    guard architecture != nil, tensor.role != "constant", let name = naming.canonicalName(tensor.name) else {
      return 4
    }
    if name == ModelPath.logitScale.name { return 1 }
    switch ModelPart(ofTensor: name) {
    case .image: return 0
    case .text: return 1
    case .decoder, .rejection: return 2
    case nil: return 4
    }
  }

  /// Reads the directory of a file.
  ///
  /// - Parameters:
  ///   - path: A checkpoint or a `.sedge` file.
  ///   - options: Hyperparameters that tensor shapes do not determine.
  ///   - checksValues: Whether payloads are read too: finite values, and the checksums of a `.sedge` file.
  ///   - measuresStatistics: Whether payloads are read for ``Entry/statistics``; those of a `.sedge` file are decoded.
  ///   - progress: Follows the reading for statistics, and stops it by throwing.
  /// - Throws: `FormatError` where the file cannot be read or is in no format that is read.
  public init(
    path: String, options: ArchitectureOptions = ArchitectureOptions(), checksValues: Bool = false,
    measuresStatistics: Bool = false, progress: @escaping ProgressHandler = { _ in }
  ) throws {
    let measuring = measuresStatistics ? stopping(progress) : nil
    if SedgeFile.recognizes(try filePrefix(path: path)) {
      try self.init(sedgeFile: path, checksValues: checksValues, measuring: measuring)
    } else {
      try self.init(checkpoint: path, options: options, checksValues: checksValues, measuring: measuring)
    }
  }

  private init(sedgeFile path: String, checksValues: Bool, measuring: ProgressHandler?) throws {
    let file = try SedgeFile(path: path)
    if checksValues {
      try file.verifyChecksums()
      // Right checksums say nothing of what the bytes stand for.
      for record in file.header.tensors { _ = try file.values(of: record) }
    }
    let header = file.header
    self.path = path
    byteCount = file.byteCount
    formatName = ".sedge version \(file.version)"
    architecture = header.architecture
    modelName = header.architecture.name
    naming = .sed()
    tensors = header.tensors.map {
      Entry(
        name: $0.tensor.name, shape: $0.tensor.shape, type: $0.codec.rawValue,
        elementCount: $0.tensor.elementCount, byteCount: $0.plainByteCount,
        storedByteCount: $0.storedByteCount, coding: Entry.Coding($0),
        role: $0.tensor.role.rawValue, floatReason: $0.floatReason?.rawValue)
    }
    problems = header.architecture.problems(
      inModel: file.modelTensors, folds: header.folds, hasTextEncoder: header.hasTextEncoder)
    remarks =
      header.hasTextEncoder ? [] : ["no text encoder: open vocabulary is gone, only stored class lists work"]
    self.header = header
    hyperparameters = header.hyperparameters.compactMap { record in
      header.value(of: record).map { (record, $0) }
    }
    if let measuring { try measure(file, progress: measuring) }
  }

  private static func remarks(on recognition: Recognition) -> [String] {
    guard let decoder = recognition.architecture?.decoder, !decoder.hasRejectionHeads else { return [] }
    return ["no heads for early rejection: all classes are kept"]
  }

  private init(
    checkpoint path: String, options: ArchitectureOptions, checksValues: Bool, measuring: ProgressHandler?
  ) throws {
    let archive = try openArchive(path: path)
    let choice = HyperparameterChoice(archive, options: options)
    let options = choice.architecture
    let recognition = Recognition(archive.tensors, options: options, skipped: archive.skipped)
    self.path = path
    byteCount = archive.files.reduce(0) { $0 + $1.byteCount }
    formatName = archive.formatName
    architecture = recognition.architecture
    modelName = recognition.modelName
    naming = recognition.naming
    let roles = Dictionary(
      (architecture?.checkpointTensors ?? []).flatMap(recognition.naming.stored).map {
        (recognition.naming.fileName($0.name), $0.role.rawValue)
      },
      uniquingKeysWith: { first, _ in first })
    tensors = archive.tensors.map {
      Entry(
        name: $0.name, shape: $0.shape, type: $0.elementType.rawValue, elementCount: $0.elementCount,
        byteCount: $0.byteCount, role: roles[$0.name], evidence: archive.recovered[$0.name])
    }
    tensors += archive.constants.map {
      Entry(
        name: $0.name, shape: $0.shape, type: $0.elementType.rawValue, elementCount: $0.elementCount,
        byteCount: $0.byteCount, role: "constant")
    }
    problems = recognition.problems.map { $0.explained(by: archive) }
    if let architecture {
      let preprocessing = choice.preprocessing(for: architecture, topK: nil)
      hyperparameters = choice.records(for: architecture).compactMap { record in
        record.hyperparameter.flatMap { architecture.value(of: $0, preprocessing) }.map { (record, $0) }
      }
    }
    (diagnosis, remedy) = (recognition.diagnosis, recognition.remedy)
    remarks =
      Self.remarks(on: recognition) + recognition.notes
      + (recognition.fits ? [] : [ShardName(path: path)?.advice].compactMap { $0 }) + choice.notes
      + choice.problems.map(\.text) + archive.notes
      + archive.skipped.map { "\($0.name): not read, \($0.reason)" }
    if checksValues, recognition.fits {
      do {
        try Checkpoint(archive, options: options).checkValues()
      } catch let error as ContractError {
        problems += error.problems
      }
    }
    if let measuring { try measure(archive, progress: measuring) }
  }
}
