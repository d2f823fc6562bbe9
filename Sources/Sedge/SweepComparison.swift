// What a sweep can tell apart.

import SedgeCompression
package import SedgeEvaluation

/// The figures of a sweep's forms with intervals, by the paired bootstrap over pictures.
package struct SweepComparison: Sendable {
  /// The figures of the source or of a form.
  package struct Figures: Sendable {
    /// By the ground truth; `nil` without.
    package var figures: SegmentationFigures?
    /// Intervals of 95 % by figure; none of fewer than five pictures.
    package var intervals: [Figure: Interval] = [:]
    /// By figure: the form's less the source's; none for the source itself.
    package var differences: [Figure: EvaluationResult.FigureDifference] = [:]
    /// The interval of 95 % of the share of labels that differ from the source's.
    package var labelChangeInterval: Interval?
    /// Letters, of which two have one in common exactly where their mIoUs are not distinguishable; `nil` without ground truth, and
    /// of fewer than five pictures, which do not tell.
    package var letters: String?

    /// The figures that were measured.
    package var values: [Figure: Double]? {
      figures.map { figures in
        Dictionary(
          uniqueKeysWithValues: Figure.allCases.compactMap { figure in figures[figure].map { (figure, $0) } })
      }
    }
  }

  /// Pictures that count.
  package let pictureCount: Int
  /// The source.
  package let source: Figures
  /// The forms, in their order.
  package let forms: [Figures]

  /// Resamples the pictures of a sweep.
  package init(_ reference: OutputReference, _ entries: [Sweep.Entry]) throws {
    let bootstrap = Bootstrap(classCount: reference.classes.classes.count)
    let measurements = [reference.sourceMeasurement] + entries.map(\.measurement)
    let distributions = try measurements.map { try $0.distribution(bootstrap) }
    let pictureCount = reference.sourceMeasurement.pictures.count
    let letters =
      pictureCount < ResampledFigure.leastPictureCount
      ? distributions.map { _ in nil } : Self.letters(distributions)
    let found = try measurements.indices.map { index in
      let (own, source) = (distributions[index], index > 0 ? distributions[0] : nil)
      return Figures(
        figures: measurements[index].error.figures, intervals: own?.intervals ?? [:],
        differences: own.flatMap { own in source.map { own.differences(from: $0) } } ?? [:],
        labelChangeInterval: index > 0 ? try measurements[index].labelChangeInterval(bootstrap) : nil,
        letters: letters[index])
    }
    self.pictureCount = pictureCount
    (source, forms) = (found[0], Array(found.dropFirst()))
  }

  /// The letters by mIoU, `a` for the highest.
  private static func letters(_ distributions: [BootstrapDistribution?]) -> [String?] {
    var result: [String?] = distributions.map { _ in nil }
    let ranked = distributions.enumerated().compactMap { index, distribution in
      distribution.flatMap { found in
        SegmentationFigures(found.totals).miou.map { (index: index, miou: $0, distribution: found) }
      }
    }.sorted { ($1.miou, $0.index) < ($0.miou, $1.index) }
    let ties = TieLetters(count: ranked.count) { first, second in
      let interval = ranked[first].distribution.differenceInterval(
        of: .miou, from: ranked[second].distribution)
      return interval.map { $0.low > 0 || $0.high < 0 } ?? false
    }
    for (place, entry) in ranked.enumerated() { result[entry.index] = ties.letters[place] }
    return result
  }
}
