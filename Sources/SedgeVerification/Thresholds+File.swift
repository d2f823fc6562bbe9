// The default limits of a file, by its codecs, its bits and its measured quality.

import SedgeArchitecture
package import SedgeContainer
import SedgeFolding
import SedgeTensor
import SedgeQuantization
package import SedgeRunner

extension Thresholds {
  /// The factor by which errors on other pictures may exceed those that the file records.
  package static let measurementMargin = 5.0

  private static let coarsestTensor = "the coarsest tensor"

  /// Whether limits of results follow the error of the coarsest tensor.
  package var followCoarsestTensor: Bool { origins.values.contains { $0.contains(Self.coarsestTensor) } }

  /// The limits for a file, by its least exact codec and the arithmetic, wider for codes of few bits, and for the output
  /// by the measured quality that the file records.
  ///
  /// float32: tensors bit for bit; intermediate results within 2e-5 of their largest magnitude, which the order of float32
  /// sums over some hundred layers explains, and scores within 1e-5 or what follows from that of logits, see
  /// ``Thresholds/scoreMaximum(of:)``. float16 and int8: tensors within
  /// ``CodecLimits``. Every tensor has a limit of its own; see ``TensorLimits``.
  ///
  /// The effect of quantized weights on results depends on the model: the limits for taps, scores and labels are a
  /// judgement, set where a user should take a look. They are those of float16 and int8, and beyond these proportional to
  /// the error of the coarsest tensor. Five times the recorded quality is the limit for other pictures. A label counts as
  /// equal where the source scores both classes within the margin. Each limit can be changed by name.
  ///
  /// int8 and bfloat16 arithmetic have limits of their own for all results, whatever the weights are stored in: the wider ones count.
  package static func `default`(for file: SedgeFile, computing arithmetic: Compute.Arithmetic) -> Thresholds {
    let header = file.header
    let records = header.tensors.filter { $0.tensor.role != .textFeatures }
    let codecs = Set(records.map(\.codec))
    var thresholds = computed(codecs.union(arithmetic == .int8 ? [.int8] : []), by: arithmetic)
    thresholds.tensorRMS = records.map { largestError(of: $0) }.max() ?? 0
    thresholds.origins["tensor-rms"] = "each tensor by its codec, bits and record"
    if let error = records.filter({ $0.codec == .trellis }).map({ explainedError(of: $0) }).max() {
      thresholds.widen(forErrors: error)
      if let measured = header.quantization?.measuredQuality { thresholds.take(measured) }
    }
    return thresholds
  }

  /// The largest error of a tensor by the header alone.
  private static func largestError(of record: TensorRecord) -> Double {
    guard let limit = CodecLimits.relativeRMS(of: record.codec) else { return record.relativeRMSError }
    return record.codec.isFloat && record.tensor.role == .bias ? max(record.relativeRMSError, limit) : limit
  }

  /// The error that a tensor records, as far as its bits explain it.
  private static func explainedError(of record: TensorRecord) -> Double {
    min(
      record.relativeRMSError,
      CodecLimits.trellis(bits: record.bitsPerWeight, role: record.tensor.role, isCalibrated: false))
  }

  /// Limits that grow with the error of the coarsest tensor.
  private mutating func widen(forErrors error: Double) {
    let origin = "\(Self.coarsestTensor), off by \(figure(error)) of itself"
    if 4 * error > tapRMS { (tapRMS, origins["tap-rms"]) = (4 * error, "4 times \(origin)") }
    if 3 * error > scoreRMS { (scoreRMS, origins["score-rms"]) = (3 * error, "3 times \(origin)") }
    if 1 - error < labels { (labels, origins["labels"]) = (max(1 - error, 0), "1 less \(origin)") }
  }

  /// Limits of the output by the measured quality; at least as wide as those of int8.
  ///
  /// A quality that was measured on the pictures of the calibration makes no limit narrower.
  private mutating func take(_ measured: QuantizationRecord.MeasuredQuality) {
    let origin = "\(Int(Self.measurementMargin)) times what the file claims"
    if measured.isHeldOut {
      let floor = Self.computed([.int8])
      (scoreRMS, origins["score-rms"]) = (floor.scoreRMS, "int8, beyond \(origin)")
      (labels, origins["labels"]) = (floor.labels, "int8, beyond \(origin)")
    }
    let score = Self.measurementMargin * measured.scoreRMS
    if score > scoreRMS { (scoreRMS, origins["score-rms"]) = (score, origin) }
    let share = max(1 - Self.measurementMargin * measured.labelChange, 0)
    if share < labels { (labels, origins["labels"]) = (share, "1 less \(origin)") }
  }

  private static func computed(
    _ codecs: Set<CodecIdentifier>, by arithmetic: Compute.Arithmetic = .float32
  ) -> Thresholds {
    var thresholds: Thresholds
    let origin: String
    if codecs.contains(.int8) || codecs.contains(.trellis) {
      origin = "int8"
      thresholds = Thresholds(
        tensorRMS: CodecLimits.int8, tapMaximum: .infinity, tapRMS: 0.1, scoreMaximum: .infinity,
        scoreRMS: 0.05,
        margin: 0.1, labels: 0.99, keptClasses: 0.5)
    } else if arithmetic == .bf16 {
      origin = "bfloat16"
      thresholds = Thresholds(
        tensorRMS: CodecLimits.float16.relative, tapMaximum: .infinity, tapRMS: 0.05, scoreMaximum: .infinity,
        scoreRMS: 0.05, margin: 0.05, labels: 0.995, keptClasses: 0.5)
    } else if codecs.contains(.f16) || codecs.contains(.f16Planes) {
      origin = "float16"
      thresholds = Thresholds(
        tensorRMS: CodecLimits.float16.relative, tapMaximum: .infinity, tapRMS: 0.01, scoreMaximum: .infinity,
        scoreRMS: 0.005,
        margin: 0.01, labels: 0.999, keptClasses: 0.5)
    } else {
      origin = float32Origin
      thresholds = Thresholds(
        tensorRMS: 0, tapMaximum: float32TapMaximum, tapRMS: 2e-5, scoreMaximum: 1e-5, scoreRMS: 2e-5,
        margin: 0,
        labels: 0.9999, keptClasses: 1)
    }
    for name in names { thresholds.origins[name] = origin }
    return thresholds
  }
}
