// Errors of layers.

/// The chart of local and accumulated errors.
struct LayerSection {
  private let facts: VerificationFacts

  init(_ facts: VerificationFacts) { self.facts = facts }

  var section: PageSection? {
    guard !facts.layers.isEmpty else { return nil }
    let measured = facts.worstLayers.count
    return PageSection(
      id: "layers", title: "Layers",
      summary: "Relative RMS errors of every layer's output, in the order of the computation. "
        + "Of \(Number.count(facts.layers.count, "layer")) \(measured) \(measured == 1 ? "has" : "have") "
        + "an error of \(measured == 1 ? "its" : "their") own beyond rounding."
    ) { page in
      LayerChart(rows: facts.rows, layers: facts.layers).write(to: &page)
    }
  }
}

/// Local and accumulated errors over the layers, with the noise of rounding below them.
struct LayerChart {
  private static let (left, right, top, plotHeight) = (52.0, 12.0, 44.0, 300.0)
  /// Below the scale: a line for errors of exactly 0, and the names of stages.
  private static let (zeroHeight, bottom) = (26.0, 30.0)

  private let rows: [TensorRow]
  private let layers: [Int]
  private let scale: LogScale
  private let slot: Double

  init(rows: [TensorRow], layers: [Int]) {
    (self.rows, self.layers) = (rows, layers)
    let values = layers.flatMap { [rows[$0].local, rows[$0].accumulated, rows[$0].noise].compactMap(\.self) }
    scale = LogScale(values, isWhole: true)
    slot = max(1040 / Double(max(layers.count, 1)), 4)
  }

  private var width: Double { Self.left + slot * Double(layers.count) + Self.right }
  private var plotBottom: Double { Self.top + Self.plotHeight }
  private var height: Double { plotBottom + Self.zeroHeight + Self.bottom }

  private func x(_ index: Int) -> Double { Self.left + slot * (Double(index) + 0.5) }

  private func y(_ value: Double) -> Double {
    value > 0 || value.isNaN
      ? plotBottom - (value.isNaN ? 1 : scale.place(value)) * Self.plotHeight
      : plotBottom + Self.zeroHeight / 2
  }

  func write(to page: inout HTMLWriter) {
    page.element("ul", ["class": "key"]) { page in
      for (name, text) in [
        ("local", "local: this layer alone is as stored, its input is the source's"),
        ("accumulated", "accumulated: everything before it is as stored, too"),
        ("noise", "noise: what another order of summation changes"),
      ] {
        page.element("li") { page in
          page.element("span", ["class": "swatch \(name)", "aria-hidden": "true"])
          page.text(text)
        }
      }
    }
    page.element(
      "p", ["class": "readout", "aria-live": "polite"],
      text: "Point at a layer, or tab to the chart and use the arrow keys; a click leads to its tensor.")
    page.element("div", ["class": "chart"]) { page in
      page.element(
        "div", ["class": "scroll", "tabindex": "0", "role": "region", "aria-label": "Errors of layers"]
      ) { page in writeDrawing(to: &page) }
    }
    page.own("\n")
  }

  private func writeDrawing(to page: inout HTMLWriter) {
    let size = "0 0 \(Number.place(width)) \(Number.place(height))"
    page.element(
      "svg",
      [
        "class": "layers", "viewBox": size, "width": Number.place(width), "height": Number.place(height),
        "role": "group", "aria-label": "Chart of errors of layers, on a logarithmic scale",
      ]
    ) { page in
      writeBands(to: &page)
      writeGrid(to: &page)
      writeLines(to: &page)
      for (index, row) in layers.enumerated() { writePoint(index, row, to: &page) }
    }
  }

  // MARK: Background

  /// The stages as bands, and the parts above them.
  private func writeBands(to page: inout HTMLWriter) {
    let places = layers.map { ModelPlan.place(of: rows[$0].name) }
    writeRuns(of: places.map { $0.part + "\n" + $0.group }) { index, range, _ in
      let (from, to) = (x(range.lowerBound) - slot / 2, x(range.upperBound - 1) + slot / 2)
      page.element(
        "rect",
        [
          "class": index.isMultiple(of: 2) ? "band" : "band odd", "x": Number.place(from),
          "y": Number.place(Self.top), "width": Number.place(to - from),
          "height": Number.place(Self.plotHeight + Self.zeroHeight),
        ])
      let title = places[range.lowerBound].group
      let room = Int((to - from) / 6.2)
      guard room > 2 else { return }
      let text = title.count <= room ? title : title.hasPrefix("stage ") ? String(title.dropFirst(6)) : ""
      page.element(
        "text",
        [
          "class": "tick", "x": Number.place((from + to) / 2), "y": Number.place(height - 12),
          "text-anchor": "middle",
        ], text: text)
    }
    writeRuns(of: places.map(\.part)) { _, range, title in
      let (from, to) = (x(range.lowerBound) - slot / 2, x(range.upperBound - 1) + slot / 2)
      page.element(
        "path", ["class": "bracket", "d": "M\(Number.place(from + 1)) 38v-7H\(Number.place(to - 1))v7"])
      page.element(
        "text",
        ["class": "part", "x": Number.place((from + to) / 2), "y": "24", "text-anchor": "middle"],
        text: title)
    }
  }

