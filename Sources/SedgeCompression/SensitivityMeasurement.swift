// The effect of each tensor's errors on the output.

import SedgeArchitecture
import SedgeContainer
import SedgePlatform
import SedgeQuantization
import SedgeRunner
import SedgeTensor

/// Measures the output error that single tensors cause, on a few calibration pictures.
final class SensitivityMeasurement {
  private let task: QuantizationTask
  /// The model that is run: at half the resolution where that is high, in a quarter of the time.
  private let source: SourceModel
  /// The output of the unquantized model.
  private let reference: OutputReference

  /// The pictures that sensitivities are measured on.
  private static let pictureCount = 4
  /// Resolutions from here on are halved.
  private static let highResolution = 512

  init(_ task: QuantizationTask) throws {
    let resolution = task.source.preprocessing.resolution
    self.task = task
    source =
      resolution < Self.highResolution ? task.source : task.source.atResolution(resolution / 64 * 32)
    reference = try OutputReference(
      source, pictures: Array(task.calibration.calibrationPictures.prefix(Self.pictureCount)),
      classes: task.classes, progress: task.progress)
  }

  /// The sensitivity of each of some tensors, encoded in ``BudgetSearch/referenceBits``.
  func sensitivities(
    of chosen: [ModelTensor], _ calibrations: [String: LayerCalibration]
  ) throws -> [BudgetedTensors] {
    let (weights, compute) = (task.weights, Compute())
    let rule = CodecRule(choice: .trellis(.bits(BudgetSearch.referenceBits)))
    let coded = try task.quantizer.coded(chosen.map { (tensor: $0, rule: rule) }, calibrations)
    let model = try source.model(weights, compute: compute)
    var result: [BudgetedTensors] = []
    for (index, (tensor, coded)) in zip(chosen, coded).enumerated() {
      try task.progress(.measuringSensitivity(Double(index) / Double(chosen.count)))
      let changed = OverlaidWeights(weights, try task.decoded(coded))
      let error: OutputError
      if ModelPart(ofTensor: tensor.name) == .text {
        let features = try task.source.textFeatures(of: task.classes, by: changed, compute: compute) {
          _, _ in
        }
        error = try reference.error(of: model, textFeatures: features)
      } else {
        error = try reference.error(of: changed, textFeatures: task.textFeatures)
      }
      let values = try weights.values(of: tensor)
      let (rows, columns) = tensor.matrix(for: .trellis)
      let energy = values.values.reduce(0.0) { $0 + Double($1) * Double($1) }
      result.append(
        BudgetedTensors(
          tensors: [tensor], weightCount: values.keptRowCount(rows: rows) * columns,
          sensitivity: error.scoreRMS * error.scoreRMS,
          squaredError: energy * coded.packed.error.relativeRMS * coded.packed.error.relativeRMS))
    }
    return result
  }

  /// The sensitivity of small tensors together, stored as float16.
  func sensitivity(of floats: [ModelTensor]) throws -> BudgetedTensors {
    let coded = try task.quantizer.coded(
      floats.map { (tensor: $0, rule: CodecRule(choice: .f16Planes)) }, [:])
    let error = try reference.error(of: PackedWeights(task.weights, coded.map(\.packed)))
    return BudgetedTensors(
      tensors: floats, isFloat: true, weightCount: floats.reduce(0) { $0 + $1.elementCount },
      sensitivity: error.scoreRMS * error.scoreRMS
        * exp2(2 * (BudgetSearch.float16Bits - BudgetSearch.referenceBits)), squaredError: 0)
  }
}
