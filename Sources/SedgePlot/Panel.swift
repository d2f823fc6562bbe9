// One panel of a figure.

/// One system of axes.
package struct Panel: Hashable, Sendable {
  /// The horizontal axis.
  package var x: Axis
  /// The vertical axis.
  package var y: Axis
  /// What is plotted. Series of one name look alike in all panels.
  package var series: [Series]
  /// A horizontal line to compare with.
  package var rule: Rule?

  /// Collects series.
  package init(x: Axis, y: Axis, series: [Series], rule: Rule? = nil) {
    self.x = x
    self.y = y
    self.series = series
    self.rule = rule
  }
}
