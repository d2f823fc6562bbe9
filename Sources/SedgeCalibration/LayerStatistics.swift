// What is known of a layer's inputs.

/// Means and products of the vectors that a layer's weights are multiplied with.
public struct LayerStatistics: Hashable, Sendable {
  /// Input vectors that were looked at.
  public var sampleCount: Int
  /// The mean of each of n inputs, in the order of the weights' columns: channels of a linear layer or transposed
  /// convolution, lines, columns and channels of a convolution's kernel.
  public var mean: [Float]
  /// The mean of the products of every two inputs: n x n, row-major, symmetric.
  ///
  /// At most 256 products are summed in float32, such sums in float64.
  public var secondMoment: [Float]

  /// Collects the statistics.
  public init(sampleCount: Int, mean: [Float], secondMoment: [Float]) {
    (self.sampleCount, self.mean, self.secondMoment) = (sampleCount, mean, secondMoment)
  }
}

/// Means and squares of the channels that a depthwise convolution sees.
public struct ChannelStatistics: Hashable, Sendable {
  /// Pixels that were looked at.
  public var sampleCount: Int
  /// The mean of each channel.
  public var mean: [Float]
  /// The mean of each channel's square.
  public var meanSquare: [Float]

  /// Collects the statistics.
  public init(sampleCount: Int, mean: [Float], meanSquare: [Float]) {
    (self.sampleCount, self.mean, self.meanSquare) = (sampleCount, mean, meanSquare)
  }
}

/// What is known of a layer's inputs, as much as its kind has use for.
public enum InputStatistics: Hashable, Sendable {
  /// Of linear layers, convolutions and transposed convolutions.
  case vectors(LayerStatistics)
  /// Of depthwise convolutions.
  case channels(ChannelStatistics)
}
