// The first screen of a page.

/// The verdict, and the four answers that a reader comes for.
struct Verdict {
  enum Status: String { case good, bad, neutral }

  /// A question of the reader, with its answer.
  struct Answer {
    var question: String
    /// One sentence.
    var answer: String
    var details: (inout HTMLWriter) -> Void = { _ in }
  }

  var status: Status
  /// One or two words, such as `Pass`.
  var word: String
  /// One sentence.
  var sentence: String
  /// What was compared, in short facts.
  var facts: [String]
  var answers: [Answer]

  func write(to page: inout HTMLWriter) {
    page.element("header", ["class": "verdict \(status.rawValue)"]) { page in
      page.element("p", ["class": "word"]) { page in
        page.element("span", ["class": "mark", "aria-hidden": "true"], text: mark)
        page.text(word)
      }
      page.element("h1", text: sentence)
      page.element("p", ["class": "facts"]) { page in
        for fact in facts { page.element("span") { $0.name(fact) } }
      }
    }
    page.element("div", ["class": "answers"]) { page in
      for answer in answers {
        page.element("section", ["class": "card"]) { page in
          page.element("h2", text: answer.question)
          page.element("p", ["class": "answer"], text: answer.answer)
          answer.details(&page)
        }
      }
    }
  }

  private var mark: String {
    switch status {
    case .good: "✓"
    case .bad: "✕"
    case .neutral: "i"
    }
  }
}

/// A figure beside its limit, as a bar of what it uses of the limit.
struct Gauge {
  var title: String
  var value: String
  /// The limit in words, such as `at least 91.4%`.
  var limit: String
  /// What of the limit is used: 1 is all of it; `nil` without a limit.
  var share: Double?
  /// Where the value was found.
  var place = ""

  var isWithin: Bool { share.map { $0 <= 1 } ?? true }

  func write(to page: inout HTMLWriter) {
    page.element("li", ["class": isWithin ? "gauge" : "gauge beyond"]) { page in
      page.element("span", ["class": "name"], text: title)
      page.element("span", ["class": "value"], text: value)
      page.element("span", ["class": "limit"], text: limit)
      if let share { Bar(share: share, className: isWithin ? "use" : "use beyond").write(to: &page) }
      if !place.isEmpty { page.element("span", ["class": "place"]) { $0.name(place) } }
    }
  }
}

/// A horizontal bar, for the eye alone: its number stands beside it.
struct Bar {
  /// 0 to 1; more is drawn as 1.
  var share: Double
  var className: String

  func write(to page: inout HTMLWriter) {
    let width = share.isNaN ? 100 : min(max(share, 0), 1) * 100
    page.element(
      "svg",
      [
        "class": "bar \(className)", "viewBox": "0 0 100 4", "preserveAspectRatio": "none",
        "aria-hidden": "true",
      ]
    ) { page in
      page.element("rect", ["class": "track", "width": "100", "height": "4"])
      page.element("rect", ["class": "fill", "width": Number.place(width), "height": "4"])
    }
  }
}
