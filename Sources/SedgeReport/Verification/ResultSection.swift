// Labels, scores and intermediate results of every run.

/// The runs of a verification.
struct ResultSection {
  private let comparisons: [VerificationFacts]

  init(_ comparisons: [VerificationFacts]) { self.comparisons = comparisons.filter { !$0.runs.isEmpty } }

  var section: PageSection? {
    guard !comparisons.isEmpty else { return nil }
    return PageSection(
      id: "results", title: "Results",
      summary: "Labels and scores of every run, then intermediate results in the order of the computation."
    ) { page in
      for comparison in comparisons {
        if comparisons.count > 1 {
          page.element("h3") { page in
            page.text("against ")
            page.name(comparison.reference.fileName)
          }
        }
        outputs(of: comparison).write(to: &page)
        intermediate(of: comparison)?.write(to: &page)
      }
    }
  }

  private func outputs(of comparison: VerificationFacts) -> DataTable {
    let hasKept = comparison.runs.contains { !$0.kept.isEmpty }
    let columns: [DataTable.Column] =
      [
        .init("run", .text), .init("other labels", .number, "pixels with another label than the source's"),
        .init("worse", .number, "pixels whose label has a score that is lower by more than the margin"),
        .init("error of scores", .number, "relative RMS"),
        .init("largest", .number, "the largest difference of a score"),
      ] + (hasKept ? [.init("classes kept by both", .text, "at each stage of early rejection")] : [])
    let rows = comparison.runs.map { run in
      DataTable.Row(
        [
          .name(run.name), .init(run.equal.map { 1 - $0 }, Number.percent),
          .init(run.within.map { 1 - $0 }, Number.percent), .init(run.scores, Number.short),
          .init(run.largestScore, Number.short),
        ]
          + (hasKept
            ? [.init(run.kept.map { Number.percent($0, decimals: 0) }.joined(separator: ", "))] : []))
    }
    return DataTable(caption: "Labels and scores of every run", columns: columns, rows: rows)
  }

  /// Relative RMS errors: a row for each intermediate result, a column for each run.
  private func intermediate(of comparison: VerificationFacts) -> DataTable? {
    var names: [String] = []
    for run in comparison.runs {
      for result in run.results where !names.contains(result.name) { names.append(result.name) }
    }
    guard !names.isEmpty else { return nil }
    // More columns than these say no more, and the page stays small.
    let runs = comparison.runs.prefix(24)
    let largest = runs.flatMap(\.results).compactMap(\.error).filter(\.isFinite).max() ?? 0
    let rows = names.map { name in
      DataTable.Row(
        [.name(name)]
          + runs.map { run in
            guard let found = run.results.first(where: { $0.name == name }) else { return .init("") }
            return found.error == nil
              ? .init("other classes")
              : .heat(found.error, of: largest) { $0 == 0 ? "exact" : Number.short($0) }
          })
    }
    return DataTable(
      caption: "Relative RMS errors of intermediate results",
      columns: [.init("intermediate result", .text)] + runs.map { .init($0.name) }, rows: rows,
      isSortable: false)
  }
}