  private func writeRuns(of keys: [String], _ body: (Int, Range<Int>, String) -> Void) {
    var (start, number) = (0, 0)
    for index in 1...max(keys.count, 1) where index == keys.count || keys[index] != keys[start] {
      guard start < keys.count else { return }
      body(number, start..<index, keys[start])
      (start, number) = (index, number + 1)
    }
  }

  private func writeGrid(to page: inout HTMLWriter) {
    let right = Number.place(width - Self.right)
    let step = scale.decades.count > 8 ? 2 : 1
    for decade in scale.decades where decade.isMultiple(of: step) {
      let place = plotBottom - (Double(decade) - scale.lower) / (scale.upper - scale.lower) * Self.plotHeight
      page.element(
        "path", ["class": "grid", "d": "M\(Number.place(Self.left)) \(Number.place(place))H\(right)"])
      page.element(
        "text",
        [
          "class": "tick", "x": Number.place(Self.left - 8), "y": Number.place(place + 4),
          "text-anchor": "end",
        ], text: powerText(decade))
    }
    guard layers.contains(where: { rows[$0].local == 0 || rows[$0].accumulated == 0 }) else { return }
    page.element(
      "text",
      [
        "class": "tick", "x": Number.place(Self.left - 8), "y": Number.place(y(0) + 4), "text-anchor": "end",
      ], text: "exact")
  }

  private func writeLines(to page: inout HTMLWriter) {
    var noise = "M\(Number.place(Self.left)) \(Number.place(plotBottom))"
    for (index, row) in layers.enumerated() {
      let place = min(y(rows[row].noise ?? 0), plotBottom)
      noise +=
        "L\(Number.place(x(index) - slot / 2)) \(Number.place(place))H\(Number.place(x(index) + slot / 2))"
    }
    page.element("path", ["class": "noise", "d": noise + "V\(Number.place(plotBottom))Z"])
    var line = ""
    for (index, row) in layers.enumerated() {
      guard let value = rows[row].accumulated else { continue }
      line += "\(line.isEmpty ? "M" : "L")\(Number.place(x(index))) \(Number.place(y(value)))"
    }
    page.element("path", ["class": "accumulated", "d": line])
  }

  // MARK: Layers

  private func writePoint(_ index: Int, _ row: Int, to page: inout HTMLWriter) {
    let layer = rows[row]
    let place = Number.place(x(index))
    page.element("a", ["href": "#t\(row)", "class": "layer"]) { page in
      page.element("title", text: text(of: layer))
      page.element(
        "rect",
        [
          "class": "hit", "x": Number.place(x(index) - slot / 2), "y": Number.place(Self.top),
          "width": Number.place(slot), "height": Number.place(Self.plotHeight + Self.zeroHeight),
        ])
      guard let local = layer.local else { return }
      if local > 0 {
        let floor = min(y(layer.noise ?? 0), plotBottom)
        page.element(
          "path", ["class": "stem", "d": "M\(place) \(Number.place(floor))V\(Number.place(y(local)))"])
      }
      page.element(
        "circle",
        [
          "class": local > 0 ? "local" : "local zero", "cx": place, "cy": Number.place(y(local)),
          "r": Number.place(min(max(slot * 0.42, 1.6), 3.4)),
        ])
    }
  }

  private func text(of layer: TensorRow) -> String {
    var parts: [String] = []
    if let local = layer.local {
      parts.append(local == 0 ? "exact by itself" : "local \(Number.short(local))")
    }
    if let value = layer.accumulated { parts.append("accumulated \(Number.short(value))") }
    if let value = layer.localOverNoise, value > 0 { parts.append("\(Number.times(value)) the noise") }
    return "\(layer.name): \(parts.joined(separator: ", "))"
  }
}
