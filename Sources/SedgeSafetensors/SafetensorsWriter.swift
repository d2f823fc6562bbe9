// Writing safetensors files.

package import SedgeTensor

/// A safetensors file being written: first the header, then the payloads in any order.
///
/// Payloads are ordered by the size of their elements, the largest first, and otherwise as given, so that each is aligned to
/// its elements. The same tensors give the same bytes. The path has no file before ``finish()``.
package final class SafetensorsWriter {
  private let file: OutputFile
  /// Bytes of the finished file.
  package let byteCount: Int
  private var places: [String: (info: TensorInfo, byteOffset: Int)] = [:]

  /// Creates the file and writes its header.
  ///
  /// - Parameters:
  ///   - path: The path of the finished file.
  ///   - tensors: All that is to be written; two of one name, or one named `__metadata__`, trap.
  ///   - metadata: Free text for the header, written sorted by key.
  /// - Throws: ``FormatError`` when the file cannot be created or written.
  package init(path: String, tensors: [TensorInfo], metadata: [String: String] = [:]) throws(FormatError) {
    var payloadByteCount = 0
    var members: [String] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(quoted($0.value))" }
      members.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
    }
    var ranges: [(info: TensorInfo, byteOffset: Int)] = []
    for info in Self.aligned(tensors) {
      members.append(
        "\(quoted(info.name)):{\"dtype\":\"\(info.elementType.safetensorsName)\",\"shape\":["
          + info.shape.map(String.init).joined(separator: ",")
          + "],\"data_offsets\":[\(payloadByteCount),\(payloadByteCount + info.byteCount)]}")
      ranges.append((info, payloadByteCount))
      payloadByteCount += info.byteCount
    }
    var header = Array("{\(members.joined(separator: ","))}".utf8)
    header.append(contentsOf: repeatElement(UInt8(ascii: " "), count: (8 - header.count % 8) % 8))
    precondition(header.count <= SafetensorsArchive.maximumHeaderByteCount, "too many tensors for the format")
    file = try OutputFile(path: path)
    let length = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) }
    byteCount = length.count + header.count + payloadByteCount
    try unsafe file.append((length + header).span.bytes)
    for (info, byteOffset) in ranges {
      let previous = places.updateValue((info, file.byteCount + byteOffset), forKey: info.name)
      precondition(previous == nil && info.name != "__metadata__", "\(info.name) cannot be written")
    }
  }

  private static func aligned(_ tensors: [TensorInfo]) -> [TensorInfo] {
    [8, 4, 2, 1].flatMap { byteCount in tensors.filter { $0.elementType.byteCount == byteCount } }
  }

  /// Writes one tensor's payload.
  ///
  /// - Parameters:
  ///   - bytes: The elements, row-major and little-endian; any other count than the tensor's traps.
  ///   - name: One of the tensors that the header names, not yet written; any other traps.
  /// - Throws: ``FormatError`` when the file cannot be written.
  package func write(_ bytes: RawSpan, of name: String) throws(FormatError) {
    guard let place = places.removeValue(forKey: name) else {
      preconditionFailure("\(name) is not in the header, or was written before")
    }
    precondition(bytes.byteCount == place.info.byteCount)
    try file.write(bytes, at: place.byteOffset)
  }

  /// Moves the finished file to its path.
  ///
  /// A tensor that was not written, unless it is empty, traps.
  ///
  /// - Throws: ``FormatError`` when the file cannot be written.
  package func finish() throws(FormatError) {
    precondition(
      places.values.allSatisfy { $0.info.byteCount == 0 }, "tensors are missing: \(places.keys.sorted())")
    try file.commit()
  }
}

/// A JSON string (RFC 8259, section 7).
private func quoted(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"", "\\":
      result += "\\\(scalar)"
    case "\u{0}"..<" ":
      let digits = String(scalar.value, radix: 16)
      result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    default:
      result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}
