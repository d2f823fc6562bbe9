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

  /// The smallest form whose accuracy cannot be told from the source's; without labels, the smallest that changes at most
  /// 1 % of the labels.
  private var choice: Form? {
    let good = forms.filter { form in
      if hasIntervals {
        return form.difference.map { $0.interval != nil && !($0.isDistinguishable && $0.value < 0) } ?? false
      }
      return form.labelChange <= Self.acceptedLabelChange
    }
    return good.min { ($0.bytes, $0.labelChange) < ($1.bytes, $1.labelChange) }
  }

  private static let acceptedLabelChange = 0.01
  private var hasTruth: Bool { forms.contains { $0.difference != nil } }
  private var hasIntervals: Bool { forms.contains { $0.difference?.interval != nil } }

  private var verdict: Verdict {
    var facts = [modelName, pictures, Number.count(value["classes"].integer ?? 0, "class", "classes")]
    if let text = value["preprocess"].text { facts.append("preprocessing \(text)") }
    let sentence =
      choice.map { form in
        hasIntervals
          ? "\(form.name) is the smallest form that cannot be told from the source"
          : "\(form.name) is the smallest form that changes at most 1 % of the labels"
      } ?? (hasIntervals ? "No form is as good as the source" : "No form changes at most 1 % of the labels")
    return Verdict(
      status: choice == nil ? .bad : .good, word: choice == nil ? "None" : choice?.name ?? "",
      sentence: sentence, facts: facts,
      answers: [size, cost, limit, remedy])
  }

  private var size: Verdict.Answer {
    let largest = forms.map(\.bytes).max() ?? 1
    let answer =
      choice.map { form in
        "\(form.name) has weights of \(Number.bytes(form.bytes)), \(Number.percent(Double(form.bytes) / Double(max(largest, 1)), decimals: 0)) of the largest form."
      } ?? "The forms have \(Number.bytes(forms.map(\.bytes).min() ?? 0)) to \(Number.bytes(largest))."
    return Verdict.Answer(question: "How small can it be?", answer: answer) { page in
      page.element("ul", ["class": "ranks"]) { page in
        for form in forms.sorted(by: { $0.bytes > $1.bytes }).prefix(8) {
          page.element("li") { page in
            page.element("span", ["class": "name"], text: form.name)
            page.element("span", ["class": "value"], text: Number.bytes(form.bytes))
            Bar(share: Double(form.bytes) / Double(max(largest, 1)), className: "use").write(to: &page)
          }
        }
      }
    }
  }

  private var cost: Verdict.Answer {
    let rows = forms.sorted { $0.bytes > $1.bytes }.prefix(8)
    guard hasTruth else {
      let answer =
        choice.map { "\(Number.percent($0.labelChange)) of its labels are not the source's." }
        ?? "Every form changes more than 1 % of the labels."
      return Verdict.Answer(question: "What does it cost?", answer: answer) { page in
        let largest = rows.map(\.labelChange).max() ?? 1
        page.element("ul", ["class": "ranks"]) { page in
          for form in rows {
            page.element("li") { page in
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
          "Its mIoU differs by \($0.signedText) points; \(Number.percent(form.labelChange)) of its labels are not the source's."
        }
      }
      ?? (hasIntervals
        ? "Every form has a lower mIoU than the source." : "Every form changes more than 1 % of the labels.")
    return Verdict.Answer(question: "What does it cost?", answer: answer) { page in
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
    guard hasTruth else {
      let interval = choice?.labelInterval?.interval.map {
        "The share of changed labels is between \(Number.percent($0.lowerBound)) and \(Number.percent($0.upperBound)) with 95 %."
      }
      return Verdict.Answer(
        question: question,
        answer: (interval ?? "There are too few pictures for intervals.")
          + " Labels that change may be right or wrong: --labels decides.")
    }
    guard let interval = choice?.difference?.interval else {
      return Verdict.Answer(
        question: question, answer: "Intervals need five pictures; there are \(pictures).")
    }
    return Verdict.Answer(
      question: question,
      answer:
        "With \(pictures) a loss of up to \(Number.fixed(max(-100 * interval.lowerBound, 0), decimals: 1)) points of mIoU cannot be excluded."
    )
  }

  private var remedy: Verdict.Answer {
    let question = "What is to be done?"
    guard let choice else {
      return Verdict.Answer(
        question: question, answer: "Calibrate: convert --calibrate, or a budget instead of bits.")
    }
    return Verdict.Answer(
      question: question, answer: "Convert to \(choice.name), and verify the file against its source."
    ) { page in
      guard let option = Self.option(of: choice) else { return }
      page.element("pre", ["class": "command", "tabindex": "0", "aria-label": "Options of sedge convert"]) {
        page in
        page.element("code", text: option)
      }
    }
  }

  /// The option of `convert` that makes a form.
  private static func option(of form: Form) -> String? {
    let parts = form.name.split(separator: "+").map(String.init)
    guard let format = parts.first, form.series != "round to nearest", !format.contains("@"),
      format.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "-" })
    else { return nil }
    return "--quantize \(format)" + (parts.contains("cal") ? " --calibrate FOLDER" : "")
  }

  // MARK: Sections

  private var chartSection: PageSection? {
    guard !forms.isEmpty else { return nil }
    return PageSection(
      id: "chart", title: "Size and error",
      summary: "Down and to the left is better; lines at a mark are intervals of 95 %."
    ) { page in
      page.element(
        "div",
        ["class": "scroll chart", "tabindex": "0", "role": "region", "aria-label": "Errors over sizes"]
      ) { page in
        page.own(figure.svgElement(id: "sizes", panelWidth: hasTruth ? 560 : 1100, plotHeight: 320))
      }
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
              .init("mIoU"), .init("less the source's"),
              .init("ties", .text, "forms with a letter in common are not distinguishable"),
            ] : []) + [.init("seconds", .number, "median of a picture")],
        rows: forms.map { form in
          DataTable.Row(
            [
              .name(form.name), .init(form.series), .init(form.value["file_bytes"].number, Number.bytes),
              .init(Double(form.bytes), Number.bytes),
              .init(form.value["stored_bits_per_weight"].number) { Number.fixed($0, decimals: 2) },
              .init(form.labelChange) { _ in form.labelInterval?.percentText ?? "" },
              .init(form.value["worst_label_change"].number, Number.percent),
              .init(form.value["score_rms"].number, Number.short),
            ]
              + (hasTruth
                ? [
                  .init(form.miou?.value) { _ in form.miou?.percentText ?? "" },
                  .init(form.difference?.value) { _ in form.difference?.signedText ?? "" },
                  .init(form.value["ties"].text ?? ""),
                ] : []) + [.init(form.value["median_seconds"].number) { Number.fixed($0, decimals: 3) }])
        }
      ).write(to: &page)
    }
  }
}
