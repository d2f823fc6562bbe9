// The JSON of inspect.

import Sedge
import SedgeArchitecture
import SedgeTensor

/// What `inspect --json` prints.
struct InspectionJSON: JSONReport {
  static let kind = ReportKind.inspect

  struct Tensor: Encodable {
    var name: String
    var shape: [Int]
    var type: String
    var parameters: Int
    var bytes: Int
    var storedBytes: Int?
    var bitsPerWeight: Double?
    var relativeRmsError: Double?
    var largestAbsoluteError: Double?
    var importance: Double?
    var errorShare: Double?
    var role: String?
    var floatReason: String?
    var recovered: String?
    /// With `--stats`, of tensors of floating-point numbers.
    var statistics: StatisticsJSON?

    init(_ entry: Inspection.Entry) {
      name = entry.name
      shape = entry.shape
      type = entry.type
      parameters = entry.elementCount
      bytes = entry.byteCount
      storedBytes = entry.storedByteCount
      bitsPerWeight = entry.coding?.bitsPerWeight
      relativeRmsError = entry.coding?.relativeRMSError
      largestAbsoluteError = entry.coding?.largestAbsoluteError
      importance = entry.coding?.importance
      errorShare = entry.coding?.errorShare
      role = entry.role
      floatReason = entry.floatReason
      recovered = entry.evidence
      statistics = entry.statistics.map(StatisticsJSON.init)
    }
  }

  struct Part: Encodable {
    var name: String
    var tensors: Int
    var parameters: Int
    var bytes: Int
    var storedBytes: Int?
  }

  /// Tensors that stand together in the forward pass.
  struct Group: Encodable {
    var part: String
    var name: String
    var tensors: Int
    var parameters: Int
    var bytes: Int
    var storedBytes: Int?

    init(_ group: Inspection.Group) {
      (part, name, tensors) = (group.part, group.name, group.tensors.count)
      parameters = group.tensors.reduce(0) { $0 + $1.elementCount }
      bytes = group.tensors.reduce(0) { $0 + $1.byteCount }
      let stored = group.tensors.compactMap(\.storedByteCount)
      storedBytes = stored.isEmpty ? nil : stored.reduce(0, +)
    }
  }

  struct Problem: Encodable {
    var tensor: String
    var description: String
    var cause: String?
  }

  var file: String
  var format: String
  var fileBytes: Int
  var model: String?
  var naming: String
  var prefix: String
  var fits: Bool
  var tensorCount: Int
  var parameters: Int
  var architecture: ArchitectureReport?
  var parts: [Part]
  var groups: [Group]
  var problems: [Problem]
  var diagnosis: String?
  var remarks: [String]
  var header: HeaderReport?
  var hyperparameters: [HyperparameterReport]
  var tensors: [Tensor]

  init(_ inspection: Inspection) {
    file = inspection.path
    format = inspection.formatName
    fileBytes = inspection.byteCount
    model = inspection.modelName
    prefix = inspection.naming.prefix
    naming = inspection.naming.scheme.rawValue
    fits = inspection.fits
    tensorCount = inspection.tensors.count
    parameters = inspection.tensors.reduce(0) { $0 + $1.elementCount }
    architecture = inspection.architecture.map(ArchitectureReport.init)
    parts = inspection.parts.map {
      Part(
        name: $0.name, tensors: $0.tensorCount, parameters: $0.elementCount, bytes: $0.byteCount,
        storedBytes: $0.storedByteCount)
    }
    groups = inspection.groups.map(Group.init)
    problems = inspection.problems.map {
      Problem(
        tensor: $0.tensor, description: $0.text(\.optionText), cause: $0.explanation(\.optionText))
    }
    diagnosis = inspection.diagnosis.map {
      [$0, inspection.remedy?.optionText].compactMap(\.self).joined(separator: "; ")
    }
    remarks = inspection.remarks
    header = inspection.header.map(HeaderReport.init)
    hyperparameters = inspection.hyperparameters.map {
      HyperparameterReport(record: $0.record, values: $0.values)
    }
    tensors = inspection.tensors.map(Tensor.init)
  }
}
