// The paired bootstrap over pictures.

/// Resamples pictures with replacement and computes the figures of each resample.
///
/// Counts are added up over the pictures of a resample before figures are computed, as over the pictures of the data. Pictures
/// come twice, one after another, and none is kept: memory is 48 bytes for each resample and class that occurs, and as much
/// for each of at most 1,024 groups of the jackknife.
///
/// The result depends on the pictures, their order, the seed and the number of resamples alone: not on the machine or the
/// number of threads.
///
///     let bootstrap = Bootstrap(classCount: 150)
///     let float = try bootstrap.distribution { body in for picture in floatCounts { try body(picture) } }
///     let int8 = try bootstrap.distribution { body in for picture in int8Counts { try body(picture) } }
///     float.interval(of: .miou)
///     int8.differenceInterval(of: .miou, from: float)
package struct Bootstrap: Sendable {
  /// Calls its argument with each picture in turn; may be called more than once, with the same pictures.
  package typealias Pictures<Picture> = (_ body: (Picture) throws -> Void) throws -> Void

  /// The number of resamples where none is given.
  package static let defaultResampleCount = 2000
  /// The seed where none is given.
  package static let defaultSeed: UInt64 = 2021

  private let classCount: Int
  private let groups: [[Int]]
  private let resampleCount: Int
  private let seed: UInt64
  private let threadCount: Int?

  /// Creates a bootstrap.
  ///
  /// - Parameters:
  ///   - groups: Indices of classes, of each group that has figures of its own.
  ///   - threadCount: By default as many as the system gives.
  package init(
    classCount: Int, groups: [[Int]] = [], resampleCount: Int = defaultResampleCount,
    seed: UInt64 = defaultSeed, threadCount: Int? = nil
  ) {
    precondition(resampleCount > 0 && groups.allSatisfy { $0.allSatisfy { $0 >= 0 && $0 < classCount } })
    self.classCount = classCount
    self.groups = groups.map { $0.sorted() }
    self.resampleCount = resampleCount
    self.seed = seed
    self.threadCount = threadCount
  }

  /// Resamples one model's pictures.
  ///
  /// - Throws: What `pictures` throws.
  package func distribution(_ pictures: Pictures<PictureCounts>) throws -> BootstrapDistribution {
    try sample(pictures) { $0.classCounts(classCount: classCount) }
  }

  /// The interval of 95 % of the share of changed labels.
  ///
  /// - Throws: What `pictures` throws.
  package func labelChangeInterval(_ pictures: Pictures<LabelChange>) throws -> Interval? {
    // The share is the accuracy of a class whose pixels are all pixels and whose hits are the changed ones.
    let one = Bootstrap(
      classCount: 1, resampleCount: resampleCount, seed: seed, threadCount: threadCount)
    return try one.sample(pictures) { change in
      var counts = ClassCounts()
      (counts.hits, counts.truth) = (change.changed, change.pixels)
      return [(label: 0, counts: counts)]
    }.interval(of: .macc)
  }

  private func sample<Picture>(
    _ pictures: Pictures<Picture>, counting: @escaping (Picture) -> SparseCounts
  ) throws -> BootstrapDistribution {
    var survey = PictureSurvey(classCount: classCount, groups: groups)
    try pictures { survey.add(counting($0)) }
    guard survey.pictureCount > 0 else { return emptyDistribution }
    let labels = survey.occurringClasses
    var places = [Int?](repeating: nil, count: classCount)
    for (place, label) in labels.enumerated() { places[label] = place }
    let resamples = ResampleCounts(
      resampleCount: resampleCount, classCount: labels.count, pictureCount: survey.pictureCount, seed: seed)
    var jackknife = JackknifeCounts(classCount: labels.count, pictureCount: survey.pictureCount)
    var batch: [SparseCounts] = []
    try pictures { picture in
      let occurring = counting(picture).compactMap { entry in
        places[entry.label].map { (label: $0, counts: entry.counts) }
      }
      jackknife.add(occurring)
      batch.append(occurring)
      if batch.count == 64 {
        resamples.add(batch, threadCount: threadCount)
        batch.removeAll(keepingCapacity: true)
      }
    }
    resamples.add(batch, threadCount: threadCount)
    precondition(jackknife.pictureCount == survey.pictureCount)
    let groups = groups.map { $0.compactMap { places[$0] } }
    return FigureCollector(survey: survey, labels: labels, groups: groups)
      .distribution(resamples: resamples, jackknife: jackknife)
  }

  private var emptyDistribution: BootstrapDistribution {
    BootstrapDistribution(
      pictureCount: 0, totals: ClassTotals(classCount: classCount), figures: [:],
      groups: groups.map { _ in [:] }, classIntervals: Array(repeating: nil, count: classCount))
  }
}
