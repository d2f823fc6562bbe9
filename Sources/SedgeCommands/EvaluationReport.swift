// What an evaluation found, for people.

import SedgeEvaluation
import SedgeTensor

/// The result of an evaluation as text and as tables.
struct EvaluationReport {
  private let result: EvaluationResult
  private let times: [EvaluationTimes?]
  private let options: ResultOptions

  init(_ result: EvaluationResult, times: [EvaluationTimes?], options: ResultOptions) {
    (self.result, self.times, self.options) = (result, times, options)
  }

  // MARK: Files

  /// A table in the format that the ending of its file names.
  func text(of request: TableRequest) -> String {
    let table = table(request.kind)
    return switch request.ending {
    case "csv": table.csv
    case "md": table.markdown
    default: table.latex
    }
  }

  private func table(_ kind: TableRequest.Kind) -> ReportTable {
    switch kind {
    case .models: ResultTable.models(result)
    case .groups: ResultTable.groups(result)
    case .classes: ResultTable.classes(result, sortedBy: options.sort ?? .list, matching: options.match)
    case .k: ResultTable.topK(result, times: times)
    case .confused: ResultTable.confusedPairs(result, limit: options.confused ?? 20)
    }
  }

  private var hasGroups: Bool { result.models.contains { !$0.groups.isEmpty } }

  // MARK: Text

  func printed() {
    print("\(headline)")
    print()
    printModels()
    if hasGroups { printTable(ResultTable.groups(result)) }
    printDifferences()
    if options.printsClasses {
      printTable(ResultTable.classes(result, sortedBy: options.sort ?? .list, matching: options.match))
    }
    if let confused = options.confused {
      printTable(ResultTable.confusedPairs(result, limit: confused))
    }
    if times.contains(where: { $0 != nil }) { printTable(ResultTable.topK(result, times: times)) }
    for text in warnings { printError("warning: \(text)") }
  }

  private var headline: String {
    let data = result.data
    let failed =
      result.failures.isEmpty
      ? "" : " of \(data.pictureCount + result.failures.count), \(result.failures.count) could not be used"
    return
      "\(data.name): \(counted(data.pictureCount, "picture"))\(failed), \(counted(data.classes.count, "class", "classes")), preprocessing \(data.preprocess)"
  }

  private func printModels() {
    var table = TextTable([
      ("model", .left), ("k", .right), ("mIoU", .whole), ("mACC", .right), ("fwIoU", .right),
      ("pACC", .right),
      ("boundary", .right),
    ])
    for model in result.models {
      let figures = model.figures
      let miou = ReportTable.Cell(percent: figures.miou, interval: model.intervals[.miou])
      table.add(
        [
          model.name, model.topK.map(String.init) ?? "all", miou.plain,
        ]
          + [figures.macc, figures.fwiou, figures.pacc, figures.boundaryIou].map {
            ReportTable.Cell(percent: $0).text
          })
    }
    table.printed()
  }

  /// All figures of a single comparison, or a line for each of several.
  private func printDifferences() {
    guard let first = result.differences.first else { return }
    print()
    if result.differences.count == 1 { printDifference(first) } else { printDifferenceTable() }
  }

  private func printDifference(_ difference: EvaluationResult.Difference) {
    let (model, reference) = (result.models[difference.model], result.models[difference.reference])
    print("\(label(of: model)) against \(label(of: reference))")
    var table = TextTable([("figure", .left), ("difference", .whole), ("", .left)])
    for figure in Figure.allCases {
      guard let found = difference.figures[figure] else { continue }
      table.add([
        figure.title, ReportTable.Cell(percent: found.difference, interval: found.interval).plain,
        found.isDistinguishable ? "" : notDistinguishable,
      ])
    }
    table.printed()
    let interval = difference.labelChangeInterval.map {
      " [\(percentText($0.low)), \(percentText($0.high))]"
    }
    let labels = difference.labels
    print("labels changed: \(share(labels.changed, labels))\(interval ?? "")")
    print("  toward the truth \(share(labels.toward, labels)), away from it \(share(labels.away, labels))")
  }

  private func printDifferenceTable() {
    var table = TextTable([
      ("model", .left), ("against", .left), ("mIoU", .whole), ("% labels", .right), ("toward", .right),
      ("away", .right),
    ])
    var hasMark = false
    for difference in result.differences {
      let found = difference.figures[.miou]
      let isMarked = found?.isDistinguishable == false
      hasMark = hasMark || isMarked
      let labels = difference.labels
      table.add(
        [
          label(of: result.models[difference.model]),
          label(of: result.models[difference.reference]),
          ReportTable.Cell(percent: found?.difference, interval: found?.interval).plain
            + (isMarked ? " *" : ""),
        ] + [labels.changed, labels.toward, labels.away].map { String(share($0, labels).dropLast()) })
    }
    table.printed()
    if hasMark { print("* \(notDistinguishable)") }
  }

  private var notDistinguishable: String {
    let count = result.data.pictureCount
    return count < ResampledFigure.leastPictureCount
      ? "no interval with less than \(ResampledFigure.leastPictureCount) pictures"
      : "not distinguishable with \(counted(count, "picture"))"
  }

  private func share(_ count: Int, _ labels: LabelChange) -> String {
    percentText(Double(count) / Double(max(labels.pixels, 1)))
  }

  private func printTable(_ report: ReportTable) {
    print()
    var table = TextTable(report.columns.map { ($0.title, $0.alignment == .left ? .left : .right) })
    for row in report.rows { table.add(row.map { $0.plain }) }
    table.printed()
  }

  /// Doubts about the result.
  private var warnings: [String] {
    var warnings: [String] = []
    if !result.failures.isEmpty {
      warnings.append(
        "\(counted(result.failures.count, "picture")) could not be used, such as \(result.failures[0].picture)"
      )
    }
    for model in result.models {
      if let shift = model.labelShift {
        warnings.append(
          "\(label(of: model)): \(percentText(shift.share)) of the labels would be right if the label maps' values were \(abs(shift.offset)) \(shift.offset < 0 ? "lower" : "higher"), \(percentText(model.figures.pacc ?? 0)) are as they are; try --label-offset \(shift.offset)"
        )
      } else if let miou = model.figures.miou, let chance = model.chanceMiou,
        miou < chance || model.intervals[.miou].map({ $0.low <= chance }) ?? false
      {
        let verdict = miou < chance ? "is below chance" : "cannot be told from chance"
        warnings.append(
          "\(label(of: model)): mIoU \(percentText(miou)) \(verdict), \(percentText(chance)): are the labels of these classes, in this order?"
        )
      }
    }
    return warnings
  }

  // MARK: Words

  private func label(of model: EvaluationResult.Model) -> String { result.label(of: model) }
}
