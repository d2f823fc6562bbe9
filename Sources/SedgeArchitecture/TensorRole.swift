// The purpose of a tensor.

/// The purpose of a tensor, which decides how it is folded and encoded.
package enum TensorRole: String, CaseIterable, Hashable, Sendable {
  /// The matrix of a linear layer.
  case linear
  /// The filters of a dense convolution.
  case convolution
  /// The filters of a convolution with one input channel for each output channel.
  case depthwiseConvolution
  /// The filters of a transposed convolution.
  case transposedConvolution
  /// One vector for each token of the vocabulary.
  case embedding
  /// One vector for each position of a prompt, or of an image's patches.
  case positionalEmbedding
  /// A learned vector that stands for a token: CLIP's class token, CAT-Seg's classes that are not there.
  case token
  /// The addend of a layer's output.
  case bias
  /// The factor of a normalization.
  case normScale
  /// The addend of a normalization.
  case normShift
  /// ConvNeXt's factor of a block's branch, one number for each channel.
  case layerScale
  /// A single number, which a file keeps in its header.
  case scalar
  /// The text features of a class list: classes x ``Architecture/featuresPerClass`` x embedding.
  case textFeatures
}
