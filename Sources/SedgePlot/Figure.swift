// The contents of a figure, apart from its drawing.

/// A figure of panels side by side with one legend.
public struct Figure: Hashable, Sendable {
  /// What the figure shows, in a few words.
  public var title: String
  /// One line below the title; empty for none.
  public var subtitle: String
  /// From left to right, at least one.
  public var panels: [Panel]

  /// Collects panels.
  public init(title: String, subtitle: String = "", panels: [Panel]) {
    self.title = title
    self.subtitle = subtitle
    self.panels = panels
  }
}

/// One system of axes.
public struct Panel: Hashable, Sendable {
  /// The horizontal axis.
  public var x: Axis
  /// The vertical axis.
  public var y: Axis
  /// What is plotted. Series of one name look alike in all panels.
  public var series: [Series]
  /// A horizontal line to compare with.
  public var rule: Rule?

  /// Collects series.
  public init(x: Axis, y: Axis, series: [Series], rule: Rule? = nil) {
    self.x = x
    self.y = y
    self.series = series
    self.rule = rule
  }
}

/// What an axis measures.
public struct Axis: Hashable, Sendable {
  /// How distances relate to values.
  public enum Scale: Hashable, Sendable { case linear, logarithmic }
  /// How values are written.
  public enum Unit: Hashable, Sendable {
    /// As they are.
    case number
    /// Shares, as percent.
    case percent
    /// In decimal units, kB to GB.
    case bytes
  }

  /// What is measured.
  public var title: String
  /// How distances relate to values. On a logarithmic axis values of 0 or below are on a line of their own, marked 0, beyond
  /// the axis's end.
  public var scale: Scale
  /// How values are written.
  public var unit: Unit

  /// Describes an axis.
  public init(_ title: String, scale: Scale = .linear, unit: Unit = .number) {
    self.title = title
    self.scale = scale
    self.unit = unit
  }
}

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

/// One point.
public struct Point: Hashable, Sendable {
  /// Its place along the horizontal axis.
  public var x: Double
  /// Its place along the vertical axis.
  public var y: Double
  /// Its name, written next to it where there is room and shown on hover; empty for none.
  public var label: String

  /// Places a point.
  public init(x: Double, y: Double, label: String = "") {
    self.x = x
    self.y = y
    self.label = label
  }

  /// Whether it can be drawn: whether differences and ratios of such numbers are finite too.
  var isFinite: Bool { abs(x) < 1e150 && abs(y) < 1e150 }
}

/// A horizontal line with a name.
public struct Rule: Hashable, Sendable {
  /// Its place along the vertical axis.
  public var y: Double
  /// What it stands for.
  public var label: String

  /// Places a line.
  public init(y: Double, label: String) {
    self.y = y
    self.label = label
  }
}
