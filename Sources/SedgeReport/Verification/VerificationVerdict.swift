// The first screen of verify's page.

/// The verdict of a verification in four answers.
struct VerificationVerdict {
  private let page: VerificationPage
  private let passes: Bool
  /// The command line that made the report; empty where it is not known.
  private let command: [String]
  private var main: VerificationFacts { page.main }
  private var costs: LayerCosts { main.costs }

  init(_ page: VerificationPage, passes: Bool, command: [String]) {
    (self.page, self.passes, self.command) = (page, passes, command)
  }

  var verdict: Verdict {
    let failures = page.comparisons.reduce(0) { $0 + $1.failures.count }
    let name = main.model.fileName
    let sentence =
      passes
      ? "\(name) is within its limits"
      : failures == 0 ? "Nothing of \(name) could be compared" : "\(name) is not within its limits"
    return Verdict(
      status: passes ? .good : .bad, word: passes ? "Pass" : "Fail", sentence: sentence, facts: facts,
      answers: [quality, difference, fault, remedy])
  }

  private var facts: [String] {
    let runs = page.comparisons.flatMap(\.runs)
    let layers = main.layers.count
    var facts = page.comparisons.map { "against \($0.reference.fileName)" }
    if !runs.isEmpty { facts.append(Number.count(runs.count, "run")) }
    let tensors = main.rows.count { $0.error != nil }
    if tensors > 0 { facts.append(Number.count(tensors, "tensor")) }
    if layers > 0 { facts.append("\(Number.count(layers, "layer")) measured") }
    let bytes = main.weightBytes
    if bytes > 0 { facts.append("weights of \(Number.bytes(bytes))") }
    return facts
  }

  // MARK: Is it as good?

  private var quality: Verdict.Answer {
    let gauges = page.comparisons.flatMap { DecidingFigures($0).gauges }
    let beyond = gauges.count { !$0.isWithin }
    let failures = page.comparisons.flatMap(\.failures)
    let answer =
      passes
      ? "Every figure is within its limit" + labels + "."
      : failures.isEmpty
        ? "Unknown: there was nothing to compare."
        : beyond == 0
          ? "No: \(failures[0])."
          : "No: \(Number.count(failures.count, "figure is", "figures are")) out of tolerance."
    return Verdict.Answer(question: "Is it as good?", answer: answer) { page in
      page.element("ul", ["class": "gauges"]) { page in
        for gauge in gauges { gauge.write(to: &page) }
      }
    }
  }

  /// How many labels differ, the worst run's first of all.
  private var labels: String {
    guard let least = page.comparisons.flatMap(\.runs).compactMap(\.equal).min() else { return "" }
    return least == 1
      ? "; no label differs" : "; at most \(Number.percent(1 - least)) of a picture's labels differ"
  }

  // MARK: Where does it differ?

  private var difference: Verdict.Answer {
    let runs = main.runs.filter { $0.equal != nil }.sorted { ($0.equal ?? 1) < ($1.equal ?? 1) }
    guard let worst = runs.first, let equal = worst.equal else {
      return Verdict.Answer(
        question: "Where does it differ?",
        answer: main.runs.isEmpty ? "No pictures were run." : "Labels were not recorded.")
    }
    let answer: String
    if equal == 1 {
      answer = "No pixel of any run has another label."
    } else {
      let within = worst.within.map {
        $0 == 1
          ? "; by the source's scores all of them are as good"
          : ", \(Number.percent(1 - $0)) one that is worse by more than the margin"
      }
      answer =
        "Most on \(worst.name): \(Number.percent(1 - equal)) of its pixels have another label\(within ?? "")."
    }
    let largest = max(1 - equal, 1e-9)
    return Verdict.Answer(question: "Where does it differ?", answer: answer) { page in
      page.element("ul", ["class": "ranks"]) { page in
        for run in runs.prefix(4) {
          let share = 1 - (run.equal ?? 1)
          page.element("li") { page in
            page.element("span", ["class": "name"]) { $0.name(run.name) }
            page.element("span", ["class": "value"], text: Number.percent(share))
            Bar(share: share / largest, className: "rank").write(to: &page)
          }
        }
      }
      if runs.count > 4 {
        page.element("p", ["class": "more"]) { page in
          page.element("a", ["href": "#results"], text: "all \(runs.count) runs")
        }
      }
    }
  }

