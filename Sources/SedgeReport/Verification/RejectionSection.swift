// Early rejection: the classes that one side kept and the other did not.

/// The decisions of early rejection that differ.
struct RejectionSection {
  private let rejections: [JSONValue]

  init(_ facts: VerificationFacts) { rejections = facts.value["rejections"].elements }

  var section: PageSection? {
    guard !rejections.isEmpty else { return nil }
    let stages = rejections.flatMap { $0["stages"].elements }
    let candidates = stages.reduce(0) { $0 + max($1["candidates"].integer ?? 0, 0) }
    let count = stages.reduce(0) { $0 + $1["decisions"].elements.count }
    return PageSection(
      id: "rejection", title: "Early rejection",
      summary: count == 0
        ? "Both sides kept the same classes in every stage: \(Number.count(candidates, "decision"))."
        : "\(Number.count(count)) of \(Number.count(candidates, "decision")) differ: the class was kept by one side and "
          + "rejected by the other. A closeness of at most 1 is nearer than the scores of both sides are to each other."
    ) { page in
      guard count > 0 else { return }
      DataTable(
        caption: "Decisions of early rejection that differ",
        columns: [
          .init("class", .text), .init("run", .text), .init("stage"), .init("kept by", .text),
          .init("closeness", .number, "distance of the score from the limit, over the error of the scores"),
          .init("labels", .number, "pixels that have another label because of it"),
        ], rows: rejections.flatMap(rows), searchFor: count > 20 ? "classes" : ""
      ).write(to: &page)
    }
  }

  private func rows(of rejection: JSONValue) -> [DataTable.Row] {
    rejection["stages"].elements.flatMap { stage in
      stage["decisions"].elements.map { decision in
        DataTable.Row([
          .name(decision["name"].text ?? "class \(decision["label"].integer ?? 0)"),
          .init(rejection["run"].text ?? ""), .init(stage["stage"].number) { Number.count($0) },
          .init(decision["kept_by"].text == "reference" ? "the source" : "the file"),
          .init(decision["closeness"].number, Number.short),
          .init(decision["changed_labels"].number, Number.percent),
        ])
      }
    }
  }
}
