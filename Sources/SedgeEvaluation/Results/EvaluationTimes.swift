// The time that models take for a picture.

/// The time of the forward passes of one model.
package struct EvaluationTimes: Hashable, Sendable, Codable {
  /// Pictures with a time.
  package var pictures: Int
  /// Seconds a picture: the median.
  package var median: Double
  /// Seconds a picture: the 95th percentile.
  package var percentile95: Double
  /// Pictures a second: their number over the sum of the times.
  package var picturesPerSecond: Double

  /// Summarizes times in microseconds; `nil` where there is none.
  package init?(microseconds: [Int32]) {
    guard !microseconds.isEmpty else { return nil }
    let sorted = microseconds.sorted()
    let total = sorted.reduce(0) { $0 + Int($1) }
    pictures = sorted.count
    median = Double(sorted[(sorted.count - 1) / 2]) / 1e6
    percentile95 = Double(sorted[(sorted.count * 95 + 99) / 100 - 1]) / 1e6
    picturesPerSecond = Double(sorted.count) / (Double(max(total, 1)) / 1e6)
  }

  /// The times of each model of a set of rows.
  package static func times(of rows: RowSet) throws -> [EvaluationTimes?] {
    var microseconds = [[Int32]](repeating: [], count: rows.plan.models.count)
    try rows.forEach { row in
      for (model, value) in row.microseconds.enumerated() where model < microseconds.count {
        microseconds[model].append(Int32(clamping: value))
      }
    }
    return microseconds.map { EvaluationTimes(microseconds: $0) }
  }
}
