// What trained and intact weights do not have.

/// A finding in a tensor that is likely a fault, or that a conversion suffers from.
public enum Suspicion: Sendable, Hashable {
  /// Elements are no numbers or infinite.
  case notFinite(nanCount: Int, infiniteCount: Int)
  /// All elements are equal.
  case constant(Float)
  /// Every element equals that of another tensor.
  case sameValues(asTensor: String)
  /// Float16 rounds elements to infinities.
  case float16Overflow(count: Int, largest: Float)
  /// Float16 rounds a share of the elements to zero.
  case float16Underflow(share: Double)
  /// Channels are zero or constant.
  case deadChannels(zeroCount: Int, constantCount: Int, count: Int, first: Int)
  /// Channels equal others.
  case duplicatedChannels(count: Int, of: Int, first: Int, original: Int)
  /// A channel is far larger than the median one.
  case largeChannel(channel: Int, ratio: Double)
  /// An element is far from all others.
  case outliers(count: Int, largestDeviation: Double)
  /// Most elements are zero, those of dead channels apart.
  case mostlyZero(share: Double)

  /// The share of elements from which ``float16Underflow(share:)`` is reported: a few tiny weights are usual.
  package static let leastUnderflowShare = 0.01
  /// The ratio from which ``largeChannel(channel:ratio:)`` is reported.
  package static let leastChannelRatio = 1000.0
  /// The distance in standard deviations from which ``outliers(count:largestDeviation:)`` is reported.
  package static let leastDeviation = 50.0
  /// The share of elements from which ``mostlyZero(share:)`` is reported.
  package static let leastZeroShare = 0.5

  /// The kind in words of a script, such as `float16_overflow`.
  public var name: String {
    switch self {
    case .notFinite: "not_finite"
    case .constant: "constant"
    case .sameValues: "same_values"
    case .float16Overflow: "float16_overflow"
    case .float16Underflow: "float16_underflow"
    case .deadChannels: "dead_channels"
    case .duplicatedChannels: "duplicated_rows"
    case .largeChannel: "large_row"
    case .outliers: "outliers"
    case .mostlyZero: "mostly_zero"
    }
  }

  /// What is suspicious in a tensor for itself.
  ///
  /// - Parameter elementCount: All elements of the tensor.
  static func all(in statistics: TensorStatistics, elementCount: Int) -> [Suspicion] {
    var found: [Suspicion] = []
    if statistics.finiteCount < elementCount {
      found.append(
        .notFinite(nanCount: statistics.nanCount, infiniteCount: statistics.infiniteCount))
    }
    guard let minimum = statistics.minimum, let maximum = statistics.maximum else { return found }
    if statistics.isConstant { return found + [.constant(minimum)] }
    if statistics.float16OverflowCount > 0 {
      let largest = maximum.magnitude > minimum.magnitude ? maximum : minimum
      found.append(.float16Overflow(count: statistics.float16OverflowCount, largest: largest))
    }
    let underflow = Double(statistics.float16UnderflowCount) / Double(statistics.finiteCount)
    if underflow >= leastUnderflowShare { found.append(.float16Underflow(share: underflow)) }
    var deadShare = 0.0
    if let channels = statistics.channels {
      deadShare = Double(channels.zeroCount) / Double(channels.count)
      found += all(in: channels)
    }
    if let deviation = statistics.largestDeviation, deviation >= leastDeviation {
      found.append(.outliers(count: statistics.outlierCount, largestDeviation: deviation))
    }
    let zeroShare = Double(statistics.zeroCount) / Double(statistics.finiteCount) - deadShare
    if zeroShare >= leastZeroShare { found.append(.mostlyZero(share: zeroShare)) }
    return found
  }

  private static func all(in channels: TensorStatistics.Channels) -> [Suspicion] {
    var found: [Suspicion] = []
    if let first = channels.firstDead {
      found.append(
        .deadChannels(
          zeroCount: channels.zeroCount, constantCount: channels.constantCount, count: channels.count,
          first: first))
    }
    if let first = channels.firstDuplicate {
      found.append(
        .duplicatedChannels(
          count: channels.duplicateCount, of: channels.count, first: first.channel, original: first.original))
    }
    if let largest = channels.largest, largest.ratio >= leastChannelRatio {
      found.append(.largeChannel(channel: largest.channel, ratio: largest.ratio))
    }
    return found
  }
}
