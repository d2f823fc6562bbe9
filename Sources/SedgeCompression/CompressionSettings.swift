// How the weights of a model are stored: one format for all, rules for some, or a budget.

package import SedgeArchitecture
package import SedgeContainer
package import SedgeQuantization

/// The requested storage of a model's weights.
package struct CompressionSettings: Sendable {
  /// The format of all tensors without a rule of their own.
  package var quantization: WeightFormat
  /// Formats of single tensors; the last rule that matches a tensor counts.
  package var tensorRules: [TensorRule]
  /// Formats of single tensors by name; rules take precedence.
  package var plan: QuantizationPlan?
  /// The images for calibration; `nil` for plain rounding.
  package var calibration: CalibrationOptions?
  /// The budget that the bits of each tensor are chosen for.
  package var budget: QuantizationBudget?
  /// Whether payloads are compressed.
  package var storage: StorageMode

  /// Collects the settings.
  package init(
    quantization: WeightFormat, tensorRules: [TensorRule], plan: QuantizationPlan?,
    calibration: CalibrationOptions?, budget: QuantizationBudget?, storage: StorageMode
  ) {
    self.quantization = quantization
    self.tensorRules = tensorRules
    self.plan = plan
    self.calibration = calibration
    self.budget = budget
    self.storage = storage
  }

  /// Whether the model is run to choose its codes.
  package var isCalibrated: Bool { calibration != nil || budget != nil }

  /// The requested format or budget, as recorded in the file.
  package var requestedText: String {
    switch budget {
    case nil: quantization.rawValue
    case .labelChange(let share): "auto --max-label-change \(share)"
    case .scoreRMS(let error): "auto --max-rms \(error)"
    case .meanIoUDrop(let drop): "auto --max-miou-drop \(drop)"
    case .fileSize(let bytes): "auto --max-size \(bytes)"
    }
  }

  /// The rule that a user has given a tensor: the last matching rule, or else the plan's entry.
  package func fixedRule(for tensor: ModelTensor) -> CodecRule? {
    let form =
      tensorRules.last { $0.applies(to: tensor.name) }?.form
      ?? plan?.tensors.first { $0.name == tensor.name }?.form
    return form.map { CodecRule(choice: storage == .raw ? $0.mappedCodecChoice : $0.codecChoice) }
  }

  /// The rule of a tensor.
  package func rule(for tensor: ModelTensor) -> CodecRule {
    fixedRule(for: tensor) ?? CodecRule(for: tensor, requested: quantization, storage: storage)
  }
}
