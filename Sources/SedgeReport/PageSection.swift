// One section of a page.

/// A section with a heading, which the page's navigation leads to.
struct PageSection {
  /// The anchor.
  var id: StaticString
  var title: String
  /// One sentence below the title on what is shown; empty for none.
  var summary = ""
  var content: (inout HTMLWriter) -> Void

  func write(to page: inout HTMLWriter) {
    page.element("section", ["id": "\(id)", "aria-labelledby": "\(id)-title"]) { page in
      page.element("h2", ["id": "\(id)-title"], text: title)
      if !summary.isEmpty { page.element("p", ["class": "lead"], text: summary) }
      content(&page)
    }
  }
}
