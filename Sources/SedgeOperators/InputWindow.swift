// The parts of its input that a layer combines.

/// The part of its input that a layer combines into one output vector.
package enum InputWindow: Hashable, Sendable {
  /// One vector of the last dimension: linear layers and transposed convolutions.
  case vectors
  /// A square of pixels with zero padding: dense convolutions.
  case squares(side: Int, stride: Int, padding: Int)
  /// One channel: depthwise convolutions.
  case channels
}
