// What is known of a layer's inputs.

/// Means and products of the vectors that a layer's weights are multiplied with.
package struct LayerStatistics: Hashable, Sendable {
  /// Input vectors that were looked at.
  package var sampleCount: Int
  /// The mean of each of n inputs, in the order of the weights' columns: channels of a linear layer or transposed
  /// convolution, lines, columns and channels of a convolution's kernel.
  package var mean: [Float]
  /// The mean of the products of every two inputs: n x n, row-major, symmetric.
  ///
  /// At most 256 products are summed in float32, such sums in float64.
  package var secondMoment: [Float]

  /// Collects the statistics.
  package init(sampleCount: Int, mean: [Float], secondMoment: [Float]) {
    (self.sampleCount, self.mean, self.secondMoment) = (sampleCount, mean, secondMoment)
  }
}

/// Means and squares of the channels that a depthwise convolution sees.
package struct ChannelStatistics: Hashable, Sendable {
  /// Pixels that were looked at.
  package var sampleCount: Int
  /// The mean of each channel.
  package var mean: [Float]
  /// The mean of each channel's square.
  package var meanSquare: [Float]

  /// Collects the statistics.
  package init(sampleCount: Int, mean: [Float], meanSquare: [Float]) {
    (self.sampleCount, self.mean, self.meanSquare) = (sampleCount, mean, meanSquare)
  }
}

/// What is known of a layer's inputs, as much as its kind has use for.
package enum InputStatistics: Hashable, Sendable {
  /// Of linear layers, convolutions and transposed convolutions.
  case vectors(LayerStatistics)
  /// Of depthwise convolutions.
  case channels(ChannelStatistics)
}
