// The purpose of a tensor.

/// What a tensor is for, which decides how it may be folded and coded.
public enum TensorRole: String, CaseIterable, Hashable, Sendable {
  /// The matrix of a linear layer.
  case linear
  /// The filters of a dense convolution.
  case convolution
  /// The filters of a convolution with one input channel an output channel.
  case depthwiseConvolution
  /// The filters of a transposed convolution.
  case transposedConvolution
  /// One vector for each token of the vocabulary.
  case embedding
  /// One vector for each position of a prompt.
  case positionalEmbedding
  /// Added to a layer's output.
  case bias
  /// The factor of a normalization.
  case normScale
  /// The addend of a normalization.
  case normShift
  /// ConvNeXt's factor on a block's branch, one number a channel.
  case layerScale
  /// A single number, which a file keeps in its header.
  case scalar
  /// The text features of a class list: classes x ``Architecture/featuresPerClass`` x embedding.
  case textFeatures
}
