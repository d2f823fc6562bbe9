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
