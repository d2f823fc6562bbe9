// Element types of checkpoint tensors.

/// The type of one element of a stored tensor.
public enum ElementType: String, CaseIterable, Hashable, Sendable, Codable {
  /// 1 sign bit, 4 of exponent (bias 7), 3 of fraction; no infinities, all bits set is not a number (OCP 8-bit
  /// Floating Point Specification, E4M3; PyTorch's `float8_e4m3fn`).
  case float8E4M3 = "float8_e4m3fn"
  /// 1 sign bit, 5 of exponent (bias 15), 2 of fraction: the upper half of a binary16 (the same specification, E5M2).
  case float8E5M2 = "float8_e5m2"
  /// IEEE 754 binary16.
  case float16
  /// The upper half of an IEEE 754 binary32: 8 exponent bits, 7 of fraction.
  case bfloat16
  /// IEEE 754 binary32.
  case float32
  /// IEEE 754 binary64.
  case float64
  /// Two's complement, 8 bits.
  case int8
  /// Two's complement, 16 bits.
  case int16
  /// Two's complement, 32 bits.
  case int32
  /// Two's complement, 64 bits.
  case int64
  /// Unsigned, 8 bits.
  case uint8
  /// Unsigned, 16 bits.
  case uint16
  /// Unsigned, 32 bits.
  case uint32
  /// Unsigned, 64 bits.
  case uint64
  /// One byte, 0 or 1.
  case bool

  /// Bytes of one element.
  public var byteCount: Int {
    switch self {
    case .float8E4M3, .float8E5M2, .int8, .uint8, .bool: 1
    case .float16, .bfloat16, .int16, .uint16: 2
    case .float32, .int32, .uint32: 4
    case .float64, .int64, .uint64: 8
    }
  }

  /// Whether the elements are floating-point numbers.
  public var isFloatingPoint: Bool {
    switch self {
    case .float8E4M3, .float8E5M2, .float16, .bfloat16, .float32, .float64: true
    default: false
    }
  }
}
