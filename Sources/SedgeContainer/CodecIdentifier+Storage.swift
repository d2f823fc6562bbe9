// What the container asks of a codec before it reads any bytes.

internal import SedgeQuantization

extension CodecIdentifier {
  /// The version of the format that the codec came with.
  var firstVersion: Int {
    switch self {
    case .f32, .f16, .int8: 1
    }
  }

  /// Whether codes and scales, stored as they are, can be used where they lie in the file.
  var isMappable: Bool {
    switch self {
    case .f32, .f16, .int8: true
    }
  }

  /// How many bytes the codes of a matrix may have; one number where the extents alone tell.
  func codeByteCountRange(rows: Int, columns: Int) -> ClosedRange<Int> {
    let byteCount = codec.codeByteCount(rows: rows, columns: columns)
    return byteCount...byteCount
  }
}
