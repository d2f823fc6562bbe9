// Drawing one panel: grid, axes, lines, markers, names.

/// A panel with its place in the picture.
struct PanelDrawing {
  static let markerRadius = 4.2
  private static let labelHeight = 12.0

  private let panel: Panel
  private let styles: [String: SeriesStyle]
  private let frame: Box
  private let x: AxisScale
  private let y: AxisScale
  private let series: [(look: SeriesStyle, style: Series.Style, points: [(point: Point, place: Place)])]

  init(_ panel: Panel, styles: [String: SeriesStyle], frame: Box) {
    self.panel = panel
    self.styles = styles
    self.frame = frame
    let points = panel.series.flatMap(\.points).filter(\.isFinite)
    let (x, y) = (
      AxisScale(panel.x, values: points.map(\.x), start: frame.left, end: frame.right),
      AxisScale(
        panel.y,
        values: points.flatMap {
          [$0.y, $0.interval?.lowerBound, $0.interval?.upperBound].compactMap(\.self)
        }
          + (panel.rule.map { [$0.y] } ?? []), start: frame.bottom, end: frame.top)
    )
    (self.x, self.y) = (x, y)
    series = panel.series.map { series in
      (
        styles[series.name] ?? SeriesStyle(number: 0), series.style,
        series.points.filter(\.isFinite).map { ($0, Place(x: x.place($0.x), y: y.place($0.y))) }
      )
    }
  }

  /// The classes of a line.
  static func lineClass(_ style: Series.Style, _ look: SeriesStyle) -> String {
    "line\(style == .dashedLine ? " dashed" : "") \(look.className)"
  }

  func draw(into document: inout SVGDocument) {
    document.group("g") { document in
      drawGrid(&document)
      drawRule(&document)
      for (look, style, points) in series where style != .points {
        drawLine(through: points, style, look, &document)
      }
      for (look, _, points) in series {
        for (point, place) in points { drawInterval(point, place, look, &document) }
      }
      let labels = placedLabels
      for label in labels { drawLabel(label, &document) }
      // The first series is on top.
      for (look, _, points) in series.reversed() {
        for (point, place) in points { drawMarker(point, place, look, &document) }
      }
    }
  }

  // MARK: Axes

  private func drawGrid(_ document: inout SVGDocument) {
    let (left, right) = (pixels(frame.left), pixels(frame.right))
    document.add(
      "text", [("class", "text"), ("x", pixels(frame.left - 38)), ("y", pixels(frame.top - 14))],
      text: panel.y.title)
    var rows = y.ticks(about: 6).map { (place: y.place($0), text: text($0, unit: panel.y.unit)) }
    if let zero = y.zeroPlace { rows.insert((zero, "0"), at: 0) }
    for row in rows {
      document.add(
        "path", [("class", "grid"), ("d", "M\(left) \(pixels(row.place))H\(right)")])
      document.add(
        "text",
        [
          ("class", "tick"), ("x", pixels(frame.left - 8)), ("y", pixels(row.place + 4)),
          ("text-anchor", "end"),
        ], text: row.text)
    }
    drawXAxis(&document)
    if y.zeroPlace != nil { drawBreak(&document) }
  }

  private func drawXAxis(_ document: inout SVGDocument) {
    document.add(
      "path",
      [
        ("class", "axis"),
        ("d", "M\(pixels(frame.left)) \(pixels(frame.bottom))H\(pixels(frame.right))"),
      ])
    var end = -Double.infinity
    let ticks = x.ticks(about: max(2, Int((frame.right - frame.left) / 60)))
    var columns = ticks.map { (place: x.place($0), text: text($0, unit: panel.x.unit)) }
    if let zero = x.zeroPlace { columns.insert((zero, "0"), at: 0) }
    for column in columns {
      document.add(
        "path",
        [
          ("class", "axis"), ("d", "M\(pixels(column.place)) \(pixels(frame.bottom))v5"),
        ])
      let half = textWidth(column.text) * 11 / 2
      guard column.place - half > end else { continue }
      end = column.place + half + 6
      document.add(
        "text",
        [
          ("class", "tick"), ("x", pixels(column.place)), ("y", pixels(frame.bottom + 19)),
          ("text-anchor", "middle"),
        ], text: column.text)
    }
    document.add(
      "text",
      [
        ("class", "text"), ("x", pixels((frame.left + frame.right) / 2)), ("y", pixels(frame.bottom + 40)),
        ("text-anchor", "middle"),
      ], text: panel.x.title)
  }

  /// Two strokes for the break between the scale and the line for 0.
  private func drawBreak(_ document: inout SVGDocument) {
    guard let zero = y.zeroPlace else { return }
    let middle = zero - (frame.bottom - zero) * 0.9
    for offset in [-2.5, 2.5] {
      document.add(
        "path",
        [("class", "axis"), ("d", "M\(pixels(frame.left - 5)) \(pixels(middle + offset + 2.5))l10 -5")])
    }
  }

