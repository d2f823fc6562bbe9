// The storage format of the weights of a file.

/// The storage format of the weights of a file, as users name it.
public enum WeightFormat: String, CaseIterable, Hashable, Sendable, Codable {
  /// Every weight unchanged, in float32.
  case f32
  /// Every weight unchanged, compressed without loss.
  case lossless
  /// float16.
  case f16
  /// At most 8, 6, 5, 4, 3 or 2 bits for each weight of the large tensors, everything counted.
  case int8, int6, int5, int4, int3, int2

  /// Bits for each weight of the large tensors; `nil` for floats.
  public var bits: Double? {
    switch self {
    case .f32, .lossless, .f16: nil
    case .int8: 8
    case .int6: 6
    case .int5: 5
    case .int4: 4
    case .int3: 3
    case .int2: 2
    }
  }
}