  // MARK: Whose fault is it?

  private var fault: Verdict.Answer {
    let question = "Whose fault is it?"
    if main.rows.contains(where: \.isForeign) {
      return foreignTensors(question)
    }
    if !costs.layers.isEmpty { return expensiveLayers(question) }
    guard !main.layers.isEmpty else {
      return Verdict.Answer(
        question: question, answer: "Layers were not measured: verify --against measures them.")
    }
    let worst = main.worstLayers
    guard let first = worst.first, let local = first.local else {
      return Verdict.Answer(
        question: question,
        answer: "No layer's: none has an error of its own beyond another order of summation.")
    }
    let squares = worst.reduce(0) { $0 + ($1.local ?? 0) * ($1.local ?? 0) }
    let share = local * local / squares
    let few = worst.prefix(5).reduce(0) { $0 + ($1.local ?? 0) * ($1.local ?? 0) } / squares
    let answer =
      share >= 0.5
      ? "One layer's: \(Number.percent(share, decimals: 0)) of all squared errors arise in \(first.name)."
      : "The sum of \(Number.count(worst.count, "layer")): the worst makes \(Number.percent(share, decimals: 0)) of the "
        + "squared errors that arise in them, the worst five \(Number.percent(few, decimals: 0))."
    return Verdict.Answer(question: question, answer: answer) { page in
      page.element("ul", ["class": "ranks"]) { page in
        for row in worst.prefix(4) {
          page.element("li") { page in
            page.element("a", ["class": "name", "href": main.anchor(of: row.name)]) { $0.longName(row.name) }
            page.element("span", ["class": "value"], text: Number.short(row.local ?? 0))
            Bar(share: (row.local ?? 0) / local, className: "rank").write(to: &page)
          }
        }
      }
      page.element("p", ["class": "more"]) { page in
        page.element("a", ["href": "#layers"], text: "all \(main.layers.count) layers")
      }
    }
  }

  private func foreignTensors(_ question: String) -> Verdict.Answer {
    let beyond = main.rows.filter(\.isForeign)
      .sorted { ($0.shareOfLimit ?? .infinity) > ($1.shareOfLimit ?? .infinity) }
    let others = main.value["other_sources"].texts
    let cause =
      others.isEmpty
      ? "the file's: it was made from this source"
      : "perhaps nobody's: by its SHA-256 \(others.map(\.fileName).joined(separator: ", ")) is not what the file was made from"
    return Verdict.Answer(
      question: question,
      answer:
        "\(Number.count(beyond.count, "tensor is", "tensors are")) further from the source than the coding allows, and "
        + "the fault is \(cause)."
    ) { page in
      page.element("ul", ["class": "ranks"]) { page in
        for row in beyond.prefix(4) {
          page.element("li") { page in
            page.element("a", ["class": "name", "href": main.anchor(of: row.name)]) { $0.name(row.name) }
            page.element("span", ["class": "value"], text: Number.short(row.error ?? .nan))
            Bar(share: 1, className: "rank beyond").write(to: &page)
          }
        }
      }
    }
  }

