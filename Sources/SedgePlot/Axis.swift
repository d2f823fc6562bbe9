// One axis of a panel.

/// What an axis measures.
package struct Axis: Hashable, Sendable {
  /// How distances relate to values.
  package enum Scale: Hashable, Sendable { case linear, logarithmic }
  /// How values are written.
  package enum Unit: Hashable, Sendable {
    /// As they are.
    case number
    /// Shares, as percent.
    case percent
    /// In decimal units, kB to GB.
    case bytes
  }

  /// What is measured.
  package var title: String
  /// How distances relate to values. On a logarithmic axis values of 0 or below are on a line of their own, marked 0, beyond
  /// the axis's end.
  package var scale: Scale
  /// How values are written.
  package var unit: Unit

  /// Describes an axis.
  package init(_ title: String, scale: Scale = .linear, unit: Unit = .number) {
    self.title = title
    self.scale = scale
    self.unit = unit
  }
}
