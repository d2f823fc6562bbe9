// The statistics of one tensor.

/// What a tensor's values are, in float64 of their float32 values; what is not finite is counted and otherwise left out.
public struct TensorStatistics: Sendable, Hashable {
  /// Elements that are no numbers.
  public var nanCount: Int
  /// Elements that are infinite.
  public var infiniteCount: Int
  /// Elements that are finite; all that follows is of these.
  public var finiteCount: Int
  /// The least; `nil` where none is finite.
  public var minimum: Float?
  /// The largest; `nil` where none is finite.
  public var maximum: Float?
  /// The mean; `nil` where none is finite.
  public var mean: Double?
  /// The standard deviation, by n and not n - 1; `nil` where none is finite.
  public var standardDeviation: Double?
  /// The fourth central moment over the square of the variance: 3 for a normal distribution, 1.8 for a uniform one; `nil` where
  /// all values are equal.
  public var kurtosis: Double?
  /// Elements that are zero, of either sign.
  public var zeroCount: Int
  /// Elements farther from the mean than ``outlierLimit`` standard deviations.
  public var outlierCount: Int
  /// Elements that float16 rounds to an infinity: those of at least 65,520 in magnitude.
  public var float16OverflowCount: Int
  /// Elements that float16 rounds to zero and that are not zero: those of at most 2^-25 in magnitude.
  public var float16UnderflowCount: Int
  /// What its channels are; `nil` for a tensor without at least two channels of at least two elements, or with more than
  /// ``largestChannelCount``.
  public var channels: Channels?
  /// The distribution; `nil` where no element is finite.
  public var histogram: Histogram?
  /// What trained and intact weights do not have.
  public var suspicions: [Suspicion]

  /// Standard deviations from the mean beyond which an element is an outlier: of normally distributed ones, one in 500 million.
  public static let outlierLimit = 6.0
  /// The most channels that are looked at one by one.
  public static let largestChannelCount = 1 << 20

  /// Elements that float16 does not have, nearly.
  public var beyondFloat16Count: Int { float16OverflowCount + float16UnderflowCount }
  /// The distance of the farthest element from the mean, in standard deviations; `nil` where all are equal.
  public var largestDeviation: Double? {
    guard let minimum, let maximum, let mean, let standardDeviation, standardDeviation > 0 else { return nil }
    return max(Double(maximum) - mean, mean - Double(minimum)) / standardDeviation
  }
  /// Whether it has several elements, all of them finite and equal.
  public var isConstant: Bool {
    finiteCount > 1 && minimum == maximum && nanCount + infiniteCount == 0
  }

  /// The channels of a tensor: the weights of one output each.
  public struct Channels: Sendable, Hashable {
    /// Channels.
    public var count: Int
    /// Channels of zeros.
    public var zeroCount: Int
    /// Channels of one value that is not zero.
    public var constantCount: Int
    /// The first channel of zeros or of one value.
    public var firstDead: Int?
    /// Channels equal to an earlier one, value by value; those of one value are not counted.
    public var duplicateCount: Int
    /// The first of them, and the one that it equals.
    public var firstDuplicate: Duplicate?
    /// The channel with the largest magnitude, and how many times that is the median channel's, channels of zeros left out; `nil`
    /// where fewer than two are left.
    public var largest: Largest?

    /// Channels of zeros or of one value.
    public var deadCount: Int { zeroCount + constantCount }

    /// Two equal channels.
    public struct Duplicate: Sendable, Hashable {
      /// The later one.
      public var channel: Int
      /// The earlier one.
      public var original: Int
    }

    /// The channel with the largest magnitude.
    public struct Largest: Sendable, Hashable {
      /// The channel.
      public var channel: Int
      /// Its largest magnitude over the median of the channels' largest magnitudes.
      public var ratio: Double
    }
  }

  /// Counts of values in bins of equal width; outliers are outside.
  public struct Histogram: Sendable, Hashable {
    /// The lower edge of the first bin.
    public var lowest: Double
    /// The upper edge of the last bin, which includes it.
    public var highest: Double
    /// Elements in each bin.
    public var counts: [Int]
    /// Elements below the first bin.
    public var below: Int
    /// Elements above the last bin.
    public var above: Int

    /// The number of bins.
    public static let binCount = 64
  }
}
