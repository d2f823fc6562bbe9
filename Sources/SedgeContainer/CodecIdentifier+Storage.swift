// What the container must know of a codec.

internal import SedgeQuantization

extension CodecIdentifier {
  /// The first version of the format that has it.
  var firstVersion: Int {
    switch self {
    case .f32, .f16, .int8: 1
    case .trellis, .f32Planes, .f16Planes: 2
    }
  }

  /// Whether stored codes can be used as they are, at multiples of 64.
  var isMappable: Bool { !isCompact }
}
