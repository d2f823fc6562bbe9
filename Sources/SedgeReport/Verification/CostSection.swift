// What the stored weights of layers cost the result.

/// The ranking of layers by what they cost, and the suggestions.
struct CostSection {
  private let facts: VerificationFacts
  private var costs: JSONValue { facts.value["costs"] }

  init(_ facts: VerificationFacts) { self.facts = facts }

  var section: PageSection? {
    let layers = costs["layers"].elements.filter { $0["name"].text != nil }
    guard !layers.isEmpty else { return nil }
    let whole = costs["whole"]["labels"].number
    let summary =
      (whole.map { "All layers together change \(Number.percent($0)) of the labels. " } ?? "")
      + "The share of labels that change with one layer's weights alone, and that would still change with this layer restored."
    return PageSection(id: "costs", title: "Costs", summary: summary) { page in
      writeSuggestions(to: &page)
      table(of: layers).write(to: &page)
      let error = costs["estimate_error"]
      if let median = error["median"].number, let largest = error["largest"].number {
        page.element(
          "p", ["class": "note"],
          text: "Estimated figures are marked ≈. Where runs measured them, too, estimates were off by "
            + "\(Number.percent(median, decimals: 0)) in the median and \(Number.percent(largest, decimals: 0)) at most"
            + (error["rank_correlation"].number.map { "; rank correlation \(Number.fixed($0, decimals: 2))." }
              ?? ".")
        )
      }
    }
  }

  private func writeSuggestions(to page: inout HTMLWriter) {
    let suggestions = costs["suggestions"].elements.filter { $0["option"].text != nil }
    guard !suggestions.isEmpty else { return }
    page.element("h3", text: "More bits where they help")
    DataTable(
      caption: "Suggested options of convert",
      columns: [
        .init("option", .text), .init("adds", .number, "bytes of the file"),
        .init("labels that change then", .number, "with this option and those above it"),
      ],
      rows: suggestions.map { suggestion in
        DataTable.Row([
          .init(className: "code") { $0.element("code", text: suggestion["option"].text ?? "") },
          .init(suggestion["added_bytes"].number) { Number.bytes($0) },
          .init(suggestion["expected"]["labels"].number, Number.percent),
        ])
      }, isSortable: false
    ).write(to: &page)
    let plan = costs["plan"]
    if let bytes = plan["file_bytes"].integer, let labels = plan["measured"]["labels"].number {
      page.element(
        "p", ["class": "note"],
        text:
          "A plan for all tensors instead (--suggest) makes a file of \(Number.bytes(bytes)), which changes "
          + "\(Number.percent(labels)) of the labels, as measured on these pictures.")
    }
    page.element("h3", text: "Every layer")
  }

  private func table(of layers: [JSONValue]) -> DataTable {
    let largest = layers.compactMap { $0["if_alone"]["labels"].number }.filter(\.isFinite).max() ?? 0
    return DataTable(
      caption: "Costs of layers",
      columns: [
        .init("layer", .text), .init("bytes"),
        .init("alone", .number, "labels that change where only this layer is as stored"),
        .init("restored", .number, "labels that still change where only this layer is as in the source"),
        .init("scores, alone", .number, "relative RMS"), .init("scores, restored", .number, "relative RMS"),
      ],
      rows: layers.map { layer in
        let mark = layer["is_exact"].boolean == false ? "≈ " : ""
        let (alone, restored) = (layer["if_alone"], layer["if_restored"])
        return DataTable.Row([
          .init(className: "name") { page in
            let name = layer["name"].text ?? ""
            page.element("a", ["href": facts.anchor(of: name)]) { $0.name(name) }
          },
          .init(layer["bytes"].number) { Number.count($0) },
          .heat(alone["labels"].number, of: largest) { mark + Number.percent($0) },
          .init(restored["labels"].number) { mark + Number.percent($0) },
          .init(alone["scores"].number) { mark + Number.short($0) },
          .init(restored["scores"].number) { mark + Number.short($0) },
        ])
      })
  }
}
