// Label maps whose values are off by one.

extension EvaluationResult.Model {
  /// A number that label maps' values should have been changed by: 1 or -1, with the share of labels that are right then;
  /// `nil` where most labels that are right are right as they are.
  package var labelShift: (offset: Int, share: Double)? {
    let matrix = ConfusionMatrix(rows: confusion)
    let count = matrix.classCount
    var total = 0
    for label in 0..<count { for truth in 0..<count { total += matrix[predicted: label, truth: truth] } }
    let hits = { (offset: Int) in
      (0..<count).reduce(0) { sum, label in
        let truth = label - offset
        return (0..<count).contains(truth) ? sum + matrix[predicted: label, truth: truth] : sum
      }
    }
    guard count > 2, total > 0, let best = [-1, 1].max(by: { hits($0) < hits($1) }) else { return nil }
    let share = Double(hits(best)) / Double(total)
    return share > 0.5 && hits(best) > 2 * hits(0) ? (best, share) : nil
  }
}
