// Sizes of layers against what they cost.

internal import SedgePlot
internal import SedgeTensor

/// A chart with a point for each layer: its bytes, and the labels that it costs, or the error that arises in it.
struct SizeSection {
  /// The layers that are named in the chart, those that cost most.
  private static let namedCount = 8

  private let facts: VerificationFacts
  private let points: [LayerPoint]
  private let isMeasured: Bool

  /// A layer in the chart.
  private struct LayerPoint {
    var row: TensorRow
    var bytes: Double
    var height: Double
  }

  init(_ facts: VerificationFacts) {
    self.facts = facts
    let costs = facts.costs.expensive.compactMap { layer -> LayerPoint? in
      guard let bytes = layer.bytes, bytes > 0, let labels = layer.alone.labels else { return nil }
      return LayerPoint(row: TensorRow(name: layer.name), bytes: bytes, height: labels)
    }
    isMeasured = costs.count > 2
    let errors = facts.layers.map { facts.rows[$0] }.compactMap { row -> LayerPoint? in
      guard let local = row.local, local > 0, let bytes = row.layerBytes, bytes > 0 else { return nil }
      return LayerPoint(row: row, bytes: Double(bytes), height: local)
    }
    points = isMeasured ? costs : errors
  }

  var section: PageSection? {
    guard points.count > 2 else { return nil }
    let summary =
      isMeasured
      ? "Layers by their bytes in the file and by the labels that each of them alone changes, measured or estimated. At the "
        + "upper left are many labels for few bytes."
      : "Layers by their bytes in the file and by the errors that arise in them. Which of these errors change labels, "
        + "verify --costs measures."
    return PageSection(id: "sizes", title: isMeasured ? "Size and cost" : "Size and error", summary: summary)
    {
      page in
      FigureView(
        figure: figure, id: "bytes", label: "Layers by size", panelWidth: 1100, plotHeight: 300,
        shortTitle: isMeasured ? "Costs over sizes" : "Errors over sizes"
      ).write(to: &page)
    }
  }

  private var figure: Figure {
    let named = Set(
      points.filter(\.height.isFinite).sorted { $0.height > $1.height }.prefix(Self.namedCount).map(
        \.row.name))
    var series: [Series] = []
    for part in ["Image encoder", "Decoder", "Text encoder", "Other tensors"] {
      let points = points.filter { ModelPlan.place(of: $0.row.name).part == part }.map { point in
        Point(
          x: point.bytes, y: point.height,
          label: named.contains(point.row.name) ? point.row.shortLayer.escapingControlCharacters : "")
      }
      if !points.isEmpty { series.append(Series(part, style: .points, points: points)) }
    }
    let y =
      isMeasured
      ? Axis("Labels that the layer alone changes", scale: .logarithmic, unit: .percent)
      : Axis("Local error", scale: .logarithmic)
    return Figure(
      title: isMeasured ? "Costs of layers over their sizes" : "Local errors of layers over their sizes",
      panels: [Panel(x: Axis("Bytes of the layer", scale: .logarithmic, unit: .bytes), y: y, series: series)])
  }
}
