// What the bootstrap found of one model.

/// The figures of a model's labels over pictures, resampled by picture.
///
/// Two distributions of the same pictures in the same order are paired: resample r has the same pictures in both.
package struct BootstrapDistribution: Sendable {
  /// The number of pictures.
  package let pictureCount: Int
  /// The counts of all pictures.
  package let totals: ClassTotals
  /// By figure, over all classes.
  let figures: [Figure: ResampledFigure]
  /// By group and figure.
  let groups: [[Figure: ResampledFigure]]
  /// By class: the interval of the IoU.
  package let classIntervals: [Interval?]

  /// The interval of 95 % of a figure.
  package func interval(of figure: Figure) -> Interval? { figures[figure]?.interval }

  /// The interval of 95 % of a figure of a group.
  package func interval(of figure: Figure, group: Int) -> Interval? { groups[group][figure]?.interval }

  /// The intervals of all figures that have one.
  package var intervals: [Figure: Interval] { Self.intervals(figures) }

  /// The intervals of all figures of a group that have one.
  package func intervals(group: Int) -> [Figure: Interval] { Self.intervals(groups[group]) }

  /// The interval of 95 % of a figure less the other model's, paired by picture.
  ///
  /// - Parameter other: Another model's distribution, of the same pictures in the same order, with the same seed.
  package func differenceInterval(of figure: Figure, from other: BootstrapDistribution) -> Interval? {
    guard let mine = figures[figure], let others = other.figures[figure] else { return nil }
    return mine.minus(others).interval
  }

  /// The differences of all figures that both models have, with their intervals.
  package func differences(from other: BootstrapDistribution) -> [Figure: EvaluationResult.FigureDifference] {
    var differences: [Figure: EvaluationResult.FigureDifference] = [:]
    for figure in Figure.allCases {
      guard let mine = figures[figure], let others = other.figures[figure] else { continue }
      let difference = mine.minus(others)
      guard let value = difference.measured else { continue }
      differences[figure] = EvaluationResult.FigureDifference(
        difference: value, interval: difference.interval)
    }
    return differences
  }

  private static func intervals(_ figures: [Figure: ResampledFigure]) -> [Figure: Interval] {
    figures.compactMapValues(\.interval)
  }
}
