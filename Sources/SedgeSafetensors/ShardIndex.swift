// The index of a model in several files.

package import SedgeTensor

/// The file of each tensor: a JSON object with `weight_map`, tensor names to file names, and mostly `metadata`.
///
/// Source: the sharded checkpoints of https://huggingface.co/docs/transformers/big_models.
package struct ShardIndex {
  /// The files by the names of their tensors, as paths from the index's folder.
  package let fileNames: [String: String]
  /// The index itself.
  package let file: FileSnapshot

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
    self.file = file.snapshot
    fileNames = try FormatError.locating(path: path) { () throws(FormatError) in
      try Self.fileNames(in: file.bytes(at: 0, count: file.byteCount))
    }
  }

  private static func fileNames(in bytes: [UInt8]) throws(FormatError) -> [String: String] {
    var fileNames: [String: String]?
    var reader = try JSONReader(bytes, part: "the index", skipsByteOrderMark: true)
    try reader.object { (reader, key) throws(FormatError) in
      guard key == "weight_map" else { return try reader.skipValue() }
      guard fileNames == nil else { throw reader.fault("weight_map occurs twice") }
      fileNames = try map(&reader)
    }
    try reader.end()
    guard let fileNames, !fileNames.isEmpty else {
      throw FormatError(.malformed("the index has no weight_map, or nothing in it"))
    }
    return fileNames
  }

  private static func map(_ reader: inout JSONReader) throws(FormatError) -> [String: String] {
    var fileNames: [String: String] = [:]
    try reader.object { (reader, tensor) throws(FormatError) in
      let name = try reader.string()
      let parts = name.split(separator: "/", omittingEmptySubsequences: false)
      guard !name.isEmpty, !name.contains("\0"),
        !parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." })
      else {
        throw FormatError(
          .malformed("the index names the shard \"\(name)\", expected a file below its own folder"),
          tensor: tensor, byteOffset: reader.byteOffset)
      }
      guard fileNames.updateValue(name, forKey: tensor) == nil else {
        throw FormatError(
          .malformed("the index has the tensor twice"), tensor: tensor, byteOffset: reader.byteOffset)
      }
    }
    return fileNames
  }
}
