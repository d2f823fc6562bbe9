// Quantization with calibration.

package import SedgeArchitecture
import SedgeContainer
package import SedgeFolding
import SedgeQuantization
package import SedgeTensor
package import SedgeTokenizer

/// Encodes a model with calibration, by fixed rules or for a budget.
package final class CalibratedQuantization {
  private let task: QuantizationTask
  private var budgeted: BudgetedQuantization?

  /// Loads a model.
  ///
  /// - Parameters:
  ///   - source: The model before folding, which outputs are compared with.
  ///   - model: The model to encode.
  ///   - tensors: The tensors of it that the file will have.
  package init(
    _ source: SourceModel, _ settings: CompressionSettings, classes: ClassList, _ model: FoldedModel,
    tensors: [ModelTensor], progress: @escaping (WorkProgress) throws -> Void
  ) throws {
    task = try QuantizationTask(
      source, settings, classes: classes, model, tensors: tensors, progress: progress)
  }

  /// Encodes every tensor by its rule, or with the bits that the budget allows.
  ///
  /// - Parameter reserve: Bytes of the file besides tensors, where the budget is a size.
  /// - Throws: ``UsageError`` where the budget cannot be met.
  package func run(reserve: Int) throws -> QuantizationResult {
    guard let budget = task.settings.budget else { return try runFixed() }
    let budgeted = try self.budgeted ?? BudgetedQuantization(task)
    self.budgeted = budgeted
    return try budgeted.run(budget, reserve: reserve)
  }

  private func runFixed() throws -> QuantizationResult {
    let rules = task.tensors.map { (tensor: $0, rule: task.settings.rule(for: $0)) }
    let ruleByName = Dictionary(uniqueKeysWithValues: rules.map { ($0.tensor.name, $0) })
    let layers = Set(rules.filter { $0.rule.choice.identifier == .trellis }.map(\.tensor.name))
    var coded: [String: ModelQuantizer.Coded] = [:]
    try task.calibrate(layers) { [task] calibrated in
      let batch = calibrated.compactMap { ruleByName[$0.name] }
      let results = try task.quantizer.coded(
        batch, Dictionary(uniqueKeysWithValues: calibrated.map { ($0.name, $0.calibration) }))
      for (item, result) in zip(batch, results) { coded[item.tensor.name] = result }
    }
    let rest = rules.filter { coded[$0.tensor.name] == nil }
    let results = try task.quantizer.coded(
      rest, [:], progress: task.reportingElements(of: rest.map(\.tensor)))
    for (item, result) in zip(rest, results) { coded[item.tensor.name] = result }
    let packed = try task.packed(coded)
    let error = try task.measurementReference().error(
      of: PackedWeights(task.weights, packed), progress: task.progress)
    return QuantizationResult(packed: packed, record: task.record(error), notes: task.notes)
  }
}
