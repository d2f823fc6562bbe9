// The first screen of evaluate's page.

/// The verdict of an evaluation in four answers: of the last model against its reference, or of the only one.
struct EvaluationVerdict {
  private let page: EvaluationPage

  init(_ page: EvaluationPage) { self.page = page }

  /// The comparison that the verdict is about.
  private var main: (model: EvaluationPage.Model, reference: EvaluationPage.Model, value: JSONValue)? {
    page.comparison
  }

  private var difference: Estimate? {
    main.flatMap { main in
      let found = main.value["figures"]["miou"]
      return Estimate(found["difference"].number, interval: found["interval"])
    }
  }

  var verdict: Verdict {
    var verdict = Verdict(
      status: .neutral, word: "Result", sentence: "Nothing was evaluated", facts: facts,
      answers: [quality, place, confusion, remedy])
    if let main, let difference {
      let names = (main.model.name, main.reference.name)
      if !difference.isDistinguishable {
        (verdict.status, verdict.word) = (difference.excludesLoss ? .good : .neutral, "Not distinguishable")
        if let interval = difference.interval {
          verdict.sentence =
            difference.excludesLoss
            ? "\(names.0) is as good as \(names.1), as far as these pictures can tell"
            : "These pictures cannot tell \(names.0) from \(names.1), nor exclude a loss of "
              + "\(Estimate.points(interval.lowerBound)) points of mIoU"
        } else {
          verdict.word = "Too few pictures"
          verdict.sentence = "\(names.0) and \(names.1) cannot be told apart with so few pictures"
        }
      } else if difference.value < 0 {
        (verdict.status, verdict.word) = (.bad, "Worse")
        verdict.sentence = "\(names.0) is less accurate than \(names.1)"
      } else {
        (verdict.status, verdict.word) = (.good, "Better")
        verdict.sentence = "\(names.0) is more accurate than \(names.1)"
      }
    } else if let model = page.models.first, let miou = model.estimate("miou") {
      verdict.sentence = "\(model.name) reaches a mIoU of \(Number.fixed(100 * miou.value, decimals: 1)) %"
    }
    return verdict
  }

  private var facts: [String] {
    var facts = [page.data["name"].text ?? ""].filter { !$0.isEmpty }
    facts.append(Number.count(page.pictureCount, "picture"))
    facts.append(Number.count(page.data["classes"].elements.count, "class", "classes"))
    if let text = page.data["preprocess"].text { facts.append("preprocessing \(text)") }
    let failures = page.value["failures"].elements.count
    if failures > 0 { facts.append("\(Number.count(failures, "picture")) could not be used") }
    return facts
  }

  private var quality: Verdict.Answer {
    let rows = page.models.prefix(5).compactMap { model in
      model.estimate("miou").map { WhiskerChart.Row(name: model.name, estimate: $0) }
    }
    let answer: String
    if let difference, let main {
      answer =
        difference.interval == nil
        ? "Unknown: its mIoU differs by \(difference.signedText) points, and \(Number.count(page.pictureCount, "picture")) are too few for an interval."
        : difference.isDistinguishable
          ? "\(difference.value < 0 ? "No" : "Yes, and better"): the mIoU of \(main.model.name) differs by \(difference.signedText) points."
          : "\(difference.excludesLoss ? "Yes" : "Unknown"): the mIoU of \(main.model.name) differs by "
            + "\(difference.signedText) points, which includes 0."
    } else {
      answer = rows.first.map { "The mIoU is \($0.estimate.percentText) %." } ?? "There are no figures."
    }
    return Verdict.Answer(
      question: page.models.count > 1 ? "Is it as good?" : "How good is it?", answer: answer
    ) { page in
      WhiskerChart(rows: rows).write(to: &page)
      if self.page.models.count > rows.count {
        page.element("p", ["class": "more"]) { page in
          page.element("a", ["href": "#figures"], text: "all \(self.page.models.count) models")
        }
      }
    }
  }

