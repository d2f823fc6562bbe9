// Compensation for the trellis encoder.

package import SedgeCalibration
import SedgeQuantization

extension Compensation: ErrorCompensation {
  /// The squared error of the output for a squared error of 1 in each column.
  package var columnImportances: [Double] { diagonal.map(Double.init) }

  /// Rounds on one thread: tensors are encoded in parallel.
  package func round(
    _ weights: [Float], rows: Int, round: (_ column: Int, _ target: inout [Float]) -> Void
  ) -> [Float] {
    self.round(weights, rows: rows, threads: 1) { column, target in round(column, &target) }
  }
}
