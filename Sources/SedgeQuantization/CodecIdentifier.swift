// The codecs, by the names that files and people use.

/// The name of a way to store a tensor's elements.
///
/// A further codec is a case here, a type that is a ``TensorCodec``, and a line in ``codec``.
public enum CodecIdentifier: String, CaseIterable, Hashable, Sendable, Codable {
  /// IEEE 754 binary32: nothing is lost.
  case f32
  /// IEEE 754 binary16.
  case f16
  /// 8-bit integers with one float32 scale for each row.
  case int8
  /// Levels that a trellis couples, entropy-coded, of any number of bits.
  case trellis
  /// binary32 byte by byte, compressed: nothing is lost.
  case f32Planes = "f32-planes"
  /// binary16 byte by byte, compressed.
  case f16Planes = "f16-planes"

  /// The codec of this name.
  public var codec: any TensorCodec {
    switch self {
    case .f32: Float32Codec()
    case .f16: Float16Codec()
    case .int8: Int8Codec()
    case .trellis: TrellisCodec()
    case .f32Planes: PlanesCodec.float32
    case .f16Planes: PlanesCodec.float16
    }
  }

  /// Whether its codes are compressed already.
  public var isCompact: Bool {
    switch self {
    case .f32, .f16, .int8: false
    case .trellis, .f32Planes, .f16Planes: true
    }
  }

  /// Whether it stores floating-point numbers.
  public var isFloat: Bool {
    switch self {
    case .f32, .f16, .f32Planes, .f16Planes: true
    case .int8, .trellis: false
    }
  }
}
