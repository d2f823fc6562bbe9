// What is to become of a tensor's elements.

/// A codec with what it aims at.
public enum Coding: Hashable, Sendable {
  /// binary32 as it is.
  case f32
  /// binary16 as it is.
  case f16
  /// 8-bit integers, each row with a scale; can be used as they lie in the file.
  case int8
  /// binary32 in planes.
  case f32Planes
  /// binary16 in planes.
  case f16Planes
  /// Levels of a trellis.
  case trellis(CodingGoal)

  /// The codec, ready to encode.
  public var codec: any TensorCodec {
    switch self {
    case .trellis(let goal): TrellisCodec(goal)
    default: identifier.codec
    }
  }

  /// The codec's name.
  public var identifier: CodecIdentifier {
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