  private func drawRule(_ document: inout SVGDocument) {
    guard let rule = panel.rule else { return }
    let place = pixels(y.place(rule.y))
    document.add(
      "path", [("class", "rule"), ("d", "M\(pixels(frame.left)) \(place)H\(pixels(frame.right))")])
  }

  // MARK: Points

  /// A line through points; segments to the line for 0 are not on the scale and are dotted.
  private func drawLine(
    through points: [(point: Point, place: Place)], _ style: Series.Style, _ look: SeriesStyle,
    _ document: inout SVGDocument
  ) {
    var runs: [(isOnScale: Bool, places: [Place])] = []
    for (from, to) in zip(points, points.dropFirst()) {
      let isOnScale = isOnScale(from.point) && isOnScale(to.point)
      if let last = runs.last, last.isOnScale == isOnScale {
        runs[runs.count - 1].places.append(to.place)
      } else {
        runs.append((isOnScale, [from.place, to.place]))
      }
    }
    for run in runs {
      let path = run.places.map { "\(pixels($0.x)) \(pixels($0.y))" }.joined(separator: "L")
      let name = run.isOnScale ? Self.lineClass(style, look) : "line dotted \(look.className)"
      document.add("path", [("class", name), ("d", "M\(path)")])
    }
  }

  private func isOnScale(_ point: Point) -> Bool {
    (x.zeroPlace == nil || point.x > 0) && (y.zeroPlace == nil || point.y > 0)
  }

  private struct PlacedLabel {
    var text: String
    var box: Box
    var className: String
  }

  private var placedLabels: [PlacedLabel] {
    let radius = Self.markerRadius + 1
    var markers = series.flatMap(\.points).map { _, place in
      Box(
        left: place.x - radius, top: place.y - radius, right: place.x + radius, bottom: place.y + radius)
    }
    var lines = series.filter { $0.style != .points }.flatMap { item in
      zip(item.points, item.points.dropFirst()).map { Segment(from: $0.place, to: $1.place) }
    }
    var labels: [PlacedLabel] = []
    if let rule = panel.rule {
      let place = y.place(rule.y)
      let width = textWidth(rule.label) * 11
      // Above the rule's left end.
      let box = Box(left: frame.left + 2, top: place - 15, right: frame.left + 2 + width, bottom: place - 3)
      labels.append(PlacedLabel(text: rule.label, box: box, className: "tick"))
      markers.append(box)
      lines.append(Segment(from: Place(x: frame.left, y: place), to: Place(x: frame.right, y: place)))
    }
    var area = frame
    area.top -= 8
    area.right += 14
    var placement = LabelPlacement(frame: area, markers: markers, lines: lines)
    for (look, _, points) in series {
      for (point, place) in points where !point.label.isEmpty {
        // Names are bold.
        let width = textWidth(point.label) * 13
        guard
          let box = placement.box(
            near: place, width: width, height: Self.labelHeight, distance: Self.markerRadius + 4)
        else { continue }
        labels.append(PlacedLabel(text: point.label, box: box, className: "label fill \(look.className)"))
      }
    }
    return labels
  }

  private func drawLabel(_ label: PlacedLabel, _ document: inout SVGDocument) {
    let place = [
      ("x", pixels((label.box.left + label.box.right) / 2)), ("y", pixels(label.box.bottom - 2)),
      ("text-anchor", "middle"),
    ]
    let halo = "\(label.className.hasPrefix("tick") ? "tick" : "label") halo"
    document.add("text", [("class", halo), ("aria-hidden", "true")] + place, text: label.text)
    document.add("text", [("class", label.className)] + place, text: label.text)
  }

  private func drawInterval(
    _ point: Point, _ place: Place, _ look: SeriesStyle, _ document: inout SVGDocument
  ) {
    guard let interval = point.interval else { return }
    let (low, high) = (pixels(y.place(interval.lowerBound)), pixels(y.place(interval.upperBound)))
    let (left, x) = (pixels(place.x - 3), pixels(place.x))
    document.add(
      "path",
      [
        ("class", "interval \(look.className)"),
        ("d", "M\(left) \(low)h6M\(x) \(low)V\(high)M\(left) \(high)h6"),
      ])
  }

  private func drawMarker(
    _ point: Point, _ place: Place, _ look: SeriesStyle, _ document: inout SVGDocument
  ) {
    let interval = point.interval.map {
      " [\(text($0.lowerBound, unit: panel.y.unit)), \(text($0.upperBound, unit: panel.y.unit))]"
    }
    let values =
      "\(text(point.x, unit: panel.x.unit)), \(text(point.y, unit: panel.y.unit))\(interval ?? "")"
    document.group(
      "path",
      [
        ("class", "marker fill \(look.className)"),
        ("d", look.marker(at: place, radius: Self.markerRadius)),
      ]
    ) {
      $0.add("title", [], text: point.label.isEmpty ? values : "\(point.label): \(values)")
    }
  }
}
