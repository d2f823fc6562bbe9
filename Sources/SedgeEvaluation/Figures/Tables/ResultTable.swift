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
        [.init(model.name)]
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
      : result.models.map { .init($0.name) }
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

  /// Groups of classes, each with every model.
  package static func groups(_ result: EvaluationResult) -> ReportTable {
    let figures = shownFigures(of: result)
    var table = ReportTable(
      columns: [.init("group", .left), .init("classes"), .init("model", .left)]
        + figures.map { .init($0.title) })
    for index in (result.models.first?.groups ?? []).indices {
      for model in result.models {
        let group = model.groups[index]
        table.add(
          [.init(group.name), .init(group.classes.count), .init(model.name)]
            + figures.map { .init(percent: group.figures[$0], interval: group.intervals[$0]) })
      }
    }
    return table
  }

  /// The pairs of classes that a model confuses most, by their pixels.
  package static func confusedPairs(_ model: EvaluationResult.Model, limit: Int = 20) -> ReportTable {
    var table = ReportTable(columns: [
      .init("truth", .left), .init("labelled", .left), .init("pixels"), .init("share of truth"),
    ])
    let matrix = ConfusionMatrix(rows: model.confusion)
    for pair in ConfusedPair.mostConfused(in: matrix, limit: limit) {
      table.add([
        .init(model.classes[pair.truth].name), .init(model.classes[pair.predicted].name),
        .init(pair.pixels), .init(percent: pair.share),
      ])
    }
    return table
  }

  /// Accuracy and time against the classes that early rejection keeps.
  ///
  /// - Parameter seconds: The median seconds of a picture of each model, where they were measured.
  package static func topK(_ result: EvaluationResult, seconds: [Double]? = nil) -> ReportTable {
    let figures: [Figure] = [.miou, .macc, .pacc]
    var table = ReportTable(
      columns: [.init("model", .left), .init("k"), .init("classes kept")]
        + figures.map { .init($0.title) } + (seconds == nil ? [] : [.init("s a picture")]))
    for (index, model) in result.models.enumerated() {
      var row: [ReportTable.Cell] = [
        .init(model.name), .init(model.topK.map(String.init) ?? "all"),
        .init(fixed(model.keptClasses, decimals: 1)),
      ]
      row += figures.map { .init(percent: model.figures[$0], interval: model.intervals[$0]) }
      if let seconds { row.append(.init(fixed(seconds[index], decimals: 3))) }
      table.add(row)
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
