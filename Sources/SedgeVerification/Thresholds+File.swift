// The limits of a file, by its codecs, its bits and what it claims.

import SedgeArchitecture
package import SedgeContainer
import SedgeTensor
import SedgePlatform
import SedgeQuantization
package import SedgeRunner

extension Thresholds {
  /// By how much pictures may be harder than those on which a claim was measured.
  package static let measurementMargin = 5.0

  /// The limits for a file: by the least exact codec in it and the arithmetic that it runs in, wider where its codes
  /// have few bits, and for the output by what it claims.
  ///
  /// float32: tensors bit for bit; everything computed within 2e-5 of its largest magnitude and scores within 1e-5,
  /// which is what the order of float32 sums explains over some hundred layers.
  ///
  /// float16: a rounded element is off by at most 2⁻¹¹ of itself, so a tensor's relative RMS error is at most that.
  ///
  /// int8: a uniform step of 1/127 of a row's largest weight is off by 1/(127 √12) of it in RMS. A row whose largest
  /// weight is up to 8.8 times its RMS stays within 0.02.
  ///
  /// Every tensor has a limit of its own; see ``TensorLimits``.
  ///
  /// How far coded weights move what is computed depends on the model: the limits for taps, scores and labels are a
  /// judgement, set where a user would want to look: those of float16 and int8, and beyond these what grows with the
  /// error of the coarsest tensor. What a file claims to have measured is the limit for other pictures too, five times
  /// over. A label counts as the same where the source itself scores both classes within the margin. All can be changed
  /// by name.
  ///
  /// Bytes in the arithmetic have the limits of int8 for all that is computed, whatever the weights are stored in.
  package static func `default`(for file: SedgeFile, computing arithmetic: Compute.Arithmetic) -> Thresholds {
    let header = file.header
    let records = header.tensors.filter { $0.tensor.role != .textFeatures }
    let codecs = Set(records.map(\.codec))
    var thresholds = computed(codecs.union(arithmetic == .int8 ? [.int8] : []))
    thresholds.tensorRMS = records.map { largestError(of: $0) }.max() ?? 0
    thresholds.origins["tensor-rms"] = "each tensor by its codec, bits and record"
    if let error = records.filter({ $0.codec == .trellis }).map({ explainedError(of: $0) }).max() {
      thresholds.widen(forErrors: error)
      if let measured = header.quantization?.measuredQuality { thresholds.take(measured) }
    }
    return thresholds
  }

  /// What a tensor may be off by, as far as the header tells.
  private static func largestError(of record: TensorRecord) -> Double {
    switch record.codec {
    case .f32, .f32Planes: record.tensor.role == .bias ? record.relativeRMSError : 0
    case .f16, .f16Planes: record.tensor.role == .bias ? max(record.relativeRMSError, 0x1p-11) : 0x1p-11
    case .int8: 0.02
    case .trellis: record.relativeRMSError
    }
  }

  /// The error that a tensor records, as far as its bits explain it.
  private static func explainedError(of record: TensorRecord) -> Double {
    min(record.relativeRMSError, TensorLimits.plainFactor * exp2(-record.bitsPerWeight))
  }

  /// Limits that grow with the error of the coarsest tensor.
  private mutating func widen(forErrors error: Double) {
    let origin = "the coarsest tensor, off by \(figure(error)) of itself"
    if 4 * error > tapRMS { (tapRMS, origins["tap-rms"]) = (4 * error, "4 times \(origin)") }
    if 3 * error > scoreRMS { (scoreRMS, origins["score-rms"]) = (3 * error, "3 times \(origin)") }
    if 1 - error < labels { (labels, origins["labels"]) = (max(1 - error, 0), "1 less \(origin)") }
  }

  /// Limits of the output by what was measured; at least as wide as those of int8.
  ///
  /// What was measured on the very pictures that codes were chosen by tells little of others, and makes no limit
  /// narrower.
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

  private static func computed(_ codecs: Set<CodecIdentifier>) -> Thresholds {
    var thresholds: Thresholds
    let origin: String
    if codecs.contains(.int8) || codecs.contains(.trellis) {
      origin = "int8"
      thresholds = Thresholds(
        tensorRMS: 0.02, tapMaximum: .infinity, tapRMS: 0.1, scoreMaximum: .infinity, scoreRMS: 0.05,
        margin: 0.1, labels: 0.99, keptClasses: 0.5)
    } else if codecs.contains(.f16) || codecs.contains(.f16Planes) {
      origin = "float16"
      thresholds = Thresholds(
        tensorRMS: 0x1p-11, tapMaximum: .infinity, tapRMS: 0.01, scoreMaximum: .infinity, scoreRMS: 0.005,
        margin: 0.01, labels: 0.999, keptClasses: 0.5)
    } else {
      origin = "float32"
      thresholds = Thresholds(
        tensorRMS: 0, tapMaximum: 2e-5, tapRMS: 2e-5, scoreMaximum: 1e-5, scoreRMS: 2e-5, margin: 0,
        labels: 0.9999, keptClasses: 1)
    }
    for name in names { thresholds.origins[name] = origin }
    return thresholds
  }
}
