// A line to compare with.

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
