// The index of a model in several files.

package import SedgeTensor

/// Which file has which tensor: a JSON object with `weight_map`, tensor names to file names, and mostly `metadata`.
///
/// Source: the sharded checkpoints of https://huggingface.co/docs/transformers/big_models.
package struct ShardIndex {
  /// The files by the names of their tensors, as paths from the index's folder.
  package let fileNames: [String: String]

  /// The longest index that is read, in bytes.
  private static let maximumByteCount = 100_000_000
  private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// Whether a file that begins with these bytes may be an index: whether it is JSON and has the key `weight_map`.
  ///
  /// - Parameters:
  ///   - prefix: The first bytes.
  ///   - path: The file, of which more is read where the key is not among them.
  package static func recognizes(_ prefix: [UInt8], path: String) -> Bool {
    let text = prefix.starts(with: byteOrderMark) ? prefix.dropFirst(3) : prefix[...]
    guard text.first(where: { !" \t\n\r".utf8.contains($0) }) == UInt8(ascii: "{") else { return false }
    let key = Array("\"weight_map\"".utf8)
    if text.firstRange(of: key) != nil { return true }
    guard let file = try? InputFile(path: path), file.byteCount <= maximumByteCount,
      let bytes = try? file.bytes(at: 0, count: file.byteCount)
    else { return false }
    return bytes.firstRange(of: key) != nil
  }

  /// Reads an index.
  ///
  /// - Throws: ``FormatError`` where it is malformed, or names a file outside its folder.
  package init(path: String) throws(FormatError) {
    let file = try InputFile(path: path)
    guard file.byteCount <= Self.maximumByteCount else {
      throw FormatError(
        .malformed("the index has \(file.byteCount) bytes, more than the \(Self.maximumByteCount) allowed"),
        path: path)
    }
    var fileNames: [String: String]?
    do {
      let bytes = try file.bytes(at: 0, count: file.byteCount)
      let start = bytes.starts(with: Self.byteOrderMark) ? 3 : 0
      var parser = SafetensorsHeaderParser(Array(bytes[start...]), startByteOffset: start, part: "index")
      try parser.checkEncoding()
      try parser.object { (parser, key) throws(FormatError) in
        guard key == "weight_map" else { return try parser.skipValue() }
        guard fileNames == nil else { throw parser.fault("weight_map occurs twice") }
        fileNames = try Self.map(&parser)
      }
      try parser.end()
    } catch {
      throw FormatError(error.kind, path: path, tensor: error.tensor, byteOffset: error.byteOffset)
    }
    guard let fileNames, !fileNames.isEmpty else {
      throw FormatError(.malformed("the index has no weight_map, or nothing in it"), path: path)
    }
    self.fileNames = fileNames
  }

  private static func map(_ parser: inout SafetensorsHeaderParser) throws(FormatError) -> [String: String] {
    var fileNames: [String: String] = [:]
    try parser.object { (parser, tensor) throws(FormatError) in
      let name = try parser.string()
      let parts = name.split(separator: "/", omittingEmptySubsequences: false)
      guard !name.isEmpty, !name.contains("\0"),
        !parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." })
      else {
        throw FormatError(
          .malformed("the index names the shard \"\(name)\", expected a file below its own folder"),
          tensor: tensor, byteOffset: parser.byteOffset)
      }
      guard fileNames.updateValue(name, forKey: tensor) == nil else {
        throw FormatError(
          .malformed("the index has the tensor twice"), tensor: tensor, byteOffset: parser.byteOffset)
      }
    }
    return fileNames
  }
}
