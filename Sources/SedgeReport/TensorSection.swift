// The table of tensors.

/// Every tensor with what is known of it.
struct TensorSection {
  private let rows: [TensorRow]

  init(rows: [TensorRow]) { self.rows = rows }

  /// A column that is shown where a tensor has something in it.
  private struct Field {
    var column: DataTable.Column
    var isPresent: (TensorRow) -> Bool
    var cell: (TensorRow) -> DataTable.Cell
  }

  var section: PageSection? {
    guard !rows.isEmpty else { return nil }
    let compared = rows.count { $0.error != nil }
    let exact = rows.count { $0.error == 0 }
    let others = compared > 0 ? rows.count - compared : 0
    let summary =
      "\(Number.count(rows.count - others, "tensor"))\(compared > 0 ? ", \(exact) of them exact" : "")"
      + (others > 0
        ? "; \(Number.count(others, "layer")) without a tensor of their own, for it is folded." : ".")
    return PageSection(id: "tensors", title: "Tensors", summary: summary) { page in
      let fields = self.fields.filter { field in rows.contains(where: field.isPresent) }
      DataTable(
        caption: "Tensors", columns: fields.map(\.column),
        rows: rows.enumerated().map { index, row in
          DataTable.Row(id: "t\(index)", fields.map { $0.cell(row) })
        }, searchFor: "tensors"
      ).write(to: &page)
    }
  }

  private var fields: [Field] {
    let largest = rows.compactMap(\.local).filter(\.isFinite).max() ?? 0
    return [
      Field(column: .init("tensor", .text), isPresent: { _ in true }) { .name($0.name) },
      Field(column: .init("shape", .text), isPresent: { !$0.shape.isEmpty }) {
        .word($0.shape.map(String.init).joined(separator: " × "))
      },
      Field(column: .init("codec", .text), isPresent: { $0.codec != nil }) { .word($0.codec ?? "") },
      Field(
        column: .init("bits", .number, "stored bits for each weight"), isPresent: { $0.bitsPerWeight != nil }
      ) {
        .init($0.bitsPerWeight) { Number.fixed($0, decimals: 2) }
      },
      Field(
        column: .init("bytes", .number, "of this tensor, as stored"), isPresent: { $0.storedBytes != nil }
      ) {
        .init($0.storedBytes.map(Double.init)) { Number.count($0) }
      },
      Field(
        column: .init("values", .text, "how often values between the least and the greatest occur"),
        isPresent: { $0.histogram.count > 1 }
      ) { row in
        .init { Sparkline(row.histogram).write(to: &$0) }
      },
      Field(
        column: .init("error", .number, "relative RMS error of the weights"), isPresent: { $0.error != nil }
      ) { row in
        var cell = DataTable.Cell(row.error) { $0 == 0 ? "exact" : Number.short($0) }
        if (row.shareOfLimit ?? 0) > 1 || row.error?.isNaN == true { cell.className = "beyond" }
        return cell
      },
      Field(column: .init("limit", .number, "of that error"), isPresent: { $0.limit != nil }) {
        .init($0.limit) { $0 == .infinity ? "none" : Number.short($0) }
      },
      Field(
        column: .init("local", .number, "relative RMS error of the layer's output from the source's input"),
        isPresent: { $0.local != nil }
      ) { .heat($0.local, of: largest) { $0 == 0 ? "exact" : Number.short($0) } },
      Field(
        column: .init("accumulated", .number, "the same with everything before the layer as stored"),
        isPresent: { $0.accumulated != nil }
      ) { .init($0.accumulated) { $0 == 0 ? "exact" : Number.short($0) } },
      Field(
        column: .init("over noise", .number, "the local error over that of another order of summation"),
        isPresent: { $0.localOverNoise != nil }
      ) { .init($0.localOverNoise) { $0 == 0 ? "" : Number.times($0) } },
      Field(column: .init("remarks", .text), isPresent: { !$0.suspicions.isEmpty }) {
        .init($0.suspicions.joined(separator: "; "))
      },
    ]
  }
}

/// A histogram in the height of a line.
struct Sparkline {
  private static let barCount = 24
  private let bars: [Double]

  /// Joins bins where there are more than fit.
  init(_ counts: [Double]) {
    let count = min(counts.count, Self.barCount)
    bars = (0..<count).map { bar in
      let (from, to) = (bar * counts.count / count, (bar + 1) * counts.count / count)
      return counts[from..<to].reduce(0) { $0 + min(max($1.isNaN ? 0 : $1, 0), 1e15) }
    }
  }

  func write(to page: inout HTMLWriter) {
    guard let most = bars.max(), most > 0 else { return }
    page.element(
      "svg",
      [
        "class": "spark", "viewBox": "0 0 \(bars.count * 3) 18", "width": "\(bars.count * 3)", "height": "18",
        "aria-hidden": "true",
      ]
    ) { page in
      // Square roots, so that the ends of a bell are visible.
      let path = bars.enumerated().map { index, value in
        "M\(index * 3) 18v-\(Number.place((value / most).squareRoot() * 17))h2V18z"
      }.joined()
      page.element("path", ["d": path])
    }
  }
}
