// Rounding that compensates errors, as the trellis encoder calls it.

/// Compensates the error of each column in the columns that are rounded after it.
package protocol ErrorCompensation: Sendable {
  /// The squared error of the output for a squared error of 1 in each column, after later columns have compensated it.
  var columnImportances: [Double] { get }

  /// Rounds a matrix column by column, in any order.
  ///
  /// - Parameters:
  ///   - weights: rows x columns, row-major.
  ///   - round: Gets a column and its target, and replaces the target by the values that a decoder will return.
  /// - Returns: The rounded matrix.
  @discardableResult
  func round(_ weights: [Float], rows: Int, round: (_ column: Int, _ target: inout [Float]) -> Void)
    -> [Float]
}
