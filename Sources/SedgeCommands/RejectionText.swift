// Early rejection in the report of verify.

import SedgeTensor
import SedgeVerification

/// The classes that early rejection kept on one side alone, how close that was, and what became of the labels.
struct RejectionText {
  /// The runs with early rejection, by name.
  private let runs: [(name: String, rejection: RejectionComparison)]

  init(_ report: VerificationReport) {
    runs = report.runs.compactMap { run in run.rejection.map { (run.name, $0) } }
  }

  /// The lines; none where no run rejects classes.
  ///
  /// - Parameter count: The most decisions that are listed.
  func lines(count: Int) -> [String] {
    guard !runs.isEmpty else { return [] }
    let rejections = runs.map(\.rejection)
    let total = rejections.reduce(0) { $0 + $1.candidateCount }
    let rows = rows
    guard !rows.isEmpty else {
      return [
        "",
        "early rejection: \(countText(total)) decisions about classes, the same on both sides",
      ]
    }
    let within = rejections.reduce(0) { $0 + $1.withinErrorCount }
    var lines = [
      "",
      "early rejection: \(rows.count) of \(countText(total)) decisions differ\(coinTossText(rows.count, within))",
    ]
    lines += WrappedText.lines("  \(verdict)", indent: 2)
    // A summary has only what is no chance or has changed the result.
    let shown = count == .max ? rows[...] : rows.filter { !$0.isHarmless }.prefix(Self.summaryCount)
    guard !shown.isEmpty else { return lines }
    var table = TextTable([
      ("run", .left), ("stage", .right), ("class", .left), ("kept by", .left), ("over error", .right),
      ("labels", .right),
    ])
    for row in shown { table.add(row.cells) }
    lines += table.lines(width: WrappedText.width)
    if shown.count < rows.count { lines.append("and \(rows.count - shown.count) more (--verbose)") }
    return lines
  }

  /// The most decisions of a summary.
  private static let summaryCount = 3

  private func coinTossText(_ count: Int, _ within: Int) -> String {
    let isKnown = runs.contains { $0.rejection.decisions.contains { $0.isWithinError != nil } }
    guard isKnown else { return "" }
    if within == count { return count == 1 ? ", a coin toss" : ", all of them coin tosses" }
    return within == 0 ? ", none by a coin toss" : ", \(within) of them coin tosses"
  }

  /// How close the decisions were, and what became of the labels.
  private var verdict: String {
    let errors = runs.flatMap { $0.rejection.stages.compactMap(\.relativeScoreError) }
    let changed = runs.compactMap { run in run.rejection.changedLabels.map { (run.name, $0) } }
    let parts = [
      errors.max().map {
        "a coin toss is nearer than the error of the heads' scores, here at most \(percentText($0, digits: 1))"
      },
      changed.max { $0.1 < $1.1 }.map {
        $0.1 == 0
          ? "no label is of a class that one side alone kept"
          : "labels of classes that one side alone kept: at most \(percentText($0.1, digits: 3)), \($0.0)"
      },
    ].compactMap(\.self)
    return parts.isEmpty ? "scores and labels were not recorded" : parts.joined(separator: "; ")
  }

  private struct Row {
    var cells: [String]
    var labels: Double
    var closeness: Double
    /// Whether it was a coin toss that changed no label.
    var isHarmless: Bool { labels == 0 && closeness <= 1 }
  }

  /// The decisions that differ: first those that changed most labels, then those that were least close.
  private var rows: [Row] {
    let rows = runs.flatMap { run in
      run.rejection.stages.flatMap { stage in
        stage.decisions.map { decision in
          Row(
            cells: [
              run.name, "\(stage.index)", decision.className ?? "\(decision.classIndex)",
              decision.isKeptByReference ? "reference" : "model",
              decision.closeness.map { decimalText($0, digits: 2) } ?? "-",
              decision.changedLabels.map { percentText($0, digits: 3) } ?? "-",
            ], labels: decision.changedLabels ?? 0, closeness: decision.closeness ?? .infinity)
        }
      }
    }
    return rows.sorted { ($1.labels, $1.closeness) < ($0.labels, $0.closeness) }
  }
}
