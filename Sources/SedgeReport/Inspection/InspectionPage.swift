// The page of inspect.

/// What the page of an inspection says.
struct InspectionPage {
  private let value: JSONValue
  private let rows: [TensorRow]
  private var header: JSONValue { value["header"] }

  init(_ value: JSONValue) {
    self.value = value
    rows = [TensorRow](inspection: value)
  }

  private var name: String { (value["file"].text ?? "the file").fileName }
  private var isSedge: Bool { !header.isNull }

  var parts: ReportDocument.Parts {
    ReportDocument.Parts(
      title: "\(name): contents", kind: "inspect", verdict: verdict,
      sections: [
        problemSection, ModelSection(rows: rows).section, suspicionSection,
        TensorSection(rows: rows).section, ProvenanceSection(inspection: value).section,
      ].compactMap(\.self))
  }

  // MARK: First screen

  private var verdict: Verdict {
    let fits = value["fits"].boolean ?? false
    let model = value["model"].text
    var facts = [value["format"].text ?? ""].filter { !$0.isEmpty }
    if let bytes = value["file_bytes"].integer { facts.append(Number.bytes(bytes)) }
    if let count = value["tensor_count"].integer { facts.append(Number.count(count, "tensor")) }
    if let count = value["parameters"].integer { facts.append(Number.count(count, "parameter")) }
    return Verdict(
      status: fits ? .good : .bad, word: fits ? "Fits" : "Does not fit",
      sentence: fits
        ? "\(name) has every tensor that its model needs"
        : "\(name) is \(model.map { "not quite \($0)" } ?? "no model that Sedge knows")",
      facts: facts, answers: [identity, size, quality, remarks])
  }

  private var identity: Verdict.Answer {
    let architecture = value["architecture"]
    let list = { (key: String) in
      architecture[key].numbers.map(Number.count).joined(separator: ", ")
    }
    let number = { (key: String) in architecture[key].number.map(Number.count) ?? "" }
    var facts: [(String, String)] = []
    if !list("depths").isEmpty {
      facts.append(("image encoder", "blocks \(list("depths")); widths \(list("widths"))"))
    }
    if !number("image_layers").isEmpty {
      facts.append(
        (
          "image encoder",
          "\(number("image_layers")) layers, width \(number("image_width")), \(number("image_heads")) heads, patches of \(number("patch")) × \(number("patch")) pixels"
        ))
    }
    if !number("text_layers").isEmpty {
      facts.append(
        (
          "text encoder",
          "\(number("text_layers")) layers, width \(number("text_width")), \(number("text_heads")) heads"
        ))
    }
    if !number("hidden_width").isEmpty {
      facts.append(
        ("decoder", "width \(number("hidden_width")) to \(list("decoder_widths")), \(number("heads")) heads"))
    }
    if let resolution = header["resolution"].number {
      facts.append(("input", "\(Number.count(resolution)) × \(Number.count(resolution)) pixels"))
    }
    let lists = header["class_lists"].elements.prefix(3).compactMap { list in
      list["name"].text.map { "\($0) (\(list["classes"].elements.count))" }
    }
    if !lists.isEmpty { facts.append(("class lists", lists.joined(separator: ", "))) }
    return Verdict.Answer(
      question: "What is it?", answer: value["model"].text ?? value["diagnosis"].text ?? "No known model."
    ) { page in
      page.element("dl") { page in
        for fact in facts {
          page.element("dt", text: fact.0)
          page.element("dd", text: fact.1)
        }
      }
    }
  }

  private var size: Verdict.Answer {
    let parts = value["parts"].elements.prefix(8).compactMap { part -> (String, Int, Int)? in
      guard let name = part["name"].text, let bytes = part["stored_bytes"].integer ?? part["bytes"].integer
      else { return nil }
      return (name, bytes, part["parameters"].integer ?? 0)
    }.sorted { $0.1 > $1.1 }
    let all = max(parts.reduce(0) { $0 + $1.1 }, 1)
    let largest = parts.first
    return Verdict.Answer(
      question: "Where are the bytes?",
      answer: largest.map {
        "\(Number.percent(Double($0.1) / Double(all), decimals: 0)) of the weights' bytes are in the \($0.0)."
      } ?? "There are no tensors."
    ) { page in
      page.element("ul", ["class": "ranks"]) { page in
        for part in parts {
          page.element("li") { page in
            page.element("span", ["class": "name"], text: part.0)
            page.element("span", ["class": "value"], text: Number.bytes(part.1))
            Bar(share: Double(part.1) / Double(all), className: "use").write(to: &page)
          }
        }
      }
    }
  }

