// Figures of resamples from their counts.

/// Computes the figures of every resample, and of the pictures without each group of the jackknife.
struct FigureCollector {
  let survey: PictureSurvey
  /// The classes that occur, ascending; rows of counts have these alone.
  let labels: [Int]
  /// By group: places in ``labels``.
  let groups: [[Int]]

  func distribution(resamples: ResampleCounts, jackknife: JackknifeCounts) -> BootstrapDistribution {
    let totals = labels.map { survey.totals[$0] }
    let (resampled, ious) = series { resamples.forEach($0) }
    let (leftOut, iousLeftOut) = series { jackknife.forEach(totals: totals, $0) }
    var classIntervals = [Interval?](repeating: nil, count: survey.totals.count)
    for (place, label) in labels.enumerated() {
      classIntervals[label] =
        ResampledFigure(
          measured: totals[place].iou, resampled: ious[place], leftOut: iousLeftOut[place],
          pictureCount: survey.picturesOfClass[label], range: 0...1
        ).interval
    }
    let pictureCounts = [survey.picturesWithTruth] + survey.picturesOfGroup
    let all = pictureCounts.indices.map { set in
      let measured = set == 0 ? SegmentationFigures(totals) : figures(of: groups[set - 1], in: totals[...])
      return Dictionary(
        uniqueKeysWithValues: Figure.allCases.map { figure in
          (
            figure,
            ResampledFigure(
              measured: measured[figure], resampled: resampled[set].map { $0[figure] ?? .nan },
              leftOut: leftOut[set].map { $0[figure] ?? .nan }, pictureCount: pictureCounts[set], range: 0...1
            )
          )
        })
    }
    var whole = ClassTotals(classCount: survey.totals.count)
    whole.add(survey.totals)
    return BootstrapDistribution(
      pictureCount: survey.pictureCount, totals: whole, figures: all[0], groups: Array(all.dropFirst()),
      classIntervals: classIntervals)
  }

  /// By set of classes (all, then the groups) and by class: a value for each row of counts.
  private func series(
    _ forEachRow: ((ArraySlice<ClassCounts>) -> Void) -> Void
  ) -> (sets: [[SegmentationFigures]], ious: [[Double]]) {
    var sets = [[SegmentationFigures]](repeating: [], count: groups.count + 1)
    var ious = [[Double]](repeating: [], count: labels.count)
    forEachRow { row in
      sets[0].append(SegmentationFigures(row))
      for (index, group) in groups.enumerated() { sets[index + 1].append(figures(of: group, in: row)) }
      for (place, counts) in row.enumerated() { ious[place].append(counts.iou ?? .nan) }
    }
    return (sets, ious)
  }

  private func figures(of group: [Int], in row: ArraySlice<ClassCounts>) -> SegmentationFigures {
    SegmentationFigures(group.lazy.map { row[row.startIndex + $0] })
  }
}
