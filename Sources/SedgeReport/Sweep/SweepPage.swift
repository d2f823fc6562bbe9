// The page of sweep.

internal import SedgePlot
internal import SedgeTensor

/// What the page of a sweep says.
struct SweepPage {
  /// A form of the model.
  struct Form {
    let value: JSONValue
    let name: String
    let series: String
    let bytes: Int
    let labelChange: Double
    let labelInterval: Estimate?
    let miou: Estimate?
    let difference: Estimate?

    init?(_ value: JSONValue) {
      guard let name = value["name"].text, let bytes = value["stored_bytes"].integer,
        let change = value["label_change"].number
      else { return nil }
      (self.value, self.name, self.bytes, labelChange) = (value, name, bytes, change)
      series = value["series"].text ?? ""
      labelInterval = Estimate(change, interval: value["label_change_interval"])
      miou = Estimate(
        value["figures"]["miou"].number ?? value["mean_iou"].number, interval: value["intervals"]["miou"])
      let found = value["differences"]["miou"]
      difference = Estimate(found["difference"].number, interval: found["interval"])
    }
  }

  /// The most forms of a page.
  private static let maximumFormCount = 256

  private let value: JSONValue
  private let forms: [Form]

  init(_ value: JSONValue) {
    self.value = value
    forms = value["forms"].elements.prefix(Self.maximumFormCount).compactMap(Form.init)
  }

  private var sourceFigure: Estimate? {
    let source = value["source"]
    return Estimate(
      source["figures"]["miou"].number ?? source["mean_iou"].number, interval: source["intervals"]["miou"])
  }

  private var modelName: String { value["model"].text ?? "the model" }
  private var pictures: String { Number.count(value["pictures"].integer ?? 0, "picture") }

  var parts: ReportDocument.Parts {
    ReportDocument.Parts(
      title: "\(modelName): sweep", kind: "sweep", verdict: verdict,
      sections: [
        chartSection, tableSection, FailureSection(value["failures"]).section,
        ProvenanceSection(sweep: value).section,
      ].compactMap(\.self))
  }

  // MARK: First screen

  /// What a recommendation can rest on.
  private enum Basis {
    /// Intervals of the difference in mIoU.
    case accuracy
    /// Intervals of changed labels, of which nobody knows whether they were right.
    case labels
    /// Figures of these pictures alone.
    case nothing
  }

  private var basis: Basis {
    if forms.contains(where: { $0.difference?.interval != nil }) { return .accuracy }
    return !hasTruth && forms.contains { $0.labelInterval?.interval != nil } ? .labels : .nothing
  }

  private var hasTruth: Bool { forms.contains { $0.difference != nil } }

  /// The smallest form that surely loses at most 1 point of mIoU; where that is not known, the smallest that changes at most
  /// 1 % of the labels.
  private var choice: Form? {
    let good = forms.filter { form in
      basis == .accuracy
        ? form.difference?.excludesLoss ?? false : form.labelChange <= Estimate.acceptedLoss
    }
    return good.min { ($0.bytes, $0.labelChange) < ($1.bytes, $1.labelChange) }
  }

  /// The forms of the first screen: the largest, and the one that is chosen.
  private var shownForms: [Form] {
    let sorted = forms.sorted { $0.bytes > $1.bytes }
    let shown = Array(sorted.prefix(8))
    guard let choice, !shown.contains(where: { $0.name == choice.name }) else { return shown }
    return shown.dropLast() + [choice]
  }

  private var verdict: Verdict {
    var facts = [modelName, pictures, Number.count(value["classes"].integer ?? 0, "class", "classes")]
    if let text = value["preprocess"].text { facts.append("preprocessing \(text)") }
    var verdict = Verdict(
      status: .neutral, word: "", sentence: "", facts: facts, answers: [size, cost, limit, remedy])
    switch basis {
    case .accuracy:
      if let choice {
        (verdict.status, verdict.word) = (.good, choice.name)
        verdict.sentence =
          "\(choice.name) is the smallest form that loses at most 1 point of mIoU, as far as \(pictures) can tell"
      } else if forms.allSatisfy({ ($0.difference?.high ?? 0) < -Estimate.acceptedLoss }) {
        (verdict.status, verdict.word) = (.bad, "None")
        verdict.sentence = "Every form loses more than 1 point of mIoU"
      } else {
        verdict.word = "Too few pictures"
        verdict.sentence = "\(pictures) cannot exclude that every form loses more than 1 point of mIoU"
      }
    case .labels:
      verdict.word = "Without labels"
      verdict.sentence =
        choice.map { "\($0.name) is the smallest form that changes at most 1 % of the labels" }
        ?? "Every form changes more than 1 % of the labels"
    case .nothing:
      verdict.word = "Too few pictures"
      verdict.sentence = "\(pictures) are too few to recommend a form"
    }
    return verdict
  }

