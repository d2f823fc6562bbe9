// The names of the codecs.

/// The name of a codec, as files and users have it.
///
/// A further codec is a case here, a type that conforms to ``TensorCodec``, and a line in ``codec``.
package enum CodecIdentifier: String, CaseIterable, Hashable, Sendable, Codable {
  /// IEEE 754 binary32, lossless.
  case f32
  /// IEEE 754 binary16.
  case f16
  /// 8-bit integers with one float32 scale for each row.
  case int8
  /// Trellis-coded quantization with entropy coding, at any number of bits.
  case trellis
  /// The bytes of binary32 in planes, compressed without loss.
  case f32Planes = "f32-planes"
  /// The bytes of binary16 in planes, compressed.
  case f16Planes = "f16-planes"

  /// Whether the codes are compressed.
  package var isCompact: Bool {
    switch self {
    case .f32, .f16, .int8: false
    case .trellis, .f32Planes, .f16Planes: true
    }
  }

  /// Whether it stores floating-point numbers.
  package var isFloat: Bool {
    switch self {
    case .f32, .f16, .f32Planes, .f16Planes: true
    case .int8, .trellis: false
    }
  }
}
