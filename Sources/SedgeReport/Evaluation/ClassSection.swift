// The figures of every class.

/// A table with a row for each class.
struct ClassSection {
  private let page: EvaluationPage

  init(_ page: EvaluationPage) { self.page = page }

  var section: PageSection? {
    guard let first = page.models.first else { return nil }
    let models = page.models.prefix(6)
    let tables = models.map { model in
      Dictionary(
        model.value["classes"].elements.compactMap { item in item["name"].text.map { ($0, item) } },
        uniquingKeysWith: { first, _ in first })
    }
    let all = first.value["classes"].elements.prefix(TensorRow.maximumCount).compactMap { $0["name"].text }
    guard !all.isEmpty else { return nil }
    // A class that no picture shows and no model sees has no figures.
    let names = all.filter { name in
      tables.contains { table in
        let item = table[name] ?? .null
        return item["pixels"].number ?? 1 > 0 || !item["iou"].isNull
      }
    }
    let absent = all.count - names.count
    let hasDifference = models.count == 2
    let shown = page.comparison?.model ?? first
    let details = shown.value["classes"].elements.reduce(into: [String: JSONValue]()) { found, item in
      if let name = item["name"].text, found[name] == nil { found[name] = item }
    }
    return PageSection(
      id: "classes", title: "Classes",
      summary: "IoU in percent, with intervals where enough pictures show a class."
        + (absent > 0 ? " \(Number.count(absent, "class occurs", "classes occur")) in no picture." : "")
    ) { page in
      DataTable(
        caption: "IoU of every class",
        columns: [.init("class", .text), .init("pixels", .number, "in the truth")]
          + models.map { .init($0.name) }
          + (hasDifference ? [.init("difference")] : []) + [
            .init("accuracy, \(shown.name)"), .init("boundary IoU, \(shown.name)"),
          ],
        rows: names.map { name in
          let found = tables.map { $0[name] ?? .null }
          let ious = found.map { Estimate($0["iou"].number, interval: $0["iou_interval"]) }
          var row: [DataTable.Cell] = [.name(name), .init(found.first?["pixels"].number, Number.count)]
          row += ious.map { .estimate($0) }
          if hasDifference {
            let difference = ious[0].flatMap { first in ious[1].map { $0.value - first.value } }
            row.append(.init(difference) { ($0 > 0 ? "+" : "") + Number.fixed(100 * $0, decimals: 2) })
          }
          row.append(.init(details[name]?["accuracy"].number) { Number.fixed(100 * $0, decimals: 2) })
          row.append(.init(details[name]?["boundary_iou"].number) { Number.fixed(100 * $0, decimals: 2) })
          return DataTable.Row(row)
        }, searchFor: "classes"
      ).write(to: &page)
    }
  }
}
