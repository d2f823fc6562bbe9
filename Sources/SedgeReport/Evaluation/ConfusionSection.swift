// What models take for what.

internal import SedgeImages

/// The pairs that are confused most, and the matrix as an image.
struct ConfusionSection {
  /// The most classes of a matrix that is drawn: more would be less than three pixels each.
  private static let maximumClassCount = 200
  /// The most models whose matrices are drawn.
  private static let maximumModelCount = 4
  private static let pairCount = 20

  /// Colours from nothing to all, on a white page.
  private static let colors: [RGBColor] = (0...64).map { step in
    let t = Double(step) / 64
    let mix = { (from: Double, to: Double) in UInt8((from + (to - from) * t.squareRoot()).rounded()) }
    return RGBColor(mix(255, 133), mix(255, 60), mix(255, 5))
  }

  private let page: EvaluationPage

  init(_ page: EvaluationPage) { self.page = page }

  var section: PageSection? {
    let classes = page.data["classes"].texts
    let models = page.models.prefix(Self.maximumModelCount).map {
      ($0.name, ConfusedClasses($0.value, classes: classes))
    }
    .filter { !$0.1.isEmpty }
    guard !models.isEmpty else { return nil }
    return PageSection(
      id: "confusion", title: "Confusion",
      summary: "Pixels of one class with the label of another, as shares of the true class."
    ) { page in
      for (index, model) in models.enumerated() {
        if models.count > 1 { page.element("h3") { $0.name(model.0) } }
        page.element("div", ["class": "confusion"]) { page in
          writeMatrix(model.1, index, name: model.0, to: &page)
          pairs(of: model.1, name: model.0).write(to: &page)
        }
      }
    }
  }

  private func pairs(of confused: ConfusedClasses, name: String) -> DataTable {
    let worst = confused.worst(Self.pairCount)
    let largest = worst.map(\.share).filter(\.isFinite).max() ?? 1
    return DataTable(
      caption: "Pairs of classes that \(name) confuses most",
      columns: [.init("class", .text), .init("taken for", .text), .init("share"), .init("pixels")],
      rows: worst.map { pair in
        DataTable.Row([
          .name(pair.truth), .init(pair.predicted), .heat(pair.share, of: largest, Number.percent),
          .init(pair.pixels, Number.count),
        ])
      })
  }

  private func writeMatrix(_ confused: ConfusedClasses, _ index: Int, name: String, to page: inout HTMLWriter)
  {
    let count = confused.classes.count
    guard (2...Self.maximumClassCount).contains(count) else { return }
    var samples: [UInt8] = []
    for truth in 0..<count {
      for predicted in 0..<count {
        let share = confused.share(predicted: predicted, truth: truth)
        samples.append(UInt8(min(max(share.isNaN ? 0 : share, 0), 1) * 64))
      }
    }
    let size = PictureExtent(width: count, height: count, side: count)
    guard let bytes = try? size.pngBytes(samples, palette: Self.colors) else { return }
    page.element("figure", ["class": "matrix"]) { page in
      page.void(
        "img",
        [
          "src": dataAddress("image/png", bytes), "width": "\(count)", "height": "\(count)",
          "alt": "The matrix of confusion of \(name): a row for each true class, a column for each label",
        ])
      page.element("figcaption") { page in
        page.text("rows: the truth; columns: the labels of ")
        page.name(name)
      }
      page.element("p", ["class": "readout", "aria-live": "polite"], text: "Point at the matrix for names.")
      if index == 0 {
        page.element("ol", ["class": "names", "hidden": ""]) { page in
          for name in confused.classes { page.element("li", text: name) }
        }
      }
    }
  }
}
