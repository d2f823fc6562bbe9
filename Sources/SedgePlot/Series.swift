// One series of a panel.

/// Points that belong together.
public struct Series: Hashable, Sendable {
  /// How points are connected.
  public enum Style: Hashable, Sendable { case line, dashedLine, points }

  /// Its name in the legend.
  public var name: String
  /// How points are connected.
  public var style: Style
  /// The points in the order that they are connected in; those that are no finite numbers are omitted.
  public var points: [Point]

  /// Collects points.
  public init(_ name: String, style: Style = .line, points: [Point]) {
    self.name = name
    self.style = style
    self.points = points
  }
}
