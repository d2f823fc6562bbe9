// A report as one HTML file.

/// A page that holds everything it shows and loads nothing.
package struct ReportPage {
  private let title: String
  private let kind: String
  private let verdict: Verdict
  private let sections: [PageSection]

  /// Lays a report out.
  ///
  /// - Parameter pictures: The pictures of the run; `nil` where the command is no longer running.
  package init(_ document: ReportDocument, pictures: PictureSheet? = nil) {
    let parts = document.parts(pictures)
    (title, kind, verdict, sections) = (parts.title, parts.kind, parts.verdict, parts.sections)
  }

  /// The file: the same report gives the same bytes.
  package var html: String {
    var page = HTMLWriter()
    page.own("<!doctype html>\n")
    page.element("html", ["lang": "en"]) { page in
      page.element("head") { writeHead(to: &$0) }
      page.element("body") { page in
        page.element("a", ["class": "skip", "href": "#main"], text: "Skip to the verdict")
        writeBar(to: &page)
        page.element("main", ["id": "main"]) { page in
          verdict.write(to: &page)
          for section in sections { section.write(to: &page) }
        }
        page.element("footer") { page in
          page.element(
            "p", text: "Made by sedge \(kind). This file loads nothing; it can be kept and sent as it is.")
        }
        page.element("script") { $0.own(Asset.script.text) }
      }
    }
    return page.html + "\n"
  }

  private func writeHead(to page: inout HTMLWriter) {
    page.void("meta", ["charset": "utf-8"])
    page.void("meta", ["http-equiv": "Content-Security-Policy", "content": Self.policy])
    page.void("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"])
    page.void("meta", ["name": "referrer", "content": "no-referrer"])
    page.element("title", text: title)
    page.element("style") { $0.own(Asset.style.text) }
  }

  /// What the browser may run and load: this style sheet, this script, and pictures that are in the file.
  static let policy =
    "default-src 'none'; style-src '\(Asset.style.digest)'; script-src '\(Asset.script.digest)'; img-src data:; "
    + "base-uri 'none'; form-action 'none'"

  private func writeBar(to page: inout HTMLWriter) {
    page.element("nav", ["class": "top", "aria-label": "Sections"]) { page in
      page.element("a", ["class": "brand", "href": "#main"]) { page in
        page.text("sedge ")
        page.element("span", text: kind)
      }
      page.element("ul") { page in
        for section in sections {
          page.element("li") { page in
            page.element("a", ["href": "#\(section.id)"], text: section.title)
          }
        }
      }
      page.element(
        "button", ["type": "button", "id": "theme", "hidden": "", "aria-pressed": "false"], text: "Dark")
    }
  }
}

extension ReportDocument {
  /// What a page consists of.
  struct Parts {
    var title: String
    var kind: String
    var verdict: Verdict
    var sections: [PageSection]
  }

  func parts(_ pictures: PictureSheet?) -> Parts {
    switch kind {
    case .verify: VerificationPage(value, pictures: pictures).parts
    case .evaluate: EvaluationPage(value, pictures: pictures).parts
    case .sweep: SweepPage(value).parts
    case .inspect: InspectionPage(value).parts
    }
  }
}
