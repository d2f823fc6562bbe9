// One model's result against another's, by rules.

/// Decides whether a model may replace another.
package enum Gate {
  /// One model of a result.
  package struct Side {
    /// The file of the result, for errors.
    package var path: String
    /// The result.
    package var result: EvaluationResult
    /// The index of the model.
    package var model: Int

    /// Takes a model of a result.
    package init(path: String, result: EvaluationResult, model: Int) {
      precondition(result.models.indices.contains(model))
      (self.path, self.result, self.model) = (path, result, model)
    }

    /// The model.
    package var facts: EvaluationResult.Model { result.models[model] }
  }

  /// Decides by rules.
  ///
  /// Figures of both sides are computed from the rows of the pictures; differences have intervals by the bootstrap over
  /// pictures, paired.
  ///
  /// - Parameters:
  ///   - strict: Whether the worse end of the interval decides instead of the measured change. A change without an interval,
  ///     for lack of pictures, then fails.
  /// - Throws: ``EvaluationError`` where the two were not evaluated on the same pictures, where a figure is not defined, or
  ///   where changed labels are limited and were not counted.
  package static func verdict(
    of side: Side, against baseline: Side, rules: [GateRule], strict: Bool
  ) throws -> GateVerdict {
    try checkData(side, baseline)
    let (mine, others) = (try distribution(side), try distribution(baseline))
    let differences = mine.differences(from: others)
    let checks = try rules.map { rule in
      switch rule.subject {
      case .labels:
        let change = try labelChange(side, baseline)
        return GateVerdict.Check(
          rule: rule, measured: change.labels.share, interval: change.labelChangeInterval, isStrict: strict)
      case .figure(let figure):
        guard let difference = differences[figure] else {
          throw EvaluationError(.undefinedFigure(figure.rawValue), path: side.path)
        }
        return GateVerdict.Check(
          rule: rule, measured: difference.difference, interval: difference.interval, isStrict: strict)
      }
    }
    return GateVerdict(pictureCount: mine.pictureCount, isStrict: strict, checks: checks)
  }

  private static func checkData(_ side: Side, _ baseline: Side) throws(EvaluationError) {
    let (mine, others) = (side.result.data, baseline.result.data)
    let facts: [(String, (EvaluationResult.DataFacts) -> String)] = [
      ("the data", { $0.name }), ("the number of classes", { "\($0.classes.count)" }),
      ("the fingerprint of pictures, classes and labels", { String($0.fingerprint.prefix(16)) }),
    ]
    guard mine.fingerprint == others.fingerprint, mine.classes == others.classes else {
      let differing = facts.first { $0.1(mine) != $0.1(others) }
      throw EvaluationError(
        .otherData(
          what: differing?.0 ?? "the classes", found: differing?.1(others) ?? "one list",
          expected: differing?.1(mine) ?? "another", other: side.path), path: baseline.path)
    }
    let (names, otherNames) = (side.result.pictures.map(\.name), baseline.result.pictures.map(\.name))
    guard names != otherNames else { return try checkTruth(side, baseline) }
    let (known, otherKnown) = (Set(names), Set(otherNames))
    let missing = names.filter { !otherKnown.contains($0) }
    let added = otherNames.filter { !known.contains($0) }
    throw EvaluationError(
      .otherPictures(missing: missing, added: added, other: side.path), path: baseline.path)
  }

  /// Makes sure that each picture has the same pixels of each class in the truth on both sides.
  private static func checkTruth(_ side: Side, _ baseline: Side) throws(EvaluationError) {
    for (mine, others) in zip(side.result.pictures, baseline.result.pictures) {
      let truths = [(mine, side.model), (others, baseline.model)].map { row, model in
        Dictionary(
          row.outcomes[model].counts.confusion.cells.map { ($0.truth, $0.count) }, uniquingKeysWith: +)
      }
      guard truths[0] == truths[1] else {
        throw EvaluationError(.otherTruth(picture: mine.name, other: side.path), path: baseline.path)
      }
    }
  }

  private static func distribution(_ side: Side) throws -> BootstrapDistribution {
    try Bootstrap(classCount: side.result.data.classes.count).distribution { body in
      for row in side.result.pictures { try body(row.outcomes[side.model].counts) }
    }
  }

  /// The labels of a model against those of the baseline, where the result holds them.
  private static func labelChange(
    _ side: Side, _ baseline: Side
  ) throws(EvaluationError) -> EvaluationResult.Difference {
    let expected = baseline.facts
    let found = side.result.differences.first { difference in
      let reference = side.result.models[difference.reference]
      return difference.model == side.model && reference.sha256 == expected.sha256
        && reference.topK == expected.topK && reference.compute == expected.compute
    }
    guard let found else {
      throw EvaluationError(
        .labelsNotCompared(model: side.facts.name, reference: expected.name), path: side.path)
    }
    return found
  }
}
