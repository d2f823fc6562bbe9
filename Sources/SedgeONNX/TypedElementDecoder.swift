// Elements that an ONNX file keeps in a field of their own, as numbers of Protocol Buffers.

internal import SedgeTensor

/// Brings the elements of a typed field to the bytes that `raw_data` would have.
struct TypedElementDecoder {
  private let reader: WireReader
  private let file: InputFile
  private let elementType: ElementType
  private let field: TypedField
  private var byteOffset = 0

  /// Prepares to decode elements of one type.
  init(_ file: InputFile, _ elementType: ElementType, _ field: TypedField) {
    reader = WireReader(file)
    self.file = file
    self.elementType = elementType
    self.field = field
  }

  /// Decodes the parts one after another; as many elements as `destination` has room for are in them.
  mutating func decode(
    _ parts: [StoredTensor.TypedPart], into destination: inout MutableRawSpan
  ) throws(FormatError) {
    for part in parts {
      if !part.isPacked {
        try decodeTagged(part.extent, into: &destination)
      } else if let size = field.fixedByteCount {
        try copy(part.extent.lowerBound, count: part.extent.count / size * size, into: &destination)
      } else {
        var message = reader.message(field.name, in: part.extent)
        while !message.cursor.isAtEnd {
          try store(try reader.varint(in: &message), into: &destination)
        }
      }
    }
  }

  private mutating func decodeTagged(
    _ extent: Range<Int>, into destination: inout MutableRawSpan
  ) throws(FormatError) {
    var message = reader.message(field.name, in: extent)
    while let element = try reader.nextField(of: &message) {
      if case .varint(let bits) = element.value {
        try store(bits, into: &destination)
      } else {
        try copy(element.payload.lowerBound, count: element.payload.count, into: &destination)
      }
    }
  }

  private mutating func copy(
    _ fileOffset: Int, count: Int, into destination: inout MutableRawSpan
  ) throws(FormatError) {
    guard count <= destination.byteCount - byteOffset else { throw changed() }
    let bytes = try file.bytes(at: fileOffset, count: count)
    for (index, byte) in bytes.enumerated() {
      destination.storeBytes(of: byte, toByteOffset: byteOffset + index, as: UInt8.self)
    }
    byteOffset += count
  }

  private mutating func store(_ bits: UInt64, into destination: inout MutableRawSpan) throws(FormatError) {
    let value = Int64(bitPattern: bits)
    let fits =
      switch elementType {
      case .bool: value == 0 || value == 1
      case .int8: Int8(exactly: value) != nil
      case .uint8: UInt8(exactly: value) != nil
      case .int16: Int16(exactly: value) != nil
      case .uint16, .float16, .bfloat16: UInt16(exactly: value) != nil
      case .int32: Int32(exactly: value) != nil
      case .uint32: UInt32(exactly: value) != nil
      default: true
      }
    guard fits else {
      throw FormatError(.malformed("\(field.name) has \(value), no element of type \(elementType.rawValue)"))
    }
    let size = elementType.byteCount
    guard size <= destination.byteCount - byteOffset else { throw changed() }
    for index in 0..<size {
      destination.storeBytes(
        of: UInt8(truncatingIfNeeded: bits >> (8 * UInt64(index))), toByteOffset: byteOffset + index,
        as: UInt8.self)
    }
    byteOffset += size
  }

  private func changed() -> FormatError {
    FormatError(.malformed("it has changed since it was opened"))
  }
}