  /// The layers by the labels that they cost.
  private func expensiveLayers(_ question: String) -> Verdict.Answer {
    let layers = costs.expensive
    guard let first = layers.first, let most = first.alone.labels else {
      return Verdict.Answer(question: question, answer: "No layer's: none changes a label by itself.")
    }
    let whole = costs.whole.labels.map { ", all layers together \(Number.percent($0))" } ?? ""
    return Verdict.Answer(
      question: question,
      answer: "\(TensorRow(name: first.name).layer) alone changes \(first.isEstimated ? "about " : "")"
        + "\(Number.percent(most)) of the labels\(whole)."
    ) { page in
      page.element("ul", ["class": "ranks"]) { page in
        for layer in layers.prefix(4) {
          let labels = layer.alone.labels ?? 0
          page.element("li") { page in
            page.element("a", ["class": "name", "href": main.anchor(of: layer.name)]) {
              $0.longName(layer.name)
            }
            page.element(
              "span", ["class": "value"], text: (layer.isEstimated ? "≈ " : "") + Number.percent(labels))
            Bar(share: labels / most, className: "rank").write(to: &page)
          }
        }
      }
      page.element("p", ["class": "more"]) { page in
        page.element("a", ["href": "#costs"], text: "costs of all \(costs.layers.count) layers")
      }
    }
  }

  // MARK: What to do?

  private static let remedyQuestion = "What is to be done?"

  private var remedy: Verdict.Answer {
    let question = Self.remedyQuestion
    if !main.value["other_sources"].texts.isEmpty {
      return Verdict.Answer(
        question: question, answer: "Verify against the checkpoint that was converted.")
    }
    if main.rows.contains(where: \.isForeign) {
      return Verdict.Answer(question: question, answer: "Convert the source again.")
    }
    if let plan = costs.plan { return follow(plan) }
    if !costs.steps.isEmpty { return steps }
    if costs.layers.isEmpty, main.rows.contains(where: { ($0.error ?? 0) > 0 }) { return measurement }
    return Verdict.Answer(
      question: question, answer: passes ? "Nothing." : "See the figures that are out of tolerance below.")
  }

  /// The beginning of an answer, for a file that need not be changed and for one that must be.
  private var purpose: String { passes ? "To come closer to the source, convert" : "Convert" }

  private func follow(_ plan: LayerCosts.Plan) -> Verdict.Answer {
    let bytes = main.value["model_bytes"].integer.map { " instead of \(Number.bytes($0))" } ?? ""
    let labels = costs.whole.labels.map { " instead of \(Number.percent($0))" } ?? ""
    return Verdict.Answer(
      question: Self.remedyQuestion,
      answer:
        "\(purpose) with \(plan.path?.fileName ?? "the plan"): \(Number.bytes(plan.fileBytes))\(bytes), "
        + "\(plan.isExact ? "" : "about ")\(Number.percent(plan.labels)) of the labels\(labels)."
    ) { page in
      guard let path = plan.path else { return }
      let sources = Shell.values(of: "--against", in: command)
      CommandBlock(
        lines: Shell.lines(
          ["sedge", "convert"] + (sources.isEmpty ? [main.reference] : sources) + [
            "-o", "better.sedge", "--plan", path,
          ]), label: "The command of the plan"
      ).write(to: &page)
      page.element(
        "p", ["class": "note"],
        text: "With the other options that \(main.model.fileName) was made with; sedge inspect shows them.")
    }
  }

  private var steps: Verdict.Answer {
    let shown = costs.steps.prefix(4)
    let facts = [
      shown.last?.bytes.map { ($0 < 0 ? "−" : "+") + Number.bytes(abs($0)) },
      shown.last?.labels.map { "about \(Number.percent($0)) of the labels" },
    ].compactMap(\.self).joined(separator: ", ")
    let whole = costs.whole.labels.map { " instead of \(Number.percent($0))" } ?? ""
    return Verdict.Answer(
      question: Self.remedyQuestion,
      answer: "\(purpose) with more bits where they help: \(facts)\(whole)."
    ) { page in
      CommandBlock(lines: Shell.continued(shown.map(\.option)), label: "Options of sedge convert").write(
        to: &page)
      page.element("p", ["class": "note"]) { page in
        page.text("verify --suggest plan.json plans all tensors for a file of the same size. ")
        page.element("a", ["href": "#costs"], text: "all \(Number.count(costs.steps.count, "option"))")
      }
    }
  }

