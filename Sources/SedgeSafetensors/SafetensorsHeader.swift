// The header of a safetensors file: a small JSON object, read strictly.

internal import SedgeTensor

/// What the header says of one tensor.
struct SafetensorsEntry {
  var info: TensorInfo
  /// The payload, in bytes from the end of the header.
  var byteRange: Range<Int>
}

/// The parsed header; its entries are in the order of the file's bytes and fill them without gap or overlap.
struct SafetensorsHeader {
  private(set) var entries: [SafetensorsEntry] = []
  private(set) var metadata: [String: String] = [:]

  /// Bytes of all payloads.
  var payloadByteCount: Int { entries.last?.byteRange.upperBound ?? 0 }

  /// Parses the header.
  ///
  /// - Parameter bytes: The JSON text; spaces may follow it.
  /// - Throws: ``FormatError`` (without a path) at the first fault, with its offset in the file.
  init(parsing bytes: [UInt8]) throws(FormatError) {
    var parser = SafetensorsHeaderParser(bytes)
    try parser.checkEncoding()
    var names: Set<String> = []
    try parser.object { parser, key throws(FormatError) in
      guard names.insert(key).inserted else {
        throw FormatError(.malformed("the name occurs twice"), tensor: key, byteOffset: parser.byteOffset)
      }
      if key == "__metadata__" {
        metadata = try Self.metadata(&parser)
      } else {
        entries.append(try Self.entry(&parser, name: key))
      }
    }
    try parser.end()
    entries.sort {
      ($0.byteRange.lowerBound, $0.byteRange.upperBound) < ($1.byteRange.lowerBound, $1.byteRange.upperBound)
    }
    try checkCoverage()
  }

  private static func metadata(_ parser: inout SafetensorsHeaderParser) throws(FormatError) -> [String:
    String]
  {
    var metadata: [String: String] = [:]
    try parser.object { parser, key throws(FormatError) in
      guard metadata.updateValue(try parser.string(), forKey: key) == nil else {
        throw parser.fault("__metadata__ has the key \(key) twice")
      }
    }
    return metadata
  }

  private static func entry(
    _ parser: inout SafetensorsHeaderParser, name: String
  ) throws(FormatError) -> SafetensorsEntry {
    let byteOffset = parser.byteOffset
    do throws(FormatError) {
      var typeName: String?
      var shape: [Int]?
      var offsets: [Int]?
      try parser.object { parser, key throws(FormatError) in
        switch key {
        case "dtype" where typeName == nil: typeName = try parser.string()
        case "shape" where shape == nil: shape = try parser.integers()
        case "data_offsets" where offsets == nil: offsets = try parser.integers()
        case "dtype", "shape", "data_offsets": throw parser.fault("the key \(key) occurs twice")
        default: throw parser.fault("the key \(key) is none of dtype, shape and data_offsets")
        }
      }
      guard let typeName else { throw FormatError(.malformed("dtype is missing"), byteOffset: byteOffset) }
      guard let shape else { throw FormatError(.malformed("shape is missing"), byteOffset: byteOffset) }
      guard let offsets else {
        throw FormatError(.malformed("data_offsets is missing"), byteOffset: byteOffset)
      }
      return try entry(name, typeName, shape, offsets)
    } catch {
      throw FormatError(error.kind, tensor: name, byteOffset: error.byteOffset ?? byteOffset)
    }
  }

  private static func entry(
    _ name: String, _ typeName: String, _ shape: [Int], _ offsets: [Int]
  ) throws(FormatError) -> SafetensorsEntry {
    guard let elementType = ElementType(safetensorsName: typeName) else {
      throw FormatError(.unsupportedElementType(typeName))
    }
    guard let info = TensorInfo(name: name, elementType: elementType, shape: shape) else {
      throw FormatError(.malformed("\(shapeText(shape)) elements are more than memory can have"))
    }
    guard offsets.count == 2 else {
      throw FormatError(.malformed("data_offsets has \(offsets.count) numbers, expected 2"))
    }
    guard offsets[0] <= offsets[1] else {
      throw FormatError(.malformed("data_offsets ends at \(offsets[1]), before it begins at \(offsets[0])"))
    }
    guard offsets[1] - offsets[0] == info.byteCount else {
      throw FormatError(
        .malformed(
          "data_offsets spans \(offsets[1] - offsets[0]) bytes, but \(shapeText(shape)) of \(typeName) "
            + "takes \(info.byteCount)"))
    }
    return SafetensorsEntry(info: info, byteRange: offsets[0]..<offsets[1])
  }

  /// Holds every payload's begin against the end of the one before.
  private func checkCoverage() throws(FormatError) {
    var end = 0
    for entry in entries {
      let begin = entry.byteRange.lowerBound
      guard begin == end else {
        throw FormatError(
          .malformed(
            begin < end
              ? "the payload begins at \(begin), inside the one before, which ends at \(end)"
              : "the payload begins at \(begin), but the one before ends at \(end)"),
          tensor: entry.info.name)
      }
      end = entry.byteRange.upperBound
    }
  }
}

extension ElementType {
  /// The format's name of every type that is read; its names are upper-case.
  private static let safetensorsNames: [ElementType: String] = [
    .float64: "F64", .float32: "F32", .float16: "F16", .bfloat16: "BF16", .int64: "I64", .int32: "I32",
    .int16: "I16", .int8: "I8", .uint64: "U64", .uint32: "U32", .uint16: "U16", .uint8: "U8", .bool: "BOOL",
    .float8E4M3: "F8_E4M3", .float8E5M2: "F8_E5M2",
  ]

  /// The type that the format calls `name`.
  init?(safetensorsName name: String) {
    guard let match = Self.safetensorsNames.first(where: { $0.value == name }) else { return nil }
    self = match.key
  }

  /// The format's name of the type.
  var safetensorsName: String {
    guard let name = Self.safetensorsNames[self] else { preconditionFailure("\(self) has no name") }
    return name
  }
}
