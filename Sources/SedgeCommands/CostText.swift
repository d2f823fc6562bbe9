// The costs of layers in the report of verify.

import SedgeTensor
import SedgeVerification

/// What layers cost the result, and what to do about it.
struct CostText {
  private let costs: ResultCosts
  private let planRequest: PlanRequest?

  /// Takes costs, and what became of the request for a plan where there was one.
  init(_ costs: ResultCosts, _ planRequest: PlanRequest?) {
    (self.costs, self.planRequest) = (costs, planRequest)
  }

  /// The most suggestions of a summary.
  private static let suggestionCount = 4

  /// The lines.
  ///
  /// - Parameter count: The most layers that are listed.
  func lines(count: Int) -> [String] {
    let whole = costs.whole
    let expensive = costs.layers.count { $0.ifAlone.change.scores > 0 }
    var lines = [
      "",
      "the weights cost \(labelText(whole.labels)) of the labels; scores are off by "
        + "\(percentText(whole.scores, digits: 2))",
      "  on \(counted(costs.pictureCount, "picture")) with \(counted(costs.classCount, "class", "classes")), all kept; "
        + "\(expensive) of \(costs.layers.count) layers cost something",
    ]
    guard expensive > 0 else { return lines }
    var table = TextTable([
      ("layer", .left), ("bytes", .right), ("labels alone", .right), ("scores alone", .right),
      ("labels without", .right),
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
    lines += WrappedText.lines(
      "  alone: what changes with this layer as stored, all others as in the source; without: what is left with this "
        + "layer as in the source; ~ is an estimate", indent: 2)
    for (what, error) in [("alone", costs.aloneError), ("without", costs.restoredError)] {
      guard let error else { continue }
      lines += WrappedText.lines(
        "  of \(counted(error.count, "layer")) that \(error.count == 1 ? "was" : "were") run, the estimated scores \(what) "
          + "are off by \(percentText(error.median, digits: 0)) in the median, at most "
          + "\(percentText(error.largest, digits: 0))",
        indent: 2)
    }
    return lines + suggestions(isWhole: count == .max) + plan
  }

  private func suggestions(isWhole: Bool) -> [String] {
    guard !costs.suggestions.isEmpty else { return [] }
    let shown = isWhole ? costs.suggestions[...] : costs.suggestions.prefix(Self.suggestionCount)
    var lines =
      [""]
      + WrappedText.lines(
        "to change fewer labels, the most for a byte first; labels and bytes are estimates, with all above:",
        indent: 2)
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
    guard let planRequest else {
      guard !costs.suggestions.isEmpty else { return [] }
      return [""]
        + WrappedText.lines(
          "next     --suggest plan.json writes a plan for all tensors: a better file of the same size",
          indent: 9)
    }
    guard let plan = costs.plan else { return [] }
    var lines =
      ["", "plan     \(counted(plan.forms.count, "tensor")) in other formats, in \(planRequest.path)"]
      + [
        "         now      \(bytesText(planRequest.fileByteCount)), \(labelText(costs.whole.labels)) of the labels"
      ]
    let worst = "worst picture \(labelText(plan.worstLabels))"
    if plan.isExact {
      lines.append(
        "         planned  \(bytesText(plan.byteCount)), \(labelText(plan.measured.labels)) of the labels, \(worst)"
      )
      lines += WrappedText.lines(
        "         measured with the weights that convert makes of it, on the same pictures", indent: 9)
    } else {
      lines.append(
        "         planned  \(bytesText(plan.byteCount)), about \(labelText(plan.expected.labels)) of the labels"
      )
      lines += WrappedText.lines(
        "         an estimate for the same calibration, which is not repeated here; measured without it on the "
          + "same pictures: \(labelText(plan.measured.labels)), \(worst)", indent: 9)
    }
    return lines + planRequest.command.lines(label: "next     ", width: WrappedText.width)
      + planRequest.command.remarks.flatMap { WrappedText.lines("         \($0)", indent: 9) }
  }

  private func labelText(_ share: Double) -> String { percentText(share, digits: 3) }
}
