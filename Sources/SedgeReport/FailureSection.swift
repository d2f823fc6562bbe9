// The pictures of a run that could not be used.

/// A table of names and reasons.
struct FailureSection {
  /// Objects with `picture` and `error`.
  let failures: [JSONValue]

  init(_ value: JSONValue) { failures = value.elements }

  /// The most rows of the table.
  private static let rowCount = 500

  var section: PageSection? {
    guard !failures.isEmpty else { return nil }
    return PageSection(
      id: "failures", title: "Failures",
      summary: "\(Number.count(failures.count, "picture")) could not be used; no figure includes them."
    ) { page in
      DataTable(
        caption: "Pictures that could not be used", columns: [.init("picture", .text), .init("why", .text)],
        rows: failures.prefix(Self.rowCount).map {
          DataTable.Row([.name($0["picture"].text ?? ""), .init($0["error"].text ?? "")])
        }
      ).write(to: &page)
    }
  }
}
