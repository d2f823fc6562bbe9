// Rows to a result.

extension EvaluationResult {
  /// Adds up rows: figures, intervals, differences.
  ///
  /// Counts are added as integers and divided once, so that the result does not depend on how pictures were divided among
  /// machines. Rows are read again for each model; none is kept.
  ///
  /// - Throws: ``EvaluationError`` where no picture could be evaluated, `FormatError` where rows cannot be read.
  package init(_ rows: RowSet) throws {
    let plan = rows.plan
    var failures: [Failure] = []
    var sums = plan.models.map { _ in ModelSums(classCount: plan.data.classes.count) }
    try rows.forEach { row in
      if let error = row.error { failures.append(Failure(picture: row.name, error: error)) }
      for (position, outcome) in row.outcomes.enumerated() { sums[position].add(outcome) }
    }
    let pictureCount = rows.count - failures.count
    guard pictureCount > 0 else { throw EvaluationError(.noPictures(firstError: failures.first?.error)) }
    let bootstrap = Bootstrap(
      classCount: plan.data.classes.count, groups: plan.data.groups.map(\.classes))
    let distributions = try plan.models.indices.map { position in
      try bootstrap.distribution { body in
        try rows.forEach { if $0.error == nil { try body($0.outcomes[position].counts) } }
      }
    }
    let differences = try plan.models.indices.compactMap { position -> Difference? in
      guard let reference = plan.models[position].reference, let labels = sums[position].change else {
        return nil
      }
      return Difference(
        model: position, reference: reference,
        figures: distributions[position].differences(from: distributions[reference]), labels: labels,
        labelChangeInterval: try bootstrap.labelChangeInterval { body in
          try rows.forEach { if let change = $0.outcomes[safe: position]?.change { try body(change) } }
        })
    }
    self.init(
      sedgeVersion: plan.sedgeVersion,
      data: DataFacts(
        plan.data, pictureCount: pictureCount, pixelCount: distributions[0].totals.pixelCount),
      models: zip(plan.models, zip(sums, distributions)).map { model, found in
        Model(model, plan.data, pictureCount: pictureCount, sums: found.0, found.1)
      }, differences: differences, failures: failures)
  }
}

/// What is added up of one model.
private struct ModelSums {
  var confusion: ConfusionMatrix
  var keptClasses = 0
  var change: LabelChange?

  init(classCount: Int) { confusion = ConfusionMatrix(classCount: classCount) }

  mutating func add(_ outcome: PictureRow.Outcome) {
    confusion.add(outcome.counts.confusion)
    keptClasses += outcome.keptClasses
    guard let change = outcome.change else { return }
    var sum = self.change ?? .zero
    sum += change
    self.change = sum
  }
}

extension EvaluationResult.DataFacts {
  fileprivate init(_ data: EvaluationPlan.Data, pictureCount: Int, pixelCount: Int) {
    self.init(
      name: data.name, pictureCount: pictureCount, pixelCount: pixelCount, classes: data.classes,
      askedClasses: data.askedClasses, preprocess: data.preprocess, fingerprint: data.fingerprint)
  }
}

extension EvaluationResult.Model {
  fileprivate init(
    _ model: EvaluationPlan.Model, _ data: EvaluationPlan.Data, pictureCount: Int, sums: ModelSums,
    _ distribution: BootstrapDistribution
  ) {
    let totals = distribution.totals
    let size = data.classes.count + 1
    let counts = sums.confusion.counts
    self.init(
      name: model.name, architecture: model.architecture, sha256: model.sha256, topK: model.topK,
      topKOrigin: model.topKOrigin, defaultTopK: model.defaultTopK, compute: model.compute,
      kernels: model.kernels, figures: SegmentationFigures(totals),
      intervals: distribution.intervals, chanceMiou: totals.chanceMiou,
      keptClasses: Double(sums.keptClasses) / Double(pictureCount),
      groups: data.groups.enumerated().map { index, group in
        EvaluationResult.Group(
          name: group.name, classes: group.classes.map { data.classes[$0] },
          figures: SegmentationFigures(totals, classes: group.classes),
          intervals: distribution.intervals(group: index))
      },
      classes: [ClassFigures](totals).enumerated().map { label, figures in
        EvaluationResult.Class(
          name: data.classes[label], iou: figures.iou, iouInterval: distribution.classIntervals[label],
          accuracy: figures.accuracy, boundaryIou: figures.boundaryIou, pixels: figures.pixelCount)
      },
      confusion: (0..<size).map { Array(counts[$0 * size..<($0 + 1) * size]) })
  }
}

extension Array {
  /// The element at an index; `nil` where there is none.
  fileprivate subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
