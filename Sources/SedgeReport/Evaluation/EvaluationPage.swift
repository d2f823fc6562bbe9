// The page of evaluate.

/// What the page of an evaluation says.
struct EvaluationPage {
  /// A model with one setting of early rejection.
  struct Model {
    let value: JSONValue
    let name: String

    /// The number of classes that early rejection keeps for a pixel; `nil` where all are kept.
    var topK: Int? { value["top_k"].integer }

    init(_ value: JSONValue, isAlone: Bool) {
      self.value = value
      let topK = value["top_k"].integer.map { "k = \($0)" } ?? "all classes"
      let name = value["name"].text ?? "a model"
      self.name = isAlone ? name : "\(name), \(topK)"
    }

    func estimate(_ figure: String) -> Estimate? {
      Estimate(value["figures"][figure].number, interval: value["intervals"][figure])
    }
  }

  /// The figures, with their titles.
  static let figures = [
    ("miou", "mIoU"), ("macc", "mACC"), ("fwiou", "fwIoU"), ("pacc", "pACC"),
    ("boundary_iou", "boundary IoU"),
  ]
  /// The most models that are compared side by side.
  private static let maximumModelCount = 32

  let value: JSONValue
  let models: [Model]
  let sheet: PictureSheet?

  init(_ value: JSONValue, pictures: PictureSheet?) {
    (self.value, sheet) = (value, pictures)
    let found = value["models"].elements.prefix(Self.maximumModelCount)
    let names = found.map { $0["name"].text ?? "" }
    models = found.map { model in
      Model(model, isAlone: names.count { $0 == model["name"].text ?? "" } == 1)
    }
  }

  /// The comparison that the page is about: the first of two files, else the first.
  var comparison: (model: Model, reference: Model, value: JSONValue)? {
    differences.first { $0.model.value["sha256"] != $0.reference.value["sha256"] } ?? differences.first
  }

  var data: JSONValue { value["data"] }
  var pictureCount: Int { data["picture_count"].integer ?? 0 }

  /// The differences of models that are shown, with the models that they are between.
  var differences: [(model: Model, reference: Model, value: JSONValue)] {
    value["differences"].elements.compactMap { difference in
      guard let model = difference["model"].integer, models.indices.contains(model),
        let reference = difference["reference"].integer, models.indices.contains(reference)
      else { return nil }
      return (models[model], models[reference], difference)
    }
  }

  var parts: ReportDocument.Parts {
    ReportDocument.Parts(
      title: "\(data["name"].text ?? "evaluation"): evaluation", kind: "evaluate",
      verdict: EvaluationVerdict(self).verdict,
      sections: [
        figuresSection,
        PictureSection(
          sheet, noun: "picture",
          advice: "This page was made without pictures: evaluate --html makes one with those that it runs."
        ).section,
        ClassSection(self).section, ConfusionSection(self).section, pictureTable,
        FailureSection(value["failures"]).section,
        ProvenanceSection(evaluation: self).section,
      ].compactMap(\.self))
  }

  // MARK: Figures

  private var figuresSection: PageSection? {
    guard !models.isEmpty else { return nil }
    return PageSection(
      id: "figures", title: "Figures",
      summary: "In percent, with intervals of 95 % by the bootstrap over pictures."
    ) { page in
      DataTable(
        caption: "Figures of models",
        columns: [.init("model", .text), .init("k", .number, "of early rejection")]
          + Self.figures.map { .init($0.1) },
        rows: models.map { model in
          DataTable.Row(
            [
              .name(model.name),
              .init(order: model.topK.map(Double.init)) { $0.text(model.topK.map(Number.count) ?? "all") },
            ]
              + Self.figures.map { .estimate(model.estimate($0.0)) })
        }
      ).write(to: &page)
      writeGroups(to: &page)
      writeDifferences(to: &page)
    }
  }

