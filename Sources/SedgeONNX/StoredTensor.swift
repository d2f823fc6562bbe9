// A tensor as an ONNX file holds it.

internal import SedgeTensor

/// Name, type and shape of a tensor, and the place of its elements.
struct StoredTensor {
  /// Where the elements are.
  enum Payload {
    /// Little-endian in this file.
    case raw(byteOffset: Int)
    /// Little-endian in another file, at a path below the folder of this one.
    case external(location: String, byteOffset: Int)
    /// In a field of their own, in parts.
    case typed(TypedField, [TypedPart])
  }

  /// Elements that follow each other in a typed field.
  struct TypedPart {
    /// Bytes of the elements; not packed, with the tag of each.
    var extent: Range<Int>
    /// Whether the elements stand without tags.
    let isPacked: Bool
  }

  /// Name, type and shape in the file.
  let info: TensorInfo
  /// Where the elements are.
  let payload: Payload

  /// The other file that the elements are in, and where they end there; `Int.max` where that is beyond numbers.
  var externalEnd: (location: String, byteOffset: Int)? {
    guard case .external(let location, let byteOffset) = payload else { return nil }
    let (end, overflow) = byteOffset.addingReportingOverflow(info.byteCount)
    return (location, overflow ? Int.max : end)
  }

  /// Where the elements are, if in another file.
  var location: String? {
    if case .external(let location, _) = payload { location } else { nil }
  }
}
