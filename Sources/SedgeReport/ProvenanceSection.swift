// Where a result comes from.

/// Files, versions, options and limits, as far as a report has them.
struct ProvenanceSection {
  /// A heading and the facts below it.
  private struct Group {
    var title: String
    var facts: [(name: String, value: String)]
  }

  /// The most facts of a group.
  private static let maximumFactCount = 200

  private var groups: [Group] = []
  /// The command line that made the report, in words.
  private var command: [String] = []
  private var limits: DataTable?

  init(verification value: JSONValue, _ comparisons: [VerificationFacts]) {
    var run: [(String, String)] = []
    for comparison in comparisons {
      run.append(("file", comparison.model))
      run.append(("against", comparison.reference))
    }
    run.append(("arithmetic", value["compute"].text ?? ""))
    run.append(("kernels", value["kernels"].text ?? ""))
    add("Run", run)
    let signature = value["signature"]
    add(
      "Signature, which holds",
      [
        ("file", signature["file"].text ?? ""), ("signature", signature["signature"].text ?? ""),
        ("SHA-256", signature["sha256"].text ?? ""), ("key", signature["key"].text ?? ""),
      ])
    add("Hyperparameters, proven", Self.hyperparameters(value["proven"]))
    add("Hyperparameters, not proven", Self.hyperparameters(value["not_proven"]))
    addProgram(value["provenance"])
    if let first = comparisons.first {
      let origins = first.value["threshold_origins"]
      limits = DataTable(
        caption: "Limits", columns: [.init("limit", .text), .init("value"), .init("from", .text)],
        rows: first.value["thresholds"].members.map { member in
          DataTable.Row([
            .name(member.key.replacing("_", with: "-")),
            .init(member.value.number) { $0 == .infinity ? "none" : Number.short($0) },
            .init(origins[member.key].text ?? ""),
          ])
        }, isSortable: false)
    }
  }

  init(evaluation page: EvaluationPage) {
    let data = page.data
    add(
      "Data",
      [
        ("name", data["name"].text ?? ""), ("pictures", data["picture_count"].number.map(Number.count) ?? ""),
        ("pixels of a class", data["pixel_count"].number.map(Number.count) ?? ""),
        ("preprocessing", data["preprocess"].text ?? ""), ("fingerprint", data["fingerprint"].text ?? ""),
      ])
    for model in page.models {
      add(
        model.name,
        [
          ("model", model.value["architecture"].text ?? ""),
          ("k of early rejection", model.value["top_k"].integer.map(Number.count) ?? "none, all classes"),
          ("SHA-256", model.value["sha256"].text ?? ""),
          ("arithmetic", model.value["compute"].text ?? ""), ("kernels", model.value["kernels"].text ?? ""),
          (
            "classes kept, mean",
            model.value["kept_classes"].number.map { Number.fixed($0, decimals: 1) } ?? ""
          ),
          ("mIoU by chance", model.value["chance_miou"].number.map { Number.percent($0) } ?? ""),
        ])
    }
    if page.value["provenance"].isNull {
      add("Program", [("version", page.value["sedge_version"].text ?? "")])
    }
    addProgram(page.value["provenance"])
  }

  init(sweep value: JSONValue) {
    add(
      "Run",
      [
        ("sources", value["sources"].texts.joined(separator: ", ")), ("model", value["model"].text ?? ""),
        ("pictures", value["pictures"].number.map(Number.count) ?? ""),
        ("pixels", value["pixels"].number.map(Number.count) ?? ""),
        ("classes", value["classes"].number.map(Number.count) ?? ""),
        ("preprocessing", value["preprocess"].text ?? ""), ("arithmetic", value["compute"].text ?? ""),
        ("kernels", value["kernels"].text ?? ""),
      ])
    addProgram(value["provenance"])
  }

