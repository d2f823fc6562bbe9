// One series of a panel.

/// Points that belong together.
package struct Series: Hashable, Sendable {
  /// How points are connected.
  package enum Style: Hashable, Sendable { case line, dashedLine, points }

  /// Its name in the legend.
  package var name: String
  /// How points are connected.
  package var style: Style
  /// The points in the order that they are connected in; those that are no finite numbers are omitted.
  package var points: [Point]

  /// Collects points.
  package init(_ name: String, style: Style = .line, points: [Point]) {
    self.name = name
    self.style = style
    self.points = points
  }
}
