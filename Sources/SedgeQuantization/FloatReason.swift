// Why a tensor stays float32.

/// The reason that a tensor is stored as float32 in a file that was to be smaller.
public enum FloatReason: String, CaseIterable, Hashable, Sendable, Codable {
  /// Biases, norms, layer scales, scalars and the like: few bytes, and they reach every element after them.
  case role
  /// Filters of a depthwise convolution, whose few weights all count; as int8 only.
  case depthwise
  /// Fewer than 1,024 elements.
  case small
  /// An element beyond 65,504, the largest binary16.
  case overflow
  /// The stem, whose inputs are pixels and not normalized features: its errors add up; as int8 only.
  case stem
}
