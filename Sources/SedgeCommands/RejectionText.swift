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
    var lines = ["", "early rejection: \(rows.count) of \(countText(total)) decisions differ"]
    lines += WrappedText.lines("  \(verdict(count: rows.count, within: within))", indent: 2)
    var table = TextTable([
      ("run", .left), ("stage", .right), ("class", .left), ("kept by", .left), ("over error", .right),
      ("labels", .right),
    ])
    for row in rows.prefix(count) { table.add(row.cells) }
    lines += table.lines(width: WrappedText.width)
    if rows.count > count { lines.append("and \(rows.count - count) more (--verbose)") }
    return lines
  }

  /// What the decisions mean.
  private func verdict(count: Int, within: Int) -> String {
    let decisions = runs.flatMap { $0.rejection.decisions }
    let known = decisions.count { $0.isWithinError != nil }
    let closeness =
      known == 0
      ? "how close they were is not recorded"
      : within == count
        ? "all were nearer than the error of the scores: coin tosses"
        : "\(within) of them nearer than the error of the scores: coin tosses"
    let errors = runs.flatMap { $0.rejection.stages.compactMap(\.relativeScoreError) }
    let error = errors.max().map { ", which is at most \(percentText($0, digits: 1))" } ?? ""
    let changed = runs.compactMap { run in run.rejection.changedLabels.map { (run.name, $0) } }
    let labels =
      changed.max { $0.1 < $1.1 }.map {
        $0.1 == 0
          ? "; no label is of a class that one side rejected"
          : "; labels changed for it: at most \(percentText($0.1, digits: 3)), \($0.0)"
      } ?? ""
    return closeness + error + labels
  }

  private struct Row {
    var cells: [String]
    var labels: Double
    var closeness: Double
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
            ], labels: decision.changedLabels ?? 0, closeness: decision.closeness ?? 0)
        }
      }
    }
    return rows.sorted { ($1.labels, $1.closeness) < ($0.labels, $0.closeness) }
  }
}
