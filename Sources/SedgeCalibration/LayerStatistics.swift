// The statistics of a layer's inputs.

/// Means and products of the vectors that a layer multiplies with its weights.
package struct LayerStatistics: Hashable, Sendable {
  /// The number of sampled vectors.
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

/// Means and squares of the input channels of a depthwise convolution.
package struct ChannelStatistics: Hashable, Sendable {
  /// The number of sampled pixels.
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

/// The statistics of a layer's inputs, by the kind of layer.
package enum InputStatistics: Hashable, Sendable {
  /// Of linear layers, convolutions and transposed convolutions.
  case vectors(LayerStatistics)
  /// Of depthwise convolutions.
  case channels(ChannelStatistics)
}
