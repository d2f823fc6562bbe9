// Quantization for a budget.

import SedgeArchitecture
import SedgeContainer
import SedgeEvaluation
import SedgeQuantization
import SedgeTensor
import SedgeTokenizer

/// Encodes a model with the bits for each tensor that a budget allows.
///
/// Calibrating and measuring sensitivities takes most of the time; both are done once for any number of searches.
final class BudgetedQuantization {
  private let task: QuantizationTask
  private let layerCalibrations: [String: LayerCalibration]
  private let search: BudgetSearch
  /// Tensors whose rule does not depend on the budget.
  private let fixed: [(tensor: ModelTensor, rule: CodecRule)]
  private let reference: OutputReference
  /// The last encoding.
  private var last: (bits: [Double], packed: [PackedTensor])?
  private var measured: [[Double]: OutputMeasurement] = [:]

  /// Calibrates a model and measures the sensitivities of its tensors.
  init(_ task: QuantizationTask) throws {
    self.task = task
    if case .meanIoUDrop = task.settings.budget { try task.requireGroundTruth() }
    // The heads of early rejection have no effect on a measurement, which keeps all classes.
    let free = task.tensors.filter {
      task.settings.fixedRule(for: $0) == nil && $0.role != .textFeatures
        && ModelPart(ofTensor: $0.name) != .rejection
    }
    let isCoded = { (tensor: ModelTensor) in
      CodecRule(for: tensor, requested: .int4).choice.identifier == .trellis
    }
    let chosen = free.filter(isCoded)
    var calibrations: [String: LayerCalibration] = [:]
    try task.calibrate(Set(chosen.map(\.name))) { calibrated in
      for item in calibrated { calibrations[item.name] = item.calibration }
    }
    layerCalibrations = calibrations
    let floats = free.filter { !isCoded($0) }
    let kinds = [
      floats.filter { $0.elementCount > 1 && $0.shape.count == 1 }, floats.filter { $0.shape.count != 1 },
    ]
    let measurement = try SensitivityMeasurement(task)
    search = BudgetSearch(
      try measurement.sensitivities(of: chosen, calibrations)
        + kinds.filter { !$0.isEmpty }.map(measurement.sensitivity))
    let searched = Set(search.items.flatMap(\.tensors).map(\.name))
    fixed = task.tensors.filter { !searched.contains($0.name) }.map {
      ($0, task.settings.fixedRule(for: $0) ?? CodecRule(for: $0, requested: .int8))
    }
    reference = try task.measurementReference()
  }

  /// Encodes the model within a budget.
  ///
  /// - Parameter reserve: Bytes of the file besides tensors, where the budget is a size.
  /// - Throws: ``UsageError`` where the budget cannot be met.
  func run(_ budget: QuantizationBudget, reserve: Int) throws -> QuantizationResult {
    let bits = try bits(for: budget, reserve: reserve)
    let measurement = try measured[bits] ?? measure(bits)
    let chosen = zip(search.items, bits).flatMap { item, bits in
      item.tensors.map { ($0.name, BudgetSearch.form(bits)) }
    }
    return QuantizationResult(
      packed: try encode(bits), record: task.record(measurement.error), shares: shares(bits),
      forms: Dictionary(
        uniqueKeysWithValues: chosen + fixed.map { ($0.tensor.name, $0.rule.choice.form) }),
      notes: task.notes + (try notes(budget, measurement)))
  }

  private func bits(for budget: QuantizationBudget, reserve: Int) throws -> [Double] {
    let bits: [Double]?
    switch budget {
    case .fileSize(let size):
      bits = try search.bits(byteLimit: size - reserve) { bits in
        try encode(bits).reduce(0) { $0 + $1.storedByteCount }
      }
      guard bits != nil else {
        throw UsageError(
          .sizeTooSmall(
            byteCount: size, otherByteCount: reserve, leastBits: BudgetSearch.bitLimits.lowerBound))
      }
    case .scoreRMS(let limit):
      bits = try search.bits(limit: limit, guess: limit) { try measure($0).error.scoreRMS }
    case .labelChange(let limit):
      bits = try search.bits(limit: limit, guess: Self.scoreRMSPerLabelChange * limit) {
        try measure($0).error.labelChange
      }
    case .meanIoUDrop(let limit):
      bits = try search.bits(limit: limit, guess: Self.scoreRMSPerMeanIoUDrop * limit) {
        try meanIoUDrop(measure($0))
      }
    }
    guard let bits else { throw try notReached(budget) }
    return bits
  }

