// A line to compare with.

/// A horizontal line with a name.
package struct Rule: Hashable, Sendable {
  /// Its place along the vertical axis.
  package var y: Double
  /// What it stands for.
  package var label: String

  /// Places a line.
  package init(y: Double, label: String) {
    self.y = y
    self.label = label
  }
}
