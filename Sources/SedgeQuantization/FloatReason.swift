// Why a tensor stays a float.

/// The reason that a tensor is stored as floats in a file that was to be smaller.
public enum FloatReason: String, CaseIterable, Hashable, Sendable, Codable {
  /// Biases, norms, layer scales, scalars and the like: few bytes, and they reach every element after them.
  case role
  /// Filters of a depthwise convolution, whose few weights all count; as int8 only.
  case depthwise
  /// Fewer than 1,024 elements.
  case small
  /// An element beyond 65,504, the largest binary16, or elements so small that binary16 lacks the bits for them.
  case overflow
  /// Elements so far apart in size that no step fits all of them.
  case proportion
  /// The stem, whose inputs are pixels and not normalized features: its errors add up; as int8 only.
  case stem
}
