// The storage of each codec.

internal import SedgeQuantization

extension CodecIdentifier {
  /// The first version of the format that has it.
  var firstVersion: Int {
    switch self {
    case .f32, .f16, .int8: 1
    case .trellis, .f32Planes, .f16Planes: 2
    }
  }

  /// Whether stored codes can be mapped into memory, aligned to 64 bytes.
  var isMappable: Bool { !isCompact }
}
