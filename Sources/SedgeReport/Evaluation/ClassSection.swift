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
    let names = first.value["classes"].elements.prefix(TensorRow.maximumCount).compactMap { $0["name"].text }
    guard !names.isEmpty else { return nil }
    let hasDifference = models.count == 2
    return PageSection(
      id: "classes", title: "Classes",
      summary: "IoU in percent, with intervals where enough pictures show a class."
    ) { page in
      DataTable(
        caption: "IoU of every class",
        columns: [.init("class", .text), .init("pixels", .number, "in the truth")]
          + models.map { .init($0.name) }
          + (hasDifference ? [.init("difference")] : []) + [
            .init("accuracy", .number, "of \(models[models.startIndex].name)"),
            .init("boundary", .number, "boundary IoU of \(models[models.startIndex].name)"),
          ],
        rows: names.map { name in
          let found = tables.map { $0[name] ?? .null }
          let ious = found.map { Estimate($0["iou"].number, interval: $0["iou_interval"]) }
          let cells = ious.map { iou in
            DataTable.Cell(iou?.value) { _ in iou?.percentText ?? "" }
          }
          var row: [DataTable.Cell] = [.name(name), .init(found.first?["pixels"].number, Number.count)]
          row += cells
          if hasDifference {
            let difference = ious[0].flatMap { first in ious[1].map { $0.value - first.value } }
            row.append(.init(difference) { ($0 > 0 ? "+" : "") + Number.fixed(100 * $0, decimals: 2) })
          }
          row.append(.init(found.first?["accuracy"].number) { Number.fixed(100 * $0, decimals: 2) })
          row.append(.init(found.first?["boundary_iou"].number) { Number.fixed(100 * $0, decimals: 2) })
          return DataTable.Row(row)
        }, searchFor: "classes"
      ).write(to: &page)
    }
  }
}
