// The costs of layers in the report of verify.

import SedgeTensor
import SedgeVerification

/// What layers cost the result, and what to do about it.
struct CostText {
  private let costs: ResultCosts

  init(_ costs: ResultCosts) { self.costs = costs }

  /// The most suggestions of a summary.
  private static let suggestionCount = 4

  /// The lines.
  ///
  /// - Parameter count: The most layers that are listed.
  func lines(count: Int) -> [String] {
    let whole = costs.whole
    let expensive = costs.layers.count { $0.ifAlone.change.scores > 0 }
    let pictures = "\(costs.pictureCount) picture\(costs.pictureCount == 1 ? "" : "s")"
    var lines = [
      "",
      "the weights cost \(labelText(whole.labels)) of the labels; scores are off by "
        + "\(percentText(whole.scores, digits: 2))",
      "  on \(pictures) with \(costs.classCount) classes, all kept; \(expensive) of "
        + "\(costs.layers.count) layers have a part in it",
    ]
    guard expensive > 0 else { return lines }
    var table = TextTable([
      ("layer", .left), ("bytes", .right), ("alone", .right), ("scores", .right), ("if restored", .right),
    ])
    for layer in costs.layers.prefix(count) {
      let mark = { (figure: LayerCost.Figure, text: String) in figure.exact == nil ? "~" + text : text }
      let (alone, restored) = (layer.ifAlone, layer.ifRestored)
      table.add([
        layer.name, countText(layer.storedByteCount), mark(alone, labelText(alone.change.labels)),
        mark(alone, percentText(alone.change.scores, digits: 2)),
        mark(restored, labelText(restored.change.labels)),
      ])
    }
    lines += table.lines(width: WrappedText.width)
    for (what, error) in [("alone", costs.aloneError), ("restored", costs.restoredError)] {
      guard let error else { continue }
      lines += WrappedText.lines(
        "  scores of \(error.count) layers \(what): estimates are off by \(percentText(error.median, digits: 0)) "
          + "in the median, at most \(percentText(error.largest, digits: 0))", indent: 2)
    }
    return lines + suggestions(isWhole: count == .max) + plan
  }

  private func suggestions(isWhole: Bool) -> [String] {
    guard !costs.suggestions.isEmpty else { return [] }
    let shown = isWhole ? costs.suggestions[...] : costs.suggestions.prefix(Self.suggestionCount)
    var lines = ["", "to change fewer labels, the most for a byte first (estimated):"]
    var byteCount = 0
    for suggestion in shown {
      byteCount += suggestion.addedByteCount
      lines.append("  \(suggestion.option)")
      lines.append(
        "    \(labelText(suggestion.expected.labels)) of the labels, "
          + "\(byteCount < 0 ? "-" : "+")\(bytesText(Int(byteCount.magnitude)))")
    }
    if shown.count < costs.suggestions.count {
      lines.append("and \(costs.suggestions.count - shown.count) more (--verbose)")
    }
    return lines
  }

  private var plan: [String] {
    guard let plan = costs.plan else { return [] }
    let title = "plan     \(plan.forms.count) tensors in other formats: \(bytesText(plan.byteCount)), "
    let worst = "worst picture \(labelText(plan.worstLabels))"
    guard plan.isExact else {
      return ["", title + "about \(labelText(plan.expected.labels)) of the labels"]
        + WrappedText.lines(
          "         an estimate for the same calibration, which is not repeated here; measured without it on the "
            + "same pictures: \(labelText(plan.measured.labels)), \(worst)", indent: 9)
    }
    return ["", title + "\(labelText(plan.measured.labels)) of the labels"]
      + WrappedText.lines(
        "         measured with the weights that convert makes of it, on the same pictures; \(worst)",
        indent: 9)
  }

  private func labelText(_ share: Double) -> String { percentText(share, digits: 3) }
}
