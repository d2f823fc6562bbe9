// The layout of panels and legend.

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
