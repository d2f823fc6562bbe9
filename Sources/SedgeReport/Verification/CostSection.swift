// What the stored weights of layers cost the result.

/// The ranking of layers by what they cost, and the suggestions.
struct CostSection {
  private let facts: VerificationFacts
  private var costs: LayerCosts { facts.costs }

  init(_ facts: VerificationFacts) { self.facts = facts }

  var section: PageSection? {
    guard !costs.layers.isEmpty else { return nil }
    let summary =
      (costs.whole.labels.map { "All layers together change \(Number.percent($0)) of the labels" } ?? "Costs")
      + " on \(Number.count(costs.pictureCount, "picture")) with \(Number.count(costs.classCount, "class", "classes")), "
      + "all kept. A layer's part in it: the labels that change where it alone is as stored, and how many fewer would "
      + "change where it alone is as in the source."
    return PageSection(id: "costs", title: "Costs", summary: summary) { page in
      writeSuggestions(to: &page)
      table.write(to: &page)
      page.element("p", ["class": "note"], text: note)
    }
  }

  private var note: String {
    var sentences: [String] = []
    let error = costs.estimateError
    if costs.layers.contains(where: \.isEstimated) {
      sentences.append("≈ is an estimate.")
      if let count = error["layers"].integer, let median = error["median"].number {
        sentences.append(
          "Scores of the \(Number.count(count, "layer")) with the largest estimates, which were measured, too: off by "
            + "\(Number.percent(median, decimals: 0)) in the median. Labels, and small layers, are less certain."
        )
      }
    }
    let whole = costs.whole.labels ?? .infinity
    if costs.layers.contains(where: { ($0.restored.labels ?? 0) > whole }) {
      sentences.append("Below 0, more labels change without the layer's errors: errors of layers can cancel.")
    }
    if costs.layers.contains(where: { ModelPlan.place(of: $0.name).unit == "rejection" }) {
      sentences.append("Rejection heads cost nothing here, for all classes are kept.")
    }
    return sentences.joined(separator: " ")
  }

  private func writeSuggestions(to page: inout HTMLWriter) {
    guard !costs.steps.isEmpty else { return }
    page.element("h3", text: "More bits where they help")
    DataTable(
      caption: "Suggested options of convert",
      columns: [
        .init("tensor", .text), .init("format", .text), .init("bytes, with all above"),
        .init("labels changed, with all above", .number, "estimated"),
      ],
      rows: costs.steps.map { step in
        DataTable.Row([
          .name(step.name), .init(step.form),
          .init(step.bytes) { ($0 < 0 ? "−" : "+") + Number.bytes(abs($0)) },
          .init(step.labels) { "≈ " + Number.percent($0) },
        ])
      }, isSortable: false
    ).write(to: &page)
    CommandBlock(lines: Shell.continued(costs.steps.map(\.option)), label: "The options of convert").write(
      to: &page)
    if let plan = costs.plan {
      page.element(
        "p", ["class": "note"],
        text: "A plan for all tensors instead\(plan.path.map { ", \($0)," } ?? "") makes a file of "
          + "\(Number.bytes(plan.fileBytes)), which changes \(plan.isExact ? "" : "about ")\(Number.percent(plan.labels)) "
          + "of the labels, as \(plan.isExact ? "measured" : "estimated") on these pictures.")
    }
    page.element("h3", text: "Every layer")
  }

  private var table: DataTable {
    let largest = costs.layers.compactMap(\.alone.labels).filter(\.isFinite).max() ?? 0
    let less = { (whole: Double?, restored: Double?) in
      whole.flatMap { whole in restored.map { whole - $0 } }
    }
    return DataTable(
      caption: "Costs of layers",
      columns: [
        .init("layer", .text), .init("layer's bytes", .number, "of its weights and its bias"),
        .init("labels, alone", .number, "labels that change where only this layer is as stored"),
        .init(
          "labels, less if restored", .number,
          "fewer labels that change where only this layer is as in the source"),
        .init("scores, alone", .number, "relative RMS"),
        .init("scores, less if restored", .number, "relative RMS"),
      ],
      rows: costs.layers.map { layer in
        let mark = layer.isEstimated ? "≈ " : ""
        return DataTable.Row([
          .init(className: "name") { page in
            page.element("a", ["href": facts.anchor(of: layer.name)]) { $0.longName(layer.name) }
          },
          .init(layer.bytes) { Number.count($0) },
          .heat(layer.alone.labels, of: largest) { mark + Number.percent($0) },
          .init(less(costs.whole.labels, layer.restored.labels)) { mark + Number.percent($0) },
          .init(layer.alone.scores) { mark + Number.short($0) },
          .init(less(costs.whole.scores, layer.restored.scores)) { mark + Number.short($0) },
        ])
      })
  }
}
