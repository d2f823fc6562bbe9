// Faults of a result that was read.

extension EvaluationResult {
  /// The first fault of what is not rows, in one clause.
  var fault: String? {
    guard !data.classes.isEmpty else { return "it has no classes" }
    guard !models.isEmpty else { return "it has no models" }
    if let fault = models.lazy.compactMap({ fault(of: $0) }).first { return fault }
    let areKnown = differences.allSatisfy {
      models.indices.contains($0.model) && models.indices.contains($0.reference)
    }
    guard areKnown else { return "a difference is of a model that it does not have" }
    let areChanges = differences.map(\.labels).allSatisfy {
      $0.pixels >= 0 && $0.changed >= 0 && $0.changed <= $0.pixels && $0.toward >= 0 && $0.away >= 0
        && $0.toward <= $0.changed && $0.away <= $0.changed - $0.toward
    }
    guard areChanges else { return "the labels of a difference are no counts" }
    let intervals = differences.flatMap { difference in
      difference.figures.values.compactMap(\.interval) + (difference.labelChangeInterval.map { [$0] } ?? [])
    }
    guard intervals.allSatisfy({ Self.isInterval($0, in: -1...1) }) else {
      return "an interval of a difference is none"
    }
    return nil
  }

  private func fault(of model: Model) -> String? {
    let size = data.classes.count + 1
    guard model.classes.map(\.name) == data.classes else { return "model \(model.name) has other classes" }
    guard model.confusion.count == size, model.confusion.allSatisfy({ $0.count == size }) else {
      return "the confusion of model \(model.name) is not \(size) x \(size)"
    }
    guard model.topK.map({ $0 > 0 }) ?? true else { return "model \(model.name) keeps no classes" }
    // Pixels of 2^24 pictures of 2^32 pixels fit.
    guard model.confusion.allSatisfy({ $0.allSatisfy { (0...(1 << 56)).contains($0) } }) else {
      return "the confusion of model \(model.name) has a number that is no count"
    }
    let groupFigures = model.groups.map(\.figures)
    let shares =
      ([model.figures] + groupFigures).flatMap { figures in Figure.allCases.compactMap { figures[$0] } }
      + model.classes.flatMap { [$0.iou, $0.accuracy, $0.boundaryIou].compactMap { $0 } }
    guard shares.allSatisfy({ (0...1).contains($0) }) else {
      return "model \(model.name) has a figure outside 0...1"
    }
    let intervals =
      ([model.intervals] + model.groups.map(\.intervals)).flatMap(\.values)
      + model.classes.compactMap(\.iouInterval)
    guard intervals.allSatisfy({ Self.isInterval($0, in: 0...1) }) else {
      return "model \(model.name) has an interval that is none"
    }
    return nil
  }

  private static func isInterval(_ interval: Interval, in range: ClosedRange<Double>) -> Bool {
    range.contains(interval.low) && range.contains(interval.high) && interval.low <= interval.high
  }

  /// The first fault of rows, in one clause: they must be those that the figures were made of.
  var faultOfRows: String? {
    guard pictures.count == data.pictureCount else {
      return "it has \(pictures.count) rows, expected \(data.pictureCount)"
    }
    guard pictures.allSatisfy({ $0.error == nil }) else { return "a row has an error" }
    guard zip(pictures, pictures.dropFirst()).allSatisfy({ $0.index < $1.index }) else {
      return "its rows are not in the order of the pictures"
    }
    for (position, model) in models.enumerated() {
      var matrix = ConfusionMatrix(classCount: data.classes.count)
      for row in pictures { matrix.add(row.outcomes[position].counts.confusion) }
      guard matrix == ConfusionMatrix(rows: model.confusion) else {
        return "the confusion of model \(model.name) is not that of its rows"
      }
    }
    return nil
  }
}
