// The order of a tensor's dimensions.

/// The order of a tensor's dimensions.
public enum TensorLayout: String, CaseIterable, Hashable, Sendable {
  /// As the checkpoint has it; one dimension, or no matrix.
  case plain
  /// Linear: output, input.
  case oi
  /// Convolution and transposed convolution: output, height, width, input.
  case ohwi
  /// Depthwise convolution: height, width, channel.
  case hwc
}