  private func writeGroups(to page: inout HTMLWriter) {
    let names = models.first?.value["groups"].elements.prefix(16).compactMap { $0["name"].text } ?? []
    guard !names.isEmpty else { return }
    page.element("h3", text: "mIoU of groups of classes")
    DataTable(
      caption: "mIoU of groups of classes", columns: [.init("model", .text)] + names.map { .init($0) },
      rows: models.map { model in
        let groups = model.value["groups"].elements
        return DataTable.Row(
          [.name(model.name)]
            + names.map { name in
              let group = groups.first { $0["name"].text == name } ?? .null
              return .estimate(
                Estimate(group["figures"]["miou"].number, interval: group["intervals"]["miou"]))
            })
      }
    ).write(to: &page)
  }

  private func writeDifferences(to page: inout HTMLWriter) {
    let differences = self.differences
    guard !differences.isEmpty else { return }
    page.element("h3", text: "Differences, paired by picture")
    DataTable(
      caption: "Differences of models",
      columns: [.init("model", .text), .init("less", .text)] + Self.figures.map { .init($0.1) } + [
        .init("labels changed"), .init("toward truth"), .init("away from truth"),
      ],
      rows: differences.map { model, reference, value in
        let pixels = max(value["labels"]["pixels"].number ?? 0, 1)
        let share = { (key: String) in
          DataTable.Cell(value["labels"][key].number.map { $0 / pixels }, Number.percent)
        }
        return DataTable.Row(
          [.name(model.name), .init(reference.name)]
            + Self.figures.map { figure in
              let found = value["figures"][figure.0]
              let estimate = Estimate(found["difference"].number, interval: found["interval"])
              var cell = DataTable.Cell.estimate(estimate, isSigned: true)
              if estimate?.isDistinguishable == true { cell.className = "distinct" }
              return cell
            } + [share("changed"), share("toward"), share("away")])
      }
    ).write(to: &page)
    page.element(
      "p", ["class": "note"],
      text:
        "Bold: the interval excludes 0. All else is not distinguishable with \(Number.count(pictureCount, "picture"))."
    )
  }

  // MARK: Pictures

  private var pictureTable: PageSection? {
    let rows = value["pictures"].elements
    guard !rows.isEmpty, !models.isEmpty else { return nil }
    let classCount = data["classes"].elements.count
    let found = rows.map { PictureErrors($0, classCount: classCount, modelCount: models.count) }
      .sorted { ($0.worst, $1.index) > ($1.worst, $0.index) }
    let shown = found.prefix(500)
    return PageSection(
      id: "worst", title: "Every picture",
      summary: (shown.count < found.count
        ? "The worst \(shown.count) of \(Number.count(found.count)) pictures"
        : Number.count(found.count, "picture"))
        + ", the one with the most wrong pixels first."
    ) { page in
      let links = Dictionary(
        sheet?.entries.enumerated().map { ($0.element.name, $0.offset) } ?? [],
        uniquingKeysWith: { first, _ in first })
      DataTable(
        caption: "Wrong pixels of every picture",
        columns: [.init("picture", .text)] + models.map { .init($0.name) },
        rows: shown.map { picture in
          DataTable.Row(
            [
              .init(className: "name") { page in
                let anchor = links[picture.name].map { "#p\($0)" }
                page.element("a", ["href": anchor]) { $0.longName(picture.name) }
              }
            ] + picture.shares.map { .heat($0, of: 1, Number.percent) })
        }, searchFor: "pictures"
      ).write(to: &page)
    }
  }
}

/// The wrong pixels of one picture, by each model.
struct PictureErrors {
  var name: String
  var index: Int
  /// For each model; `nil` where it has no row.
  var shares: [Double?]

  var worst: Double { shares.compactMap(\.self).max() ?? 0 }

  /// Counts a row's pixels of a class whose prediction is another.
  init(_ row: JSONValue, classCount: Int, modelCount: Int) {
    name = row["name"].text ?? ""
    index = row["index"].integer ?? 0
    let models = row["models"].elements
    shares = (0..<modelCount).map { position in
      guard models.indices.contains(position) else { return nil }
      var (all, wrong) = (0.0, 0.0)
      for cell in models[position]["confusion"].elements {
        let numbers = cell.numbers
        guard numbers.count == 3, numbers[1] < Double(classCount), numbers[2] >= 0 else { continue }
        all += numbers[2]
        if numbers[0] != numbers[1] { wrong += numbers[2] }
      }
      return all > 0 ? wrong / all : nil
    }
  }
}
