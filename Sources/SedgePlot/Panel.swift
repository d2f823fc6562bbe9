// One panel of a figure.

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
