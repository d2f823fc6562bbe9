// One point of a series.

/// One point.
package struct Point: Hashable, Sendable {
  /// Its place along the horizontal axis.
  package var x: Double
  /// Its place along the vertical axis.
  package var y: Double
  /// The interval of its place along the vertical axis, drawn as a line; `nil` for none.
  package var interval: ClosedRange<Double>?
  /// Its name, written next to it where there is room and shown on hover; empty for none.
  package var label: String

  /// Places a point.
  package init(x: Double, y: Double, interval: ClosedRange<Double>? = nil, label: String = "") {
    self.x = x
    self.y = y
    self.interval = interval.flatMap {
      abs($0.lowerBound) < 1e150 && abs($0.upperBound) < 1e150 ? $0 : nil
    }
    self.label = label
  }

  /// Whether it can be drawn: whether differences and ratios of such numbers are finite too.
  var isFinite: Bool { abs(x) < 1e150 && abs(y) < 1e150 }
}
