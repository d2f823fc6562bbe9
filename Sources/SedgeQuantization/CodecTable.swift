// The codec of each name.

extension CodecIdentifier {
  /// The codec of this name.
  package var codec: any TensorCodec {
    switch self {
    case .f32: Float32Codec()
    case .f16: Float16Codec()
    case .int8: Int8Codec()
    case .trellis: TrellisCodec()
    case .f32Planes: PlanesCodec.float32
    case .f16Planes: PlanesCodec.float16
    }
  }
}
