// Charts of a page, for wide and for narrow screens.

internal import SedgePlot

/// A figure in two widths, of which the style sheet shows the one that fits.
struct FigureView {
  private static let narrowWidth = 400.0

  var figure: Figure
  /// A word that no other figure of the page has.
  var id: String
  /// What it shows, for those who cannot see it.
  var label: String
  var panelWidth: Double
  var plotHeight = 320.0
  /// The title of narrow figures.
  var shortTitle: String

  func write(to page: inout HTMLWriter) {
    page.element("div", ["class": "chart wide"]) { page in
      page.element("div", ["class": "scroll", "tabindex": "0", "role": "region", "aria-label": label]) {
        $0.own(figure.svgElement(id: id, panelWidth: panelWidth, plotHeight: plotHeight))
      }
    }
    for (index, panel) in figure.panels.enumerated() {
      let narrow = Figure(title: shortTitle, panels: [panel])
      page.element("div", ["class": "chart narrow"]) {
        $0.own(
          narrow.svgElement(id: "\(id)-\(index)", panelWidth: Self.narrowWidth, plotHeight: plotHeight))
      }
    }
    page.own("\n")
  }
}
