// The browser of pictures.

internal import SedgeImages

/// Pictures with their maps: images side by side, which a script makes a browser of.
struct PictureSection {
  private let sheet: PictureSheet?
  /// What an entry is: a picture, or a run on one.
  private let noun: String
  /// How to get pictures, where there are none.
  private let advice: String

  init(_ sheet: PictureSheet?, noun: String, advice: String) {
    (self.sheet, self.noun, self.advice) = (sheet, noun, advice)
  }

  var section: PageSection? {
    guard let sheet, !sheet.entries.isEmpty else {
      return advice.isEmpty
        ? nil
        : PageSection(id: "pictures", title: "Pictures") { page in
          page.element("p", ["class": "lead"], text: advice)
        }
    }
    return PageSection(id: "pictures", title: "Pictures", summary: summary(of: sheet)) { page in
      page.element("div", ["class": "pictures"]) { page in
        for (index, entry) in sheet.entries.enumerated() { write(entry, index, to: &page) }
      }
    }
  }

  private func summary(of sheet: PictureSheet) -> String {
    let (shown, all) = (sheet.entries.count, sheet.pictureCount)
    let rule =
      shown == all
      ? "\(Number.count(all, noun)), the worst first"
      : "The worst \(Number.count(shown)) of \(Number.count(all, noun)), the worst first: a page has at most "
        + "\(PictureSheet.maximumPictureCount), of \(PictureSheet.maximumByteCount / 1_000_000) MB together"
    return rule + "; none is shown larger than \(PictureSheet.side) pixels."
  }

  private func write(_ entry: PictureSheet.Entry, _ index: Int, to page: inout HTMLWriter) {
    page.element(
      "article",
      [
        "class": "picture", "id": "p\(index)", "data-margin": "\(entry.largestMargin)",
        "aria-labelledby": "p\(index)-name",
      ]
    ) { page in
      page.element("h3", ["id": "p\(index)-name"]) { $0.name(entry.name) }
      page.element("p", ["class": "facts"]) { page in
        for fact in entry.facts { page.element("span", text: fact) }
      }
      page.element("div", ["class": "views"]) { page in
        for view in entry.views {
          page.element("figure", ["data-kind": view.kind.rawValue]) { page in
            page.void(
              "img",
              [
                "src": view.address, "width": "\(entry.size.width)", "height": "\(entry.size.height)",
                "alt": text(of: view, entry), "loading": "lazy", "decoding": "async",
              ])
            page.element("figcaption", text: view.title)
          }
        }
      }
      writeLegend(of: entry, to: &page)
    }
    page.own("\n")
  }

  private func text(of view: PictureSheet.Entry.View, _ entry: PictureSheet.Entry) -> String {
    switch view.kind {
    case .input: "The picture \(entry.name)"
    case .labels: "Labels of \(view.title) for \(entry.name), in the colours of the legend"
    case .difference: "Pixels of \(entry.name) with different labels"
    case .margin: "Margin of the best class over the second for \(entry.name), bright where it is large"
    }
  }

  private func writeLegend(of entry: PictureSheet.Entry, to page: inout HTMLWriter) {
    page.element("table", ["class": "legend"]) { page in
      page.element("caption", ["class": "hidden"], text: "Classes of \(entry.name)")
      page.element("thead") { page in
        page.element("tr") { page in
          page.element("th", ["scope": "col"], text: "class")
          for title in entry.mapTitles {
            page.element("th", ["scope": "col", "class": "number"], text: title)
          }
        }
      }
      page.element("tbody") { page in
        for found in entry.classes {
          page.element("tr", ["data-color": found.color]) { page in
            page.element("th", ["scope": "row"]) { page in
              page.element(
                "svg",
                [
                  "class": "dot", "viewBox": "0 0 10 10", "width": "11", "height": "11",
                  "aria-hidden": "true",
                ]
              ) { $0.element("rect", ["width": "10", "height": "10", "rx": "2", "fill": found.color]) }
              page.text(found.name)
            }
            for share in found.shares {
              page.element(
                "td", ["class": "number"], text: share == 0 ? "" : Number.percent(share, decimals: 2))
            }
          }
        }
      }
    }
  }
}
