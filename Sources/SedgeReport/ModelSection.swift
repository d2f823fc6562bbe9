// The architecture as a picture, with errors and bytes laid on it.

/// The parts, stages and blocks of a model; each layer is a cell whose colour is one of its figures.
struct ModelSection {
  /// The decades below the largest value that colours tell apart.
  private static let decadeCount = 2.0

  private let rows: [TensorRow]
  private let plan: ModelPlan
  private let measures: [Measure]

  /// A figure that colours cells.
  private struct Measure {
    var id: String
    var title: String
    var letter: String
    var value: ([TensorRow]) -> Double?
    var text: (Double) -> String
  }

  /// - Parameter layers: The rows of layers in the order of the computation.
  init(rows: [TensorRow], layers: [Int] = []) {
    self.rows = rows
    plan = ModelPlan(rows: rows, layers: layers)
    let largest = { (values: [Double]) in values.first(where: \.isNaN) ?? values.max() }
    let candidates = [
      Measure(
        id: "local", title: "local error", letter: "l", value: { largest($0.compactMap(\.local)) },
        text: Number.short),
      Measure(
        id: "accumulated", title: "accumulated error", letter: "a",
        value: { largest($0.compactMap(\.accumulated)) }, text: Number.short),
      Measure(
        id: "error", title: "error of weights", letter: "e", value: { largest($0.compactMap(\.error)) },
        text: Number.short),
      Measure(
        id: "bytes", title: "bytes", letter: "b",
        value: { rows in
          let bytes = rows.compactMap(\.storedBytes)
          return bytes.isEmpty ? nil : Double(bytes.reduce(0, +))
        }, text: { Number.bytes($0) }),
      Measure(
        id: "bits", title: "bits a weight", letter: "w",
        value: { rows in
          let tensors = rows.compactMap { row -> (bytes: Double, weights: Double)? in
            guard let bytes = row.storedBytes, let bits = row.bitsPerWeight, bits > 0 else { return nil }
            return (Double(bytes), 8 * Double(bytes) / bits)
          }
          let weights = tensors.reduce(0) { $0 + $1.weights }
          return weights > 0 ? tensors.reduce(0) { $0 + $1.bytes } * 8 / weights : nil
        },
        text: { Number.fixed($0, decimals: 2) }),
    ]
    measures = candidates.filter { measure in
      rows.contains { measure.value([$0]) ?? 0 > 0 }
    }
  }

  var section: PageSection? {
    guard plan.parts.contains(where: { $0.title != "Other tensors" }) else { return nil }
    return PageSection(
      id: "model", title: "Architecture",
      summary: "Each cell is a layer, from left to right as the model computes; a click leads to its tensors."
    ) { page in
      page.element("div", ["class": "model"]) { page in
        writeChoice(to: &page)
        page.element(
          "p", ["class": "readout", "aria-live": "polite"],
          text: "Point at a cell, or tab to the cells and use the arrow keys.")
        for part in plan.parts { write(part, to: &page) }
      }
    }
  }

  /// Which figure is the colour, and the ends of its scale.
  private func writeChoice(to page: inout HTMLWriter) {
    guard !measures.isEmpty else { return }
    page.element("fieldset", ["class": "choice"]) { page in
      page.element("legend", text: "colour")
      for (index, measure) in measures.enumerated() {
        page.element("label") { page in
          page.void(
            "input",
            [
              "type": "radio", "name": "measure", "id": "by-\(measure.id)", "checked": index == 0 ? "" : nil,
            ])
          page.text(measure.title)
        }
      }
    }
    for measure in measures {
      let values = cellValues(measure).filter { $0 > 0 && $0.isFinite }
      guard let most = values.max(), !values.isEmpty else { continue }
      let scale = LogScale(values, decades: Self.decadeCount)
      let isCut = values.contains { scale.place($0) == 0 }
      page.element("p", ["class": "scale for-\(measure.id)"]) { page in
        page.element("span", ["class": "step zero", "aria-hidden": "true"])
        page.element("span", ["class": "none"], text: "none")
        page.text((isCut ? "up to " : "") + measure.text(scale.least))
        for level in 1...HeatLevel.count {
          page.element("span", ["class": "step h\(level)", "aria-hidden": "true"])
        }
        page.text(measure.text(most))
      }
    }
  }

  private func cellValues(_ measure: Measure) -> [Double] {
    plan.parts.flatMap(\.cells).compactMap { cell in measure.value(cell.rows.map { rows[$0] }) }
  }

  private func write(_ part: ModelPlan.Part, to page: inout HTMLWriter) {
    let scales = measures.map { ($0, LogScale(cellValues($0), decades: Self.decadeCount)) }
    let bytes = part.cells.flatMap(\.rows).compactMap { rows[$0].storedBytes }.reduce(0, +)
    page.element("div", ["class": "part"]) { page in
      page.element("h3") { page in
        page.text(part.title)
        if bytes > 0 { page.element("small", text: Number.bytes(bytes)) }
      }
      page.element("ol", ["class": "flow"]) { page in
        for group in part.groups {
          page.element("li", ["class": "group"]) { page in
            page.element("h4") { $0.name(group.title) }
            page.element("div", ["class": "units"]) { page in
              for unit in group.units {
                page.element("div", ["class": "unit"]) { page in
                  page.element("span", ["class": "unit-name"]) { $0.name(unit.title) }
                  page.element("span", ["class": "cells"]) { page in
                    for cell in unit.cells { write(cell, scales, to: &page) }
                  }
                }
              }
            }
          }
        }
      }
    }
    page.own("\n")
  }

  private func write(
    _ cell: ModelPlan.Cell, _ scales: [(Measure, LogScale)], to page: inout HTMLWriter
  ) {
    let tensors = cell.rows.map { rows[$0] }
    var (classes, words) = ("cell", [String]())
    for (measure, scale) in scales {
      guard let value = measure.value(tensors) else { continue }
      classes += " \(measure.letter)\(scale.level(value))"
      words.append("\(measure.title) \(value == 0 ? "none" : measure.text(value))")
    }
    let text = ([cell.name] + words).joined(separator: ", ")
    page.element(
      "a",
      ["class": classes, "href": "#t\(cell.rows.first ?? 0)", "title": text, "aria-label": text])
  }
}