  private var size: Verdict.Answer {
    let largest = forms.map(\.bytes).max() ?? 1
    let answer =
      choice.map { form in
        let share = Number.percent(Double(form.bytes) / Double(max(largest, 1)), decimals: 0)
        return basis == .nothing
          ? "\(form.name) is the smallest form that changes at most 1 % of these pictures' labels: \(Number.bytes(form.bytes)), \(share) of the largest."
          : "\(form.name) has weights of \(Number.bytes(form.bytes)), \(share) of the largest form."
      } ?? "The forms have \(Number.bytes(forms.map(\.bytes).min() ?? 0)) to \(Number.bytes(largest))."
    return Verdict.Answer(question: "How small can it be?", answer: answer) { page in
      page.element("ul", ["class": "ranks"]) { page in
        for form in shownForms {
          page.element("li", ["class": form.name == choice?.name ? "chosen" : nil]) { page in
            page.element("span", ["class": "name"], text: form.name)
            page.element("span", ["class": "value"], text: Number.bytes(form.bytes))
            Bar(share: Double(form.bytes) / Double(max(largest, 1)), className: "use").write(to: &page)
          }
        }
      }
    }
  }

  private var cost: Verdict.Answer {
    let question = "What does it cost?"
    let rows = shownForms
    guard hasTruth else {
      let answer =
        choice.map { "\(Number.percent($0.labelChange)) of its labels are not the source's." }
        ?? "Every form changes more than 1 % of the labels."
      return Verdict.Answer(question: question, answer: answer) { page in
        let largest = rows.map(\.labelChange).max() ?? 1
        page.element("ul", ["class": "ranks"]) { page in
          for form in rows {
            page.element("li", ["class": form.name == choice?.name ? "chosen" : nil]) { page in
              page.element("span", ["class": "name"], text: form.name)
              page.element("span", ["class": "value"], text: Number.percent(form.labelChange))
              Bar(share: form.labelChange / max(largest, 1e-12), className: "rank").write(to: &page)
            }
          }
        }
      }
    }
    let answer =
      choice.flatMap { form in
        form.difference.map {
          "The mIoU of \(form.name) differs by \($0.signedText) points; \(Number.percent(form.labelChange)) of its labels are not the source's."
        }
      } ?? "See each form's difference from the source's mIoU, in points."
    return Verdict.Answer(question: question, answer: answer) { page in
      WhiskerChart(
        rows: rows.compactMap { form in
          form.difference.map {
            WhiskerChart.Row(name: form.name, estimate: $0, isMarked: form.name == choice?.name)
          }
        }, reference: 0, isSigned: true
      ).write(to: &page)
    }
  }

  private var limit: Verdict.Answer {
    let question = "How certain is that?"
    switch basis {
    case .accuracy:
      guard let interval = choice?.difference?.interval else {
        return Verdict.Answer(
          question: question, answer: "The intervals of all forms include a loss of more than 1 point.")
      }
      return Verdict.Answer(
        question: question,
        answer: interval.lowerBound < 0
          ? "With \(pictures) a loss of up to \(Estimate.points(interval.lowerBound)) points of mIoU cannot be excluded."
          : "The interval of 95 % with \(pictures) includes no loss of mIoU.")
    case .labels:
      let share = choice?.labelInterval?.interval.map {
        "The share of changed labels is between \(Number.percent($0.lowerBound)) and \(Number.percent($0.upperBound)) with 95 %. "
      }
      return Verdict.Answer(
        question: question,
        answer: (share ?? "") + "Labels that change may be right or wrong: --labels decides.")
    case .nothing:
      return Verdict.Answer(
        question: question,
        answer: "It is not: intervals need five pictures; there are \(pictures)."
          + (hasTruth ? "" : " And labels that change may be right or wrong: --labels decides."))
    }
  }

