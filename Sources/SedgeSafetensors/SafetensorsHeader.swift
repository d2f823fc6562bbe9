// The header of a safetensors file: a small JSON object, read strictly.

internal import SedgeTensor

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
    var reader = try JSONReader(
      bytes, startByteOffset: SafetensorsArchive.lengthByteCount, part: "the header")
    var hasMetadata = false
    var places: [String: Int] = [:]
    try reader.object { reader, key throws(FormatError) in
      if key == "__metadata__" {
        guard !hasMetadata else { throw reader.fault("__metadata__ occurs twice") }
        hasMetadata = true
        if !reader.skipNull() { metadata = try Self.metadata(&reader) }
        return
      }
      let entry = try Self.entry(&reader, name: key)
      // The last of two entries of one name counts, as in the format's own reader.
      if let place = places[key] {
        entries[place] = entry
      } else {
        guard entries.count < SafetensorsArchive.maximumTensorCount else {
          throw reader.fault("it has more than \(SafetensorsArchive.maximumTensorCount) tensors")
        }
        places[key] = entries.count
        entries.append(entry)
      }
    }
    try reader.end()
    entries.sort {
      ($0.byteRange.lowerBound, $0.byteRange.upperBound) < ($1.byteRange.lowerBound, $1.byteRange.upperBound)
    }
    try checkCoverage()
  }

  private static func metadata(_ reader: inout JSONReader) throws(FormatError) -> [String:
    String]
  {
    var metadata: [String: String] = [:]
    try reader.object { reader, key throws(FormatError) in
      metadata[key] = try reader.string()
    }
    return metadata
  }

  private static func entry(
    _ reader: inout JSONReader, name: String
  ) throws(FormatError) -> SafetensorsEntry {
    let byteOffset = reader.byteOffset
    return try FormatError.locating(tensor: name, byteOffset: byteOffset) { () throws(FormatError) in
      var typeName: String?
      var shape: [Int]?
      var offsets: [Int]?
      try reader.object { reader, key throws(FormatError) in
        switch key {
        case "dtype" where typeName == nil: typeName = try reader.string()
        case "shape" where shape == nil: shape = try reader.integers()
        case "data_offsets" where offsets == nil: offsets = try reader.integers()
        case "dtype", "shape", "data_offsets": throw reader.fault("the key \(key) occurs twice")
        default: try reader.skipValue()
        }
      }
      guard let typeName else { throw FormatError(.malformed("dtype is missing")) }
      guard let shape else { throw FormatError(.malformed("shape is missing")) }
      guard let offsets else { throw FormatError(.malformed("data_offsets is missing")) }
      return try entry(name, typeName, shape, offsets)
    }
  }

  private static func entry(
    _ name: String, _ typeName: String, _ shape: [Int], _ offsets: [Int]
  ) throws(FormatError) -> SafetensorsEntry {
    let elementType = ElementType(safetensorsName: typeName)
    guard let bitCount = elementType.map({ $0.byteCount * 8 }) ?? Self.otherTypes[typeName] else {
      throw FormatError(.unsupportedElementType(typeName))
    }
    // An element of 64 bits or less takes no more room than one of float64.
    guard let info = TensorInfo(name: name, elementType: elementType ?? .float64, shape: shape) else {
      throw FormatError(.malformed("\(shapeText(shape)) elements are more than memory can have"))
    }
    let (bits, overflow) =
      elementType == nil ? info.elementCount.multipliedReportingOverflow(by: bitCount) : (0, false)
    guard !overflow, bits.isMultiple(of: 8) else {
      throw FormatError(.malformed("\(shapeText(shape)) elements of \(typeName) are no whole bytes"))
    }
    let byteCount = elementType == nil ? bits / 8 : info.byteCount
    guard offsets.count == 2 else {
      throw FormatError(.malformed("data_offsets has \(offsets.count) numbers, expected 2"))
    }
    guard offsets[0] <= offsets[1] else {
      throw FormatError(.malformed("data_offsets ends at \(offsets[1]), before it begins at \(offsets[0])"))
    }
    guard offsets[1] - offsets[0] == byteCount else {
      throw FormatError(
        .malformed(
          "data_offsets spans \(offsets[1] - offsets[0]) bytes, but \(shapeText(shape)) of \(typeName) "
            + "takes \(byteCount)"))
    }
    return SafetensorsEntry(
      name: name, info: elementType == nil ? nil : info, typeName: typeName,
      byteRange: offsets[0]..<offsets[1])
  }

  /// Bits of an element of the format's other types.
  private static let otherTypes = [
    "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8, "C64": 64,
  ]

  /// Checks that every payload begins at the end of the one before.
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
          tensor: entry.name)
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
