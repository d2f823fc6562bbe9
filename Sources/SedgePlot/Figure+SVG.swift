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
  public func svg(panelWidth: Double = 440, plotHeight: Double = 300) -> String {
    let layout = FigureLayout(self, panelWidth: panelWidth, plotHeight: plotHeight)
    var document = SVGDocument()
    let (width, height) = (pixels(layout.width), pixels(layout.height))
    document.group(
      "svg",
      [
        ("xmlns", "http://www.w3.org/2000/svg"), ("width", width), ("height", height),
        ("viewBox", "0 0 \(width) \(height)"), ("role", "img"), ("aria-labelledby", "title description"),
      ]
    ) { document in
      document.add("title", [("id", "title")], text: title)
      document.add("desc", [("id", "description")], text: description)
      document.style(StyleSheet.rules)
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

/// The layout of a figure.
struct FigureLayout {
  static let margin = 20.0
  static let swatchWidth = 26.0
  private static let legendLineHeight = 21.0
  /// The margins of a panel's axes.
  private static let (left, right, top, bottom) = (58.0, 18.0, 34.0, 52.0)

  /// One name of the legend.
  struct LegendEntry {
    var name: String
    var style: Series.Style
    var look: SeriesStyle
    /// The left end of the swatch, in the middle of the line.
    var place: Place
  }

  let width: Double
  let height: Double
  /// How each series looks, by its name.
  let styles: [String: SeriesStyle]
  let legend: [LegendEntry]
  private let panelTop: Double
  private let panelWidth: Double
  private let plotHeight: Double

  init(_ figure: Figure, panelWidth: Double, plotHeight: Double) {
    self.plotHeight = plotHeight
    width = max(
      panelWidth * Double(max(figure.panels.count, 1)),
      2 * Self.margin + max(textWidth(figure.title) * 21, textWidth(figure.subtitle) * 12.5))
    let headHeight = figure.subtitle.isEmpty ? 46.0 : 66.0
    var styles: [String: SeriesStyle] = [:]
    var legend: [LegendEntry] = []
    var place = Place(x: Self.margin, y: headHeight + 8)
    for series in figure.panels.flatMap(\.series) where styles[series.name] == nil {
      let look = SeriesStyle(number: styles.count)
      styles[series.name] = look
      let width = Self.swatchWidth + 7 + textWidth(series.name) * 12 + 18
      if place.x > Self.margin, place.x + width > self.width {
        place = Place(x: Self.margin, y: place.y + Self.legendLineHeight)
      }
      legend.append(LegendEntry(name: series.name, style: series.style, look: look, place: place))
      place.x += width
    }
    self.panelWidth = width / Double(max(figure.panels.count, 1))
    self.styles = styles
    self.legend = legend
    panelTop = legend.isEmpty ? headHeight : place.y + Self.legendLineHeight - 6
    height = panelTop + Self.top + plotHeight + Self.bottom
  }

  /// The axes of a panel.
  func frame(ofPanel index: Int) -> Box {
    let start = panelWidth * Double(index)
    return Box(
      left: start + Self.left, top: panelTop + Self.top, right: start + panelWidth - Self.right,
      bottom: panelTop + Self.top + plotHeight)
  }
}