  private var quality: Verdict.Answer {
    let question = "How exact are the weights?"
    let inexact = rows.enumerated().filter { ($0.element.error ?? 0) > 0 }
      .sorted { ($0.element.error ?? 0) > ($1.element.error ?? 0) }
    guard let worst = inexact.first?.element, let error = worst.error else {
      return Verdict.Answer(
        question: question,
        answer: isSedge ? "As exact as in the source." : "They are the source: nothing was coded.")
    }
    return Verdict.Answer(
      question: question,
      answer:
        "\(inexact.count) of \(Number.count(rows.count, "tensor")) are coded with errors, of at most \(Number.short(error)) (relative RMS error)."
    ) { page in
      page.element("ul", ["class": "ranks"]) { page in
        for (index, row) in inexact.prefix(4) {
          page.element("li") { page in
            page.element("a", ["class": "name", "href": "#t\(index)"]) { $0.longName(row.name) }
            page.element("span", ["class": "value"], text: Number.short(row.error ?? 0))
            Bar(share: (row.error ?? 0) / error, className: "rank").write(to: &page)
          }
        }
      }
    }
  }

  private var remarks: Verdict.Answer {
    let texts = value["remarks"].texts
    let problems = value["problems"].elements.count
    let suspicious = rows.count { !$0.suspicions.isEmpty }
    var sentences: [String] = []
    if problems > 0 { sentences.append("\(Number.count(problems, "tensor does", "tensors do")) not fit.") }
    if suspicious > 0 {
      sentences.append("\(Number.count(suspicious, "tensor has", "tensors have")) suspicious values.")
    }
    if let text = value["diagnosis"].text { sentences.append(text) }
    let assumed = value["hyperparameters"].elements.filter { $0["origin"].text == "assumed" }.compactMap {
      $0["name"].text
    }
    if !assumed.isEmpty {
      sentences.append("Assumed, for no shape shows them: \(assumed.joined(separator: ", ")).")
    }
    return Verdict.Answer(
      question: "What stands out?", answer: sentences.isEmpty ? "Nothing." : sentences.joined(separator: " ")
    ) { page in
      for text in texts.prefix(5) { page.element("p", ["class": "note"], text: text) }
      guard !assumed.isEmpty else { return }
      page.element("p", ["class": "note"], text: "verify --golden proves what was assumed.")
    }
  }

  // MARK: Sections

  private var problemSection: PageSection? {
    let problems = value["problems"].elements
    guard !problems.isEmpty else { return nil }
    return PageSection(id: "problems", title: "Problems") { page in
      DataTable(
        caption: "Tensors that do not fit",
        columns: [.init("tensor", .text), .init("problem", .text), .init("cause", .text)],
        rows: problems.prefix(1000).map {
          DataTable.Row([
            .name($0["tensor"].text ?? ""), .init($0["description"].text ?? ""),
            .init($0["cause"].text ?? ""),
          ])
        }
      ).write(to: &page)
    }
  }

  private var suspicionSection: PageSection? {
    let marked = rows.enumerated().filter { !$0.element.suspicions.isEmpty }
    guard !marked.isEmpty else { return nil }
    return PageSection(id: "suspicions", title: "Suspicious values") { page in
      DataTable(
        caption: "Tensors with suspicious values", columns: [.init("tensor", .text), .init("what", .text)],
        rows: marked.map { index, row in
          DataTable.Row([
            .init(className: "name") { page in
              page.element("a", ["href": "#t\(index)"]) { $0.name(row.name) }
            }, .init(row.suspicions.joined(separator: "; ")),
          ])
        }
      ).write(to: &page)
    }
  }
}
