// The order of a tensor's dimensions.

/// The order of a tensor's dimensions.
package enum TensorLayout: String, CaseIterable, Hashable, Sendable {
  /// The order of the checkpoint; for vectors, embeddings and scalars.
  case plain
  /// Linear: output, input.
  case oi
  /// Convolution and transposed convolution: output, height, width, input.
  case ohwi
  /// Depthwise convolution: height, width, channel.
  case hwc
}
