// Drawing a figure as SVG.

extension Figure {
  /// The figure as an SVG document: the same figure, the same text.
  ///
  /// It is legible on light and on dark screens, series are distinguishable without colour, and screen readers find title and
  /// description. The font is the viewer's own sans-serif.
  ///
  /// - Parameters:
  ///   - panelWidth: Of each panel with its margins, in pixels.
  ///   - plotHeight: Of the axes.
  package func svg(panelWidth: Double = 440, plotHeight: Double = 300) -> String {
    svg(
      panelWidth: panelWidth, plotHeight: plotHeight, attributes: [("xmlns", "http://www.w3.org/2000/svg")],
      idPrefix: "", rules: StyleSheet.rules)
  }

  /// The figure as an element of an HTML page, which has the style sheet.
  ///
  /// - Parameters:
  ///   - id: A word that no other figure of the page has, without characters that mean something to HTML.
  ///   - panelWidth: Of each panel with its margins, in pixels.
  ///   - plotHeight: Of the axes.
  package func svgElement(id: String, panelWidth: Double = 440, plotHeight: Double = 300) -> String {
    svg(
      panelWidth: panelWidth, plotHeight: plotHeight, attributes: [("class", "figure")], idPrefix: "\(id)-",
      rules: [])
  }

  private func svg(
    panelWidth: Double, plotHeight: Double, attributes: [(String, String)], idPrefix: String, rules: [String]
  ) -> String {
    let layout = FigureLayout(self, panelWidth: panelWidth, plotHeight: plotHeight)
    var document = SVGDocument()
    let (width, height) = (pixels(layout.width), pixels(layout.height))
    document.group(
      "svg",
      attributes + [
        ("width", width), ("height", height), ("viewBox", "0 0 \(width) \(height)"), ("role", "img"),
        ("aria-labelledby", "\(idPrefix)title \(idPrefix)description"),
      ]
    ) { document in
      document.add("title", [("id", "\(idPrefix)title")], text: title)
      document.add("desc", [("id", "\(idPrefix)description")], text: description)
      if !rules.isEmpty { document.style(rules) }
      document.add("rect", [("class", "background"), ("width", width), ("height", height)])
      drawHead(layout, &document)
      for (index, panel) in panels.enumerated() {
        PanelDrawing(panel, styles: layout.styles, frame: layout.frame(ofPanel: index)).draw(into: &document)
      }
    }
    return document.text
  }

  /// What the figure shows, in words and numbers.
  private var description: String {
    let sentences = panels.map { panel in
      let series = panel.series.map { series in
        let points = series.points.filter(\.isFinite).map { point in
          "\(point.label.isEmpty ? "" : "\(point.label) ")\(text(point.x, unit: panel.x.unit)) "
            + text(point.y, unit: panel.y.unit)
        }
        return "\(series.name): \(points.joined(separator: ", "))."
      }
      return "\(panel.y.title) over \(panel.x.title). " + series.joined(separator: " ")
    }
    return (subtitle.isEmpty ? sentences : ["\(subtitle)."] + sentences).joined(separator: " ")
  }

  private func drawHead(_ layout: FigureLayout, _ document: inout SVGDocument) {
    document.add(
      "text", [("class", "title"), ("x", pixels(FigureLayout.margin)), ("y", "30")], text: title)
    if !subtitle.isEmpty {
      document.add(
        "text", [("class", "muted"), ("x", pixels(FigureLayout.margin)), ("y", "50")], text: subtitle)
    }
    for entry in layout.legend {
      let (x, y) = (entry.place.x, entry.place.y)
      if entry.style != .points {
        document.add(
          "path",
          [
            ("class", PanelDrawing.lineClass(entry.style, entry.look)),
            ("d", "M\(pixels(x)) \(pixels(y))H\(pixels(x + FigureLayout.swatchWidth))"),
          ])
      }
      let center = Place(x: x + FigureLayout.swatchWidth / 2, y: y)
      document.add(
        "path",
        [
          ("class", "marker fill \(entry.look.className)"),
          ("d", entry.look.marker(at: center, radius: PanelDrawing.markerRadius)),
        ])
      document.add(
        "text",
        [("class", "text"), ("x", pixels(x + FigureLayout.swatchWidth + 7)), ("y", pixels(y + 4))],
        text: entry.name)
    }
  }
}
