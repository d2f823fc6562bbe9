// The tables of an evaluation.

/// Makes tables from a result.
package enum ResultTable {
  /// The order of the rows of a table of classes.
  package enum ClassOrder: String, CaseIterable, Sendable {
    /// As in the list of classes.
    case list
    /// By name.
    case name
    /// The lowest IoU of the first model first; classes that the data does not have come last.
    case iou
    /// The most pixels first.
    case pixels
  }

  /// Models against figures, with intervals. The best figure is marked where it can be told from all the others'.
  package static func models(_ result: EvaluationResult) -> ReportTable {
    let figures = shownFigures(of: result)
    var table = ReportTable(columns: [.init("model", .left)] + figures.map { .init($0.title) })
    let best = figures.map { bestModel(by: $0, in: result) }
    for (index, model) in result.models.enumerated() {
      table.add(
        [.init(result.label(of: model))]
          + zip(figures, best).map { figure, best in
            .init(
              percent: model.figures[figure], interval: model.intervals[figure], isBest: index == best)
          })
    }
    return table
  }

  /// Classes with the IoU of each model; of a single model, its other figures too.
  ///
  /// - Parameter pattern: Part of the names of the classes that are shown, in any case of letters.
  package static func classes(
    _ result: EvaluationResult, sortedBy order: ClassOrder = .list, matching pattern: String? = nil
  ) -> ReportTable {
    let isSingle = result.models.count == 1
    let figures: [ReportTable.Column] =
      isSingle
      ? [.init("IoU"), .init("accuracy"), .init("boundary IoU")]
      : result.models.map { .init(result.label(of: $0)) }
    var table = ReportTable(columns: [.init("class", .left), .init("pixels")] + figures)
    guard let first = result.models.first else { return table }
    let wanted = pattern?.lowercased()
    let shown = sorted(first.classes, by: order).filter { label in
      wanted.map { first.classes[label].name.lowercased().contains($0) } ?? true
    }
    for label in shown {
      var row: [ReportTable.Cell] = [.init(first.classes[label].name), .init(first.classes[label].pixels)]
      for model in result.models {
        let figures = model.classes[label]
        row.append(.init(percent: figures.iou, interval: figures.iouInterval))
        if isSingle {
          row += [.init(percent: figures.accuracy), .init(percent: figures.boundaryIou)]
        }
      }
      table.add(row)
    }
    return table
  }

  /// The mIoU of each model over all classes and over each group, such as seen and unseen names.
  package static func groups(_ result: EvaluationResult) -> ReportTable {
    let groups = result.models.first?.groups ?? []
    var table = ReportTable(
      columns: [.init("mIoU", .left), .init("all \(result.data.classes.count)")]
        + groups.map { .init("\($0.name) \($0.classes.count)") })
    for model in result.models {
      table.add(
        [
          .init(result.label(of: model)),
          .init(percent: model.figures.miou, interval: model.intervals[.miou]),
        ] + model.groups.map { .init(percent: $0.figures.miou, interval: $0.intervals[.miou]) })
    }
    return table
  }

  /// The pairs of classes that each model confuses most, by their pixels.
  package static func confusedPairs(_ result: EvaluationResult, limit: Int = 20) -> ReportTable {
    let isSingle = result.models.count == 1
    var table = ReportTable(
      columns: (isSingle ? [] : [.init("model", .left)]) + [
        .init("truth", .left), .init("labelled", .left), .init("pixels"), .init("% of truth"),
      ])
    for model in result.models {
      let matrix = ConfusionMatrix(rows: model.confusion)
      for pair in ConfusedPair.mostConfused(in: matrix, limit: limit) {
        table.add(
          (isSingle ? [] : [.init(result.label(of: model))]) + [
            .init(model.classes[pair.truth].name), .init(model.classes[pair.predicted].name),
            .init(pair.pixels), .init(percent: pair.share),
          ])
      }
    }
    return table
  }

  /// Accuracy and time against the classes that early rejection keeps.
  ///
  /// - Parameter times: The times of each model, where they were measured.
  package static func topK(_ result: EvaluationResult, times: [EvaluationTimes?]) -> ReportTable {
    var table = ReportTable(columns: [
      .init("model", .left), .init("k"), .init("classes kept"), .init("mIoU"), .init("pACC"),
      .init("s median"), .init("s 95th pct"), .init("pictures/s"),
    ])
    for (model, times) in zip(result.models, times) {
      table.add([
        .init(model.name), .init(model.topK.map(String.init) ?? "all"),
        .init(fixed(model.keptClasses, decimals: 1)), .init(percent: model.figures.miou),
        .init(percent: model.figures.pacc), .init(times.map { fixed($0.median, decimals: 3) } ?? "-"),
        .init(times.map { fixed($0.percentile95, decimals: 3) } ?? "-"),
        .init(times.map { fixed($0.picturesPerSecond, decimals: 2) } ?? "-"),
      ])
    }
    return table
  }

  /// Figures that at least one model has.
  private static func shownFigures(of result: EvaluationResult) -> [Figure] {
    Figure.allCases.filter { figure in result.models.contains { $0.figures[figure] != nil } }
  }

  /// The model with the highest figure, where it can be told from every other's.
  ///
  /// Two models can be told apart where the result holds their difference and its interval excludes 0. Where it holds none,
  /// their own intervals must not overlap, which asks for more.
  private static func bestModel(by figure: Figure, in result: EvaluationResult) -> Int? {
    let values = result.models.map { $0.figures[figure] ?? -1 }
    guard values.count > 1, let best = values.indices.max(by: { values[$0] < values[$1] }) else { return nil }
    let others = values.indices.filter { $0 != best }
    return others.allSatisfy { isDistinguishable(best, $0, by: figure, in: result) } ? best : nil
  }

  private static func isDistinguishable(
    _ best: Int, _ other: Int, by figure: Figure, in result: EvaluationResult
  ) -> Bool {
    let difference = result.differences.first {
      ($0.model, $0.reference) == (best, other) || ($0.model, $0.reference) == (other, best)
    }
    if let difference { return difference.figures[figure]?.isDistinguishable ?? false }
    guard let mine = result.models[best].intervals[figure] else { return false }
    guard let others = result.models[other].intervals[figure] else { return false }
    return mine.low > others.high
  }

  private static func sorted(_ classes: [EvaluationResult.Class], by order: ClassOrder) -> [Int] {
    classes.indices.sorted { first, second in
      let (a, b) = (classes[first], classes[second])
      switch order {
      case .name where a.name != b.name: return a.name < b.name
      case .iou where a.iou != b.iou: return a.iou ?? .infinity < b.iou ?? .infinity
      case .pixels where a.pixels != b.pixels: return a.pixels > b.pixels
      default: return first < second
      }
    }
  }
}

extension EvaluationResult {
  /// The name of a model, with its setting of early rejection where models of the result have different ones.
  package func label(of model: Model) -> String {
    let isCommon = models.allSatisfy { $0.topK == model.topK }
    return isCommon ? model.name : "\(model.name), k \(model.topK.map(String.init) ?? "all")"
  }
}

extension Figure {
  /// The name in tables.
  package var title: String {
    switch self {
    case .miou: "mIoU"
    case .macc: "mACC"
    case .fwiou: "fwIoU"
    case .pacc: "pACC"
    case .boundaryIou: "boundary IoU"
    }
  }
}
