// The reasons for float storage.

/// Why a tensor is stored in a float format although integers were requested.
package enum FloatReason: String, CaseIterable, Hashable, Sendable, Codable {
  /// Biases, norms, layer scales and scalars: few bytes, and their errors affect every output of a layer.
  case role
  /// Filters of a depthwise convolution: few weights, each of large effect; int8 only.
  case depthwise
  /// Fewer than 1,024 elements.
  case small
  /// An element beyond 65,504, the largest binary16, or elements that are mostly subnormal in binary16.
  case overflow
  /// Elements whose magnitudes differ too much for one step.
  case proportion
  /// The stem: its inputs are pixels, not normalized features, so errors do not average out; int8 only.
  case stem
}
