// The contents of a figure, apart from its drawing.

/// A figure of panels side by side with one legend.
package struct Figure: Hashable, Sendable {
  /// What the figure shows, in a few words.
  package var title: String
  /// One line below the title; empty for none.
  package var subtitle: String
  /// From left to right, at least one.
  package var panels: [Panel]

  /// Collects panels.
  package init(title: String, subtitle: String = "", panels: [Panel]) {
    self.title = title
    self.subtitle = subtitle
    self.panels = panels
  }
}
