// A second pass over some values, whose mean and deviation are known: histogram, outliers, fourth moment.

/// The bins of a histogram, and how far values are from the mean.
struct Bins: Sendable {
  let lowest: Double
  let highest: Double
  let mean: Double
  private let binsPerUnit: Double

  /// Bins from six standard deviations below the mean to six above, as far as there are values.
  init(_ moments: Moments) {
    mean = moments.mean
    let reach = TensorStatistics.outlierLimit * (moments.squares / Double(moments.count)).squareRoot()
    lowest = max(Double(moments.minimum), mean - reach)
    highest = min(Double(moments.maximum), mean + reach)
    binsPerUnit = highest > lowest ? Double(TensorStatistics.Histogram.binCount) / (highest - lowest) : 0
  }

  /// The bin of a value between the edges.
  @inline(__always)
  func index(of value: Double) -> Int {
    min(Int((value - lowest) * binsPerUnit), TensorStatistics.Histogram.binCount - 1)
  }
}

/// How some values are distributed.
struct Distribution: Sendable {
  var counts = [Int](repeating: 0, count: TensorStatistics.Histogram.binCount)
  var below = 0
  var above = 0
  /// The sum of the fourth powers of the distances from the mean.
  var fourthPowers = 0.0

  init() {}

  /// Counts values; those that are not finite are left out.
  init(_ values: Span<Float>, _ bins: Bins) {
    var counted = counts
    var bin = counted.mutableSpan
    for index in values.indices {
      let value = Double(values[index])
      if value >= bins.lowest && value <= bins.highest {
        bin[bins.index(of: value)] += 1
      } else if value < bins.lowest && value > -.infinity {
        below += 1
      } else if value > bins.highest && value < .infinity {
        above += 1
      } else {
        continue
      }
      let distance = value - bins.mean
      let square = distance * distance
      fourthPowers += square * square
    }
    counts = counted
  }

  /// Adds the counts of other values.
  mutating func append(_ other: Distribution) {
    for bin in counts.indices { counts[bin] += other.counts[bin] }
    below += other.below
    above += other.above
    fourthPowers += other.fourthPowers
  }
}
