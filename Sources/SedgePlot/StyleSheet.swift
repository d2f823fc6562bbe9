// The style sheet of figures.

/// The style sheet: dark on light, or light on dark where the reader's screen is so.
enum StyleSheet {
  static let rules: [String] = {
    let light = colors(
      background: "#ffffff", ink: "#1b1f24", muted: "#59636e", grid: "#e4e7eb", axis: "#8b949e"
    ) { $0.light }
    let dark = colors(
      background: "#10141a", ink: "#e8ebef", muted: "#9aa4af", grid: "#262c34", axis: "#6b7580"
    ) { $0.dark }
    return [
      "text { font-family: 'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', sans-serif; font-size: 12px; }",
      ".title { font-size: 17px; font-weight: 600; }",
      ".tick, .label { font-size: 11px; }",
      ".label { font-weight: 500; }",
      ".halo { fill: none; stroke-width: 3.5; stroke-linejoin: round; }",
      ".grid { stroke-width: 1; }",
      ".axis { stroke-width: 1; }",
      ".rule { stroke-width: 1; stroke-dasharray: 2 3; }",
      ".line { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }",
      ".interval { fill: none; stroke-width: 1.3; opacity: 0.7; }",
      ".dashed { stroke-dasharray: 5 4; stroke-linecap: butt; }",
      ".dotted { stroke-width: 1.5; stroke-dasharray: 0.1 4; }",
      ".marker { stroke-width: 1.5; stroke-linejoin: round; }",
    ] + light + ["@media (prefers-color-scheme: dark) {"] + dark.map { "  \($0)" } + ["}"]
  }()

  private static func colors(
    background: String, ink: String, muted: String, grid: String, axis: String,
    _ color: ((light: String, dark: String)) -> String
  ) -> [String] {
    [
      ".background { fill: \(background); }",
      ".halo, .marker { stroke: \(background); }",
      ".title { fill: \(ink); }",
      ".text { fill: \(ink); }",
      ".tick, .muted { fill: \(muted); }",
      ".grid { stroke: \(grid); }",
      ".axis, .rule { stroke: \(axis); }",
    ]
      + SeriesStyle.colors.enumerated().flatMap { index, pair in
        [
          ".line.s\(index), .interval.s\(index) { stroke: \(color(pair)); }",
          ".fill.s\(index) { fill: \(color(pair)); }",
        ]
      }
  }
}