  /// The fault of a budget that no measurement met.
  private func notReached(_ budget: QuantizationBudget) throws -> UsageError {
    if case .meanIoUDrop = budget, let least = try measured.values.map(meanIoUDrop).min() {
      return UsageError(
        .meanIoUNotReached(drop: least, pictureCount: reference.sourceMeasurement.pictures.count))
    }
    let nearest = measured.values.map(\.error).min { $0.scoreRMS < $1.scoreRMS }
    return UsageError(
      nearest.map { .budgetNotReached(labelChange: $0.labelChange, scoreRMS: $0.scoreRMS) }
        ?? .budgetNotMeasured)
  }

  /// The source's mIoU less the encoded model's.
  private func meanIoUDrop(_ measurement: OutputMeasurement) throws -> Double {
    guard let before = reference.source.meanIoU, let after = measurement.error.meanIoU else {
      throw UsageError(.budgetWithoutGroundTruth)
    }
    return before - after
  }

  /// A first guess of the relative RMS error of the scores for a share of changed labels; the search measures the share.
  private static let scoreRMSPerLabelChange = 4.0
  /// The same for a drop of mIoU: about half of the labels that change were right before and count in two classes.
  private static let scoreRMSPerMeanIoUDrop = 4.0

  private func encode(_ bits: [Double]) throws -> [PackedTensor] {
    if let last, last.bits == bits { return last.packed }
    let rules =
      zip(search.items, bits).flatMap { item, bits in
        item.tensors.map { (tensor: $0, rule: item.rule(for: $0, bits: bits)) }
      } + fixed
    let coded = try task.quantizer.coded(
      rules, layerCalibrations, progress: task.reportingElements(of: task.tensors))
    let packed = try task.packed(
      Dictionary(uniqueKeysWithValues: zip(rules, coded).map { ($0.0.tensor.name, $0.1) }))
    last = (bits, packed)
    return packed
  }

  private func measure(_ bits: [Double]) throws -> OutputMeasurement {
    let measurement = try reference.measurement(
      of: PackedWeights(task.weights, encode(bits)), progress: task.progress)
    measured[bits] = measurement
    return measurement
  }

  /// How sure the drop of mIoU is, where that is the budget.
  private func notes(_ budget: QuantizationBudget, _ measurement: OutputMeasurement) throws -> [String] {
    guard case .meanIoUDrop(let limit) = budget else { return [] }
    return [
      try MeanIoUDrop(
        from: reference.sourceMeasurement, to: measurement, classCount: task.classes.classes.count,
        isHeldOut: task.calibration.isHeldOut
      ).text(limit: limit)
    ]
  }

  /// The importance and the share of the output error of each tensor that was searched alone.
  private func shares(_ bits: [Double]) -> [String: (importance: Double, errorShare: Double)] {
    let errors = search.errors(with: bits)
    let total = max(errors.reduce(0, +), .leastNormalMagnitude)
    let importances = search.items.map { $0.squaredError > 0 ? $0.sensitivity / $0.squaredError : 0 }
    let largest = max(importances.max() ?? 0, .leastNormalMagnitude)
    var result: [String: (importance: Double, errorShare: Double)] = [:]
    for (index, item) in search.items.enumerated() where item.tensors.count == 1 {
      result[item.tensors[0].name] = (importances[index] / largest, errors[index] / total)
    }
    return result
  }
}

extension BudgetedTensors {
  /// The rule of a tensor at a number of bits.
  fileprivate func rule(for tensor: ModelTensor, bits: Double) -> CodecRule {
    let reason: FloatReason? = isFloat ? (tensor.shape.count == 1 ? .role : .small) : nil
    return CodecRule(choice: BudgetSearch.form(bits).codecChoice, floatReason: reason)
  }
}
