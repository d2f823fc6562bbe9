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

  /// The codec of this name.
  public var codec: any TensorCodec {
    switch self {
    case .f32: Float32Codec()
    case .f16: Float16Codec()
    case .int8: Int8Codec()
    }
  }
}