  /// How to find out which layers need more bits: large errors do not say it.
  private var measurement: Verdict.Answer {
    let compares = command.contains { $0 == "--against" || $0.hasPrefix("--against=") }
    return Verdict.Answer(
      question: Self.remedyQuestion,
      answer: (passes ? "Nothing has to be. To come closer to the source, measure" : "Measure")
        + " what helps: verify --suggest plan.json\(compares || command.isEmpty ? "" : ", with --against")."
    ) { page in
      guard compares else { return }
      let words = Shell.removing(["--html"], flags: ["--json", "--force", "--verbose"], from: command)
      CommandBlock(
        lines: Shell.lines(words + ["--suggest", "plan.json"]), label: "The command that measures what helps"
      ).write(to: &page)
    }
  }
}

/// The worst figure of each kind, beside its limit.
struct DecidingFigures {
  private let facts: VerificationFacts

  init(_ facts: VerificationFacts) { self.facts = facts }

  var gauges: [Gauge] { [labels, scores, results, tensors].compactMap(\.self) }

  private var labels: Gauge? {
    let runs = facts.runs.filter { $0.within != nil }
    guard let worst = runs.min(by: { ($0.within ?? 1) < ($1.within ?? 1) }), let value = worst.within
    else { return nil }
    let limit = facts.limit("labels")
    let margin = facts.limit("margin").map { ", within a margin of \(Number.short($0))" } ?? ""
    return Gauge(
      title: "labels that agree", value: Number.percent(value),
      limit: limit.map { "at least \(Number.percent($0))" } ?? "",
      share: limit.map { $0 >= 1 ? (value >= 1 ? 0 : .infinity) : (1 - value) / (1 - $0) },
      place: worst.name + margin)
  }

  private var scores: Gauge? {
    let runs = facts.runs.compactMap { run in run.scores.map { (run.name, $0) } }
    return gauge("error of scores", worst: Self.worst(runs), limit: facts.limit("score_rms"))
  }

  private var results: Gauge? {
    let results = facts.runs.flatMap { run in
      run.results.compactMap { result in result.error.map { ("\(run.name), \(result.name)", $0) } }
    }
    return gauge("error of intermediate results", worst: Self.worst(results), limit: facts.limit("tap_rms"))
  }

  private var tensors: Gauge? {
    let rows = facts.rows.filter { $0.error != nil }
    guard
      let worst = rows.first(where: { $0.error?.isNaN == true })
        ?? rows.max(by: { ($0.shareOfLimit ?? 0) < ($1.shareOfLimit ?? 0) })
    else { return nil }
    let isExact = rows.allSatisfy { $0.error == 0 }
    // Figures that are their own limits say nothing beside them.
    let inexact = rows.filter { ($0.error ?? 0) > 0 }
    if !inexact.isEmpty, rows.allSatisfy({ ($0.shareOfLimit ?? 0) <= 1 }),
      let worst = inexact.max(by: { ($0.error ?? 0) < ($1.error ?? 0) }), worst.isRecorded,
      let error = worst.error
    {
      return Gauge(
        title: "error of weights", value: Number.short(error, digits: 4), limit: "as recorded", share: nil,
        place: worst.name)
    }
    return gauge(
      "error of weights",
      worst: (isExact ? "all \(rows.count) tensors are exact" : worst.name, worst.error ?? 0),
      limit: worst.limit)
  }

  private func gauge(_ title: String, worst: (place: String, value: Double)?, limit: Double?) -> Gauge? {
    guard let worst else { return nil }
    let limit = limit.flatMap { $0 == .infinity ? nil : $0 }
    return Gauge(
      title: title, value: Number.short(worst.value, digits: 4),
      limit: limit.map { "at most \(Number.short($0, digits: 4))" } ?? "no limit",
      share: worst.value.isNaN
        ? .infinity : limit.map { worst.value == 0 ? 0 : $0 == 0 ? .infinity : worst.value / $0 },
      place: worst.place)
  }

  private static func worst(_ items: [(String, Double)]) -> (place: String, value: Double)? {
    (items.first { $0.1.isNaN } ?? items.max { $0.1 < $1.1 }).map { (place: $0.0, value: $0.1) }
  }
}
