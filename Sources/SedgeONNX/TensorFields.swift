// One tensor of an ONNX file, field by field.

internal import SedgeTensor

/// The fields of one `TensorProto`, before they are checked against each other.
struct TensorFields {
  var name = ""
  var shape: [Int] = []
  var dataType = 0
  var raw: Range<Int>?
  var typed: [TypedField: (parts: [StoredTensor.TypedPart], count: Int)] = [:]
  var external: [String: String] = [:]
  var isExternal = false
  var isSegmented = false
  /// Offset of the message in the file, in bytes.
  var byteOffset = 0

  /// Far more dimensions than any tensor has.
  private static let maximumRank = 64

  /// An empty list of float32.
  init() { (dataType, shape) = (1, [0]) }

  /// Adds an element, or packed ones, to a list of float32.
  mutating func addFloat(_ field: WireField, _ reader: WireReader) throws(FormatError) {
    byteOffset = byteOffset == 0 ? field.extent.lowerBound : byteOffset
    try readElements(field, of: .floatData, reader)
    shape = [typed[.floatData]?.count ?? 0]
  }

  init(_ extent: Range<Int>, _ reader: WireReader) throws(FormatError) {
    byteOffset = extent.lowerBound
    var message = reader.message("TensorProto", in: extent)
    while let field = try reader.nextField(of: &message) {
      switch field.number {
      case 1: try readDimensions(field, reader)
      case 2: dataType = try reader.integer(field, "TensorProto.data_type")
      case 3: isSegmented = true
      case 8: name = try reader.text(field, "TensorProto.name")
      case 9:
        guard raw == nil else {
          throw FormatError(
            .malformed("a tensor has raw_data twice"), byteOffset: field.extent.lowerBound)
        }
        raw = try reader.bytes(field, "TensorProto.raw_data")
      case 13: try readExternalEntry(try reader.bytes(field, "TensorProto.external_data"), reader)
      case 14: isExternal = try reader.integer(field, "TensorProto.data_location") == 1
      default:
        if let typedField = TypedField(rawValue: field.number) {
          try readElements(field, of: typedField, reader)
        }
      }
    }
  }
}

// Reading.
extension TensorFields {
  private mutating func readDimensions(_ field: WireField, _ reader: WireReader) throws(FormatError) {
    var packed = reader.message("TensorProto.dims", in: field.payload)
    switch field.value {
    case .varint(let bits): shape.append(Int(truncatingIfNeeded: bits))
    case .bytes:
      while !packed.cursor.isAtEnd, shape.count <= Self.maximumRank {
        shape.append(Int(truncatingIfNeeded: try reader.varint(in: &packed)))
      }
    case .fixed32, .fixed64: throw reader.wrongType(field, "TensorProto.dims")
    }
    guard shape.count <= Self.maximumRank else {
      throw FormatError(
        .malformed("a tensor has more than \(Self.maximumRank) dimensions"),
        byteOffset: field.extent.lowerBound)
    }
  }

  private mutating func readExternalEntry(
    _ extent: Range<Int>, _ reader: WireReader
  ) throws(FormatError) {
    var (key, value) = ("", "")
    var message = reader.message("StringStringEntryProto", in: extent)
    while let field = try reader.nextField(of: &message) {
      switch field.number {
      case 1: key = try reader.text(field, "StringStringEntryProto.key")
      case 2: value = try reader.text(field, "StringStringEntryProto.value")
      default: break
      }
    }
    guard external.updateValue(value, forKey: key) == nil else {
      throw FormatError(
        .malformed("a tensor has \(key) of its external data twice"), byteOffset: extent.lowerBound)
    }
  }

  /// Records where elements are; elements that follow each other without packing become one part.
  private mutating func readElements(
    _ field: WireField, of typedField: TypedField, _ reader: WireReader
  ) throws(FormatError) {
    var (parts, count) = typed[typedField] ?? ([], 0)
    typed[typedField] = nil  // so that the array is not copied for each element
    switch field.value {
    case .bytes:
      count += try elementCount(in: field.payload, of: typedField, reader)
      parts.append(StoredTensor.TypedPart(extent: field.payload, isPacked: true))
    case .varint where typedField.fixedByteCount == nil, .fixed32 where typedField.fixedByteCount == 4,
      .fixed64 where typedField.fixedByteCount == 8:
      count += 1
      if let last = parts.indices.last, !parts[last].isPacked,
        parts[last].extent.upperBound == field.extent.lowerBound
      {
        parts[last].extent = parts[last].extent.lowerBound..<field.extent.upperBound
      } else {
        parts.append(StoredTensor.TypedPart(extent: field.extent, isPacked: false))
      }
    default: throw reader.wrongType(field, "TensorProto.\(typedField.name)")
    }
    typed[typedField] = (parts, count)
  }

  private func elementCount(
    in range: Range<Int>, of field: TypedField, _ reader: WireReader
  ) throws(FormatError) -> Int {
    guard let byteCount = field.fixedByteCount else { return try reader.varintCount(in: range, field.name) }
    guard range.count % byteCount == 0 else {
      throw FormatError(
        .malformed("\(field.name) has \(range.count) bytes, no multiple of \(byteCount)"),
        byteOffset: range.lowerBound)
    }
    return range.count / byteCount
  }
}