  private var place: Verdict.Answer {
    guard let main else { return worstClasses }
    let references = Dictionary(
      main.reference.value["classes"].elements.compactMap { item in
        item["name"].text.flatMap { name in item["iou"].number.map { (name, $0) } }
      }, uniquingKeysWith: { first, _ in first })
    let losses = main.model.value["classes"].elements.compactMap { item -> (name: String, loss: Double)? in
      guard let name = item["name"].text, let iou = item["iou"].number, let other = references[name]
      else { return nil }
      return (name, iou - other)
    }.sorted { $0.loss < $1.loss }
    let labels = main.value["labels"]
    let pixels = max(labels["pixels"].number ?? 0, 1)
    let share = { (key: String) in Number.percent((labels[key].number ?? 0) / pixels) }
    return Verdict.Answer(
      question: "Where does it differ?",
      answer:
        "In \(share("changed")) of the labels: \(share("toward")) moved toward the truth, \(share("away")) away from it."
    ) { page in
      let largest = losses.map { abs($0.loss) }.max() ?? 1
      page.element("ul", ["class": "ranks"]) { page in
        for item in losses.prefix(4) where item.loss < 0 {
          page.element("li") { page in
            page.element("span", ["class": "name"], text: item.name)
            page.element(
              "span", ["class": "value"], text: "IoU \(Number.fixed(100 * item.loss, decimals: 2))")
            Bar(share: abs(item.loss) / max(largest, 1e-12), className: "rank").write(to: &page)
          }
        }
      }
      page.element("p", ["class": "more"]) { page in
        page.element("a", ["href": "#classes"], text: "all classes")
      }
    }
  }

  private var worstClasses: Verdict.Answer {
    let classes =
      page.models.first?.value["classes"].elements.compactMap { item -> (String, Double)? in
        item["name"].text.flatMap { name in item["iou"].number.map { (name, $0) } }
      }.sorted { $0.1 < $1.1 } ?? []
    return Verdict.Answer(
      question: "Where is it weak?",
      answer: classes.first.map { "On \($0.0): an IoU of \(Number.fixed(100 * $0.1, decimals: 1)) %." }
        ?? "No class has pixels."
    ) { page in
      page.element("ul", ["class": "ranks"]) { page in
        for item in classes.prefix(4) {
          page.element("li") { page in
            page.element("span", ["class": "name"], text: item.0)
            page.element("span", ["class": "value"], text: "IoU \(Number.fixed(100 * item.1, decimals: 1))")
            Bar(share: item.1, className: "use").write(to: &page)
          }
        }
      }
    }
  }

  private var confusion: Verdict.Answer {
    guard let model = main?.model ?? page.models.first else {
      return Verdict.Answer(question: "What does it confuse?", answer: "Nothing was evaluated.")
    }
    let pairs = ConfusedClasses(model.value, classes: page.data["classes"].texts).worst(4)
    let answer =
      pairs.first.map {
        "\($0.truth) is taken for \($0.predicted) in the most pixels: \(Number.count($0.pixels)), "
          + "\(Number.percent($0.share)) of the class."
      } ?? "No class with another."
    let most = max(pairs.first?.pixels ?? 1, 1)
    return Verdict.Answer(question: "What does \(main == nil ? "it" : model.name) confuse?", answer: answer) {
      page in
      page.element("ul", ["class": "ranks"]) { page in
        for pair in pairs {
          page.element("li") { page in
            page.element("span", ["class": "name"], text: "\(pair.truth) → \(pair.predicted)")
            page.element(
              "span", ["class": "value"],
              text: "\(Number.count(pair.pixels)) pixels, \(Number.percent(pair.share))")
            Bar(share: pair.pixels / most, className: "rank").write(to: &page)
          }
        }
      }
      page.element("p", ["class": "more"]) { page in
        page.element("a", ["href": "#confusion"], text: "all confusions")
      }
    }
  }

  private var remedy: Verdict.Answer {
    let question = "What is to be done?"
    guard let main, let difference else {
      return Verdict.Answer(
        question: question, answer: "Compare: give a second model to the same command, the float one first.")
    }
    guard let interval = difference.interval else {
      return Verdict.Answer(
        question: question,
        answer: "Evaluate more pictures: an interval needs five, a difference of one point hundreds.")
    }
    let points = Estimate.points
    if !difference.isDistinguishable {
      return Verdict.Answer(
        question: question,
        answer:
          "Ship \(main.model.name) if a loss of up to \(points(interval.lowerBound)) points would be acceptable: "
          + "\(Number.count(page.pictureCount, "picture")) cannot exclude less. More pictures narrow the interval."
      )
    }
    return difference.value < 0
      ? Verdict.Answer(
        question: question,
        answer: "Give it more bits, or calibrate it, where a loss of \(points(interval.upperBound)) to "
          + "\(points(interval.lowerBound)) points is too much; verify --against names the layers.")
      : Verdict.Answer(question: question, answer: "Ship \(main.model.name).")
  }
}
