// The statistics of a tensor as JSON.

import Sedge

/// What `inspect --stats --json` prints of a tensor; a class, since tensors without statistics are to take no memory for them.
final class StatisticsJSON: Encodable {
  struct Histogram: Encodable {
    var lowest: Double
    var highest: Double
    var counts: [Int]
    var below: Int
    var above: Int
  }

  struct LargestRow: Encodable {
    var row: Int
    /// Its largest magnitude over the median row's.
    var ratio: Double
  }

  struct Suspicion: Encodable {
    var kind: String
    var text: String
  }

  var nan: Int
  var infinite: Int
  var minimum: Float?
  var maximum: Float?
  var mean: Double?
  var standardDeviation: Double?
  var kurtosis: Double?
  /// In standard deviations.
  var largestDeviation: Double?
  var zeroShare: Double
  var outlierShare: Double
  /// Output channels; `nil` where there are none.
  var channels: Int?
  var deadChannels: Int?
  var zeroChannels: Int?
  var duplicatedRows: Int?
  var largestRow: LargestRow?
  var beyondFloat16: Int
  var float16Overflow: Int
  var float16Underflow: Int
  var histogram: Histogram?
  var suspicions: [Suspicion]

  init(_ statistics: TensorStatistics) {
    let count = Double(max(statistics.finiteCount, 1))
    nan = statistics.nanCount
    infinite = statistics.infiniteCount
    minimum = statistics.minimum
    maximum = statistics.maximum
    mean = statistics.mean
    standardDeviation = statistics.standardDeviation
    kurtosis = statistics.kurtosis
    largestDeviation = statistics.largestDeviation
    zeroShare = Double(statistics.zeroCount) / count
    outlierShare = Double(statistics.outlierCount) / count
    channels = statistics.channels?.count
    deadChannels = statistics.channels?.deadCount
    zeroChannels = statistics.channels?.zeroCount
    duplicatedRows = statistics.channels?.duplicateCount
    largestRow = statistics.channels?.largest.map { LargestRow(row: $0.channel, ratio: $0.ratio) }
    beyondFloat16 = statistics.beyondFloat16Count
    float16Overflow = statistics.float16OverflowCount
    float16Underflow = statistics.float16UnderflowCount
    histogram = statistics.histogram.map {
      Histogram(
        lowest: $0.lowest, highest: $0.highest, counts: $0.counts, below: $0.below, above: $0.above)
    }
    suspicions = statistics.suspicions.map { Suspicion(kind: $0.name, text: $0.text) }
  }
}