  private var remedy: Verdict.Answer {
    let question = "What is to be done?"
    guard basis != .nothing else {
      return Verdict.Answer(
        question: question,
        answer: "Sweep more pictures: an interval needs five, a difference of one point hundreds.")
    }
    guard let choice else {
      return Verdict.Answer(
        question: question,
        answer: "Sweep more pictures, calibrate (convert --calibrate), or give a budget instead of bits.")
    }
    return Verdict.Answer(
      question: question,
      answer: "Convert to \(choice.name), and "
        + (basis == .labels
          ? "evaluate the file on labelled pictures." : "verify the file against its source.")
    ) { page in
      guard let options = Self.options(of: choice) else { return }
      let sources = value["sources"].texts
      CommandBlock(
        lines: Shell.lines(
          ["sedge", "convert"] + (sources.isEmpty ? ["SOURCE"] : sources) + [
            "-o", "\(choice.name).sedge",
          ] + options), label: "The command of this form"
      ).write(to: &page)
      page.element("p", ["class": "note"], text: "With the options for the source that sweep was given.")
    }
  }

  /// The options of `convert` that make a form.
  private static func options(of form: Form) -> [String]? {
    let parts = form.name.split(separator: "+").map(String.init)
    guard let format = parts.first, form.series != "round to nearest", !format.contains("@"),
      format.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "-" })
    else { return nil }
    return ["--quantize", format] + (parts.contains("cal") ? ["--calibrate", "FOLDER"] : [])
  }

  // MARK: Sections

  private var chartSection: PageSection? {
    guard !forms.isEmpty else { return nil }
    return PageSection(
      id: "chart", title: "Size and error",
      summary: "Down and to the left is better; lines at a mark are intervals of 95 %."
    ) { page in
      FigureView(
        figure: figure, id: "sizes", label: "Errors over sizes", panelWidth: hasTruth ? 560 : 1100,
        shortTitle: "What quantization costs"
      ).write(to: &page)
    }
  }

  private var figure: Figure {
    let sizes = Axis("Size of the weights", scale: .logarithmic, unit: .bytes)
    var panels = [
      Panel(
        x: sizes, y: Axis("Labels that change", scale: .logarithmic, unit: .percent),
        series: series {
          (
            $0.labelChange,
            $0.labelChange > 0 ? $0.labelInterval?.interval.flatMap { $0.lowerBound > 0 ? $0 : nil } : nil
          )
        })
    ]
    if hasTruth {
      var panel = Panel(
        x: sizes, y: Axis("mIoU", unit: .percent),
        series: series { form in
          form.miou.map { ($0.value, $0.interval) }
        })
      if let source = sourceFigure, source.value.isFinite {
        panel.rule = Rule(y: source.value, label: "source")
      }
      panels.append(panel)
    }
    return Figure(title: "What quantization costs \(modelName.escapingControlCharacters)", panels: panels)
  }

  private func series(_ value: (Form) -> (Double, ClosedRange<Double>?)?) -> [Series] {
    var names: [String] = []
    for form in forms where !names.contains(form.series) { names.append(form.series) }
    return names.map { name in
      let points = forms.filter { $0.series == name }.sorted { $0.bytes < $1.bytes }.compactMap { form in
        value(form).map {
          Point(x: Double(form.bytes), y: $0.0, interval: $0.1, label: form.name.escapingControlCharacters)
        }
      }
      return Series(
        name.escapingControlCharacters,
        style: points.count == 1 ? .points : name == "round to nearest" ? .dashedLine : .line,
        points: points)
    }
  }

  private var tableSection: PageSection? {
    guard !forms.isEmpty else { return nil }
    return PageSection(id: "forms", title: "Forms", summary: "Shares in percent, with intervals of 95 %.") {
      page in
      DataTable(
        caption: "Forms",
        columns: [
          .init("form", .text), .init("series", .text), .init("file"), .init("weights"), .init("bits"),
          .init("labels changed"),
          .init("worst picture", .number, "labels changed on the worst picture"),
          .init("score error", .number, "relative RMS"),
        ]
          + (hasTruth
            ? [
              .init("mIoU"), .init("mIoU, less the source's"),
              .init("ties", .text, "forms with a letter in common are not distinguishable"),
            ] : []) + [.init("seconds", .number, "median of a picture")],
        rows: forms.map { form in
          DataTable.Row(
            [
              .name(form.name), .init(form.series), .init(form.value["file_bytes"].number, Number.bytes),
              .init(Double(form.bytes), Number.bytes),
              .init(form.value["stored_bits_per_weight"].number) { Number.fixed($0, decimals: 2) },
              .estimate(form.labelInterval),
              .init(form.value["worst_label_change"].number, Number.percent),
              .init(form.value["score_rms"].number, Number.short),
            ]
              + (hasTruth
                ? [
                  .estimate(form.miou), .estimate(form.difference, isSigned: true),
                  .init(form.value["ties"].text ?? ""),
                ] : []) + [.init(form.value["median_seconds"].number) { Number.fixed($0, decimals: 3) }])
        }
      ).write(to: &page)
    }
  }
}
