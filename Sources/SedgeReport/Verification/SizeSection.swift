// Sizes of layers against their errors.

internal import SedgePlot
internal import SedgeTensor

/// A chart with a point for each layer: its bytes, and the error that arises in it.
struct SizeSection {
  /// The layers that are named in the chart, those with the largest errors.
  private static let namedCount = 8

  private let facts: VerificationFacts

  init(_ facts: VerificationFacts) { self.facts = facts }

  var section: PageSection? {
    let layers = facts.layers.map { facts.rows[$0] }.filter {
      ($0.local ?? 0) > 0 && ($0.storedBytes ?? 0) > 0
    }
    guard layers.count > 2 else { return nil }
    let bytes = facts.rows.compactMap(\.storedBytes).reduce(0, +)
    return PageSection(
      id: "sizes", title: "Size and error",
      summary:
        "Layers by their bytes in the file, which has \(Number.bytes(bytes)) of weights. At the upper left is much error for "
        + "few bytes: the cheapest place for more bits."
    ) { page in
      page.element(
        "div",
        [
          "class": "scroll chart", "tabindex": "0", "role": "region",
          "aria-label": "Errors over sizes of layers",
        ]
      ) { $0.own(figure(of: layers).svgElement(id: "bytes", panelWidth: 1100, plotHeight: 300)) }
    }
  }

  private func figure(of layers: [TensorRow]) -> Figure {
    let named = Set(layers.sorted { ($0.local ?? 0) > ($1.local ?? 0) }.prefix(Self.namedCount).map(\.name))
    var series: [Series] = []
    for part in ["Image encoder", "Decoder", "Text encoder", "Other tensors"] {
      let points = layers.filter { ModelPlan.place(of: $0.name).part == part }.map { row in
        let words = row.layer.split(separator: ".").suffix(2).joined(separator: ".")
        return Point(
          x: Double(row.storedBytes ?? 0), y: row.local ?? 0,
          label: named.contains(row.name) ? words.escapingControlCharacters : "")
      }
      if !points.isEmpty { series.append(Series(part, style: .points, points: points)) }
    }
    return Figure(
      title: "Local errors over sizes",
      panels: [
        Panel(
          x: Axis("Bytes of the layer", scale: .logarithmic, unit: .bytes),
          y: Axis("Local error", scale: .logarithmic), series: series)
      ])
  }
}
