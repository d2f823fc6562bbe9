// The JSON of convert.

import Sedge
import SedgeArchitecture
import SedgeContainer
import SedgeOperators
import SedgeQuantization
import SedgeTensor

/// What `convert --json` prints.
struct ConversionJSON: JSONReport {
  static let kind = ReportKind.convert

  struct Tensor: Encodable {
    var name: String
    var shape: [Int]
    var role: String
    var codec: String
    var form: String?
    var parameters: Int
    var storedBytes: Int
    var bitsPerWeight: Double
    var zeroRows: Int?
    var relativeRmsError: Double
    var largestAbsoluteError: Double
    var importance: Double?
    var errorShare: Double?
    var floatReason: String?
  }

  struct Kind: Encodable {
    var name: String
    var tensors: Int
    var parameters: Int
    var storedBytes: Int
    var bitsPerWeight: Double
    var errorShare: Double?
  }

  var file: String
  var model: String
  var sourceBytes: Int
  var fileBytes: Int
  var sha256: String
  var parameters: Int
  var bitsPerWeight: Double
  var wish: String
  /// What calibration and claim were computed with; `nil` where nothing was.
  var kernels: String?
  var kinds: [Kind]
  var otherBytes: Int
  var notes: [String]
  var header: HeaderReport
  var architecture: ArchitectureReport
  var tensors: [Tensor]

  init(_ summary: ConversionSummary) throws {
    let record = summary.header.quantization
    kernels = record?.calibration == nil && record?.measuredQuality == nil ? nil : try KernelSet.chosen()
    file = summary.outputPath
    model = summary.header.architecture.name
    sourceBytes = summary.sourceByteCount
    fileBytes = summary.outputByteCount
    sha256 = summary.outputSHA256
    parameters = summary.elementCount
    bitsPerWeight = summary.bitsPerWeight
    notes = summary.notes
    header = HeaderReport(summary.header)
    architecture = ArchitectureReport(summary.header.architecture)
    wish = summary.requested
    kinds = summary.kinds.map {
      Kind(
        name: $0.kind.rawValue, tensors: $0.tensorCount, parameters: $0.elementCount,
        storedBytes: $0.storedByteCount, bitsPerWeight: $0.bitsPerWeight, errorShare: $0.errorShare)
    }
    otherBytes = summary.otherByteCount
    let forms = Dictionary(
      summary.plan.tensors.map { ($0.name, $0.form.description) }, uniquingKeysWith: { first, _ in first })
    tensors = summary.header.tensors.map {
      Tensor(
        name: $0.tensor.name, shape: $0.tensor.shape, role: $0.tensor.role.rawValue, codec: $0.codec.rawValue,
        form: forms[$0.tensor.name], parameters: $0.tensor.elementCount, storedBytes: $0.storedByteCount,
        bitsPerWeight: $0.bitsPerWeight, zeroRows: summary.zeroRowCounts[$0.tensor.name],
        relativeRmsError: $0.relativeRMSError, largestAbsoluteError: $0.largestAbsoluteError,
        importance: $0.importance, errorShare: $0.errorShare, floatReason: $0.floatReason?.rawValue)
    }
  }
}