  init(inspection value: JSONValue) {
    let header = value["header"]
    add(
      "File",
      [
        ("file", value["file"].text ?? ""), ("format", value["format"].text ?? ""),
        ("names", value["naming"].text ?? ""), ("prefix", value["prefix"].text ?? ""),
        ("made by", header["sedge_version"].text.map { "sedge \($0)" } ?? ""),
      ])
    for source in header["sources"].elements.prefix(16) {
      add(
        "Source",
        [
          ("file", source["file"].text ?? ""), ("format", source["format"].text ?? ""),
          ("bytes", source["bytes"].number.map(Number.count) ?? ""), ("SHA-256", source["sha256"].text ?? ""),
        ])
    }
    add("Options", header["options"].members.map { ($0.key.replacing("_", with: "-"), $0.value.text ?? "") })
    add("Hyperparameters", Self.hyperparameters(value["hyperparameters"]))
    let folds = header["folds"].elements
    if !folds.isEmpty {
      let applied = folds.count { $0["applied"].boolean == true }
      add("Folds", [("applied", Number.count(applied)), ("left", Number.count(folds.count - applied))])
    }
    if let text = header["quantization"]["requested"].text { add("Quantization", [("requested", text)]) }
    addProgram(value["provenance"])
    addProgram(header["provenance"], title: "Program that made the file")
  }

  var section: PageSection? {
    guard !groups.isEmpty || !command.isEmpty else { return nil }
    return PageSection(id: "provenance", title: "Provenance") { page in
      page.element("div", ["class": "columns"]) { page in
        for group in groups {
          page.element("div", ["class": "facts-list"]) { page in
            page.element("h3", text: group.title)
            page.element("dl") { page in
              for fact in group.facts {
                page.element("dt") { $0.name(fact.name) }
                page.element("dd") { $0.name(fact.value) }
              }
            }
          }
        }
      }
      if !command.isEmpty {
        page.element("h3", text: "Command")
        CommandBlock(lines: Shell.lines(command), label: "The command that made this report").write(to: &page)
      }
      if let limits {
        page.element("h3", text: "Limits")
        limits.write(to: &page)
      }
    }
  }

  private mutating func add(_ title: String, _ facts: [(String, String)]) {
    let facts = facts.filter { !$0.1.isEmpty }.prefix(Self.maximumFactCount)
    if !facts.isEmpty { groups.append(Group(title: title, facts: facts.map { (name: $0.0, value: $0.1) })) }
  }

  private mutating func addProgram(_ value: JSONValue, title: String = "Program") {
    if command.isEmpty { command = value["command"].texts }
    let rest = value.members.filter { $0.key != "command" || $0.value.texts.isEmpty }
    add(title, Self.facts(of: .object(rest), name: ""))
  }

  /// The texts and numbers of any value, each with the path of its keys.
  private static func facts(of value: JSONValue, name: String) -> [(String, String)] {
    let words = { (key: String) in
      (name.isEmpty ? "" : name + ", ") + key.replacing("_", with: " ")
    }
    switch value {
    case .null: return []
    case .boolean(let value): return [(name, value ? "yes" : "no")]
    case .number(let value): return [(name, Number.short(value))]
    case .text(let text): return [(name, text)]
    case .numbers(let numbers): return [(name, numbers.map(Number.short).joined(separator: ", "))]
    case .array(let elements):
      let texts = value.texts
      if texts.count == elements.count { return [(name, texts.joined(separator: ", "))] }
      return elements.enumerated().flatMap { facts(of: $0.element, name: words("\($0.offset + 1)")) }
    case .object(let members): return members.flatMap { facts(of: $0.value, name: words($0.key)) }
    }
  }

  private static func hyperparameters(_ value: JSONValue) -> [(String, String)] {
    value.elements.compactMap { item in
      guard let name = item["name"].text else { return nil }
      let values =
        item["value"].number.map { [$0] }
        ?? (item["values"].numbers.isEmpty ? item["value"].numbers : item["values"].numbers)
      let text = values.map { $0 == $0.rounded() ? Number.count($0) : "\(Float($0))" }.joined(separator: ", ")
      let origin = [item["origin"].text, item["detail"].text].compactMap(\.self).joined(separator: " ")
      return (name, origin.isEmpty ? text : "\(text) (\(origin))")
    }
  }
}
