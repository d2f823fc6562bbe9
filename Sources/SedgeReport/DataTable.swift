// Tables, which a script makes sortable and searchable.

/// A table with a heading for each column.
struct DataTable {
  /// A column.
  struct Column {
    enum Kind: String { case text, number }

    var title: String
    var kind: Kind
    /// What the column means, where its title does not say it.
    var explanation: String?

    init(_ title: String, _ kind: Kind = .number, _ explanation: String? = nil) {
      (self.title, self.kind, self.explanation) = (title, kind, explanation)
    }
  }

  /// A cell.
  struct Cell {
    /// What it is sorted by; a number sorts before a text.
    var order: Double?
    var className: String?
    /// Whether it names its row.
    var isHeading = false
    var content: (inout HTMLWriter) -> Void

    /// A text as it is.
    init(_ text: String) { content = { $0.text(text) } }

    /// A number in words of its own; empty where there is none.
    init(_ value: Double?, _ text: (Double) -> String) {
      order = value
      let text = value.map(text) ?? ""
      content = { $0.text(text) }
    }

    /// A number of its own look.
    init(order: Double? = nil, className: String? = nil, content: @escaping (inout HTMLWriter) -> Void) {
      (self.order, self.className, self.content) = (order, className, content)
    }

    /// A name, which may break at its dots.
    static func name(_ name: String) -> Cell {
      var cell = Cell(className: "name") { $0.longName(name) }
      cell.isHeading = true
      return cell
    }

    /// A text that does not break.
    static func word(_ text: String) -> Cell { Cell(className: "word") { $0.text(text) } }

    /// A figure, and its interval below it.
    static func estimate(_ estimate: Estimate?, isSigned: Bool = false) -> Cell {
      Cell(order: estimate?.value) { page in
        guard let estimate else { return }
        page.text(estimate.valueText(isSigned: isSigned))
        if let interval = estimate.intervalText {
          page.text(" ")
          page.element("span", ["class": "interval"], text: interval)
        }
      }
    }

    /// A share as percent, with its size as colour from 0 to the largest.
    static func heat(_ value: Double?, of largest: Double, _ text: (Double) -> String) -> Cell {
      var cell = Cell(value, text)
      if let value { cell.className = "heat h\(HeatLevel.linear(value, of: largest))" }
      return cell
    }
  }

  /// A row.
  struct Row {
    var id: String?
    var cells: [Cell]

    init(id: String? = nil, _ cells: [Cell]) { (self.id, self.cells) = (id, cells) }
  }

  /// What the table lists, for those who cannot see where it stands.
  var caption: String
  var columns: [Column]
  var rows: [Row]
  var isSortable = true
  /// What can be searched for, such as `tensors`; empty for no field.
  var searchFor = ""

  func write(to page: inout HTMLWriter) {
    page.element("div", ["class": "table", "data-search": searchFor.isEmpty ? nil : searchFor]) { page in
      page.element("div", ["class": "scroll", "tabindex": "0", "role": "region", "aria-label": caption]) {
        page in
        page.element("table", ["class": isSortable ? "sortable" : nil]) { page in
          page.element("caption", ["class": "hidden"], text: caption)
          page.element("thead") { page in
            page.element("tr") { page in
              for column in columns {
                page.element(
                  "th", ["scope": "col", "class": column.kind.rawValue, "title": column.explanation]
                ) { $0.name(column.title) }
              }
            }
          }
          page.element("tbody") { page in
            for row in rows { write(row, to: &page) }
          }
        }
      }
    }
    page.own("\n")
  }

  private func write(_ row: Row, to page: inout HTMLWriter) {
    page.element("tr", ["id": row.id]) { page in
      for (column, cell) in zip(columns, row.cells) {
        let classes = [column.kind == .number ? "number" : nil, cell.className].compactMap(\.self)
        let attributes: HTMLWriter.Attributes = [
          "class": classes.isEmpty ? nil : classes.joined(separator: " "),
          "data-v": cell.order.map { "\($0)" },
        ]
        if cell.isHeading {
          page.element("th", ["scope": "row", "class": "name"], cell.content)
        } else {
          page.element("td", attributes, cell.content)
        }
      }
    }
    page.own("\n")
  }
}

/// Steps of a scale of colours: 0 is nothing, 8 the most.
enum HeatLevel {
  static let count = 8

  /// Equal steps from 0 to the largest value.
  static func linear(_ value: Double, of largest: Double) -> Int {
    guard value > 0, largest > 0 else { return value.isNaN || value > 0 ? count : 0 }
    guard value < largest else { return count }
    return min(max(Int((value / largest * Double(count)).rounded(.up)), 1), count)
  }
}
