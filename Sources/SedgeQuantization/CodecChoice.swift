// A codec and its target.

/// The codec for a tensor, with the target of a codec that has one.
package enum CodecChoice: Hashable, Sendable {
  /// binary32, uncompressed.
  case f32
  /// binary16, uncompressed.
  case f16
  /// 8-bit integers with one scale for each row, uncompressed.
  case int8
  /// binary32 in planes.
  case f32Planes
  /// binary16 in planes.
  case f16Planes
  /// Trellis-coded quantization.
  case trellis(EncodingTarget)

  /// The codec, ready to encode.
  package var codec: any TensorCodec {
    switch self {
    case .trellis(let target): TrellisCodec(target)
    default: identifier.codec
    }
  }

  /// The codec's name.
  package var identifier: CodecIdentifier {
    switch self {
    case .f32: .f32
    case .f16: .f16
    case .int8: .int8
    case .f32Planes: .f32Planes
    case .f16Planes: .f16Planes
    case .trellis: .trellis
    }
  }
}
