// A model in several safetensors files, held together by an index.

public import SedgeTensor

/// The tensors of all shards that an index (`*.index.json`) names.
///
/// The index is a JSON object with `weight_map`, tensor names to file names, and mostly `metadata`. Shards are looked for
/// beside the index and nowhere else. Every tensor of the map must be in its shard, and every tensor of a shard in the
/// map.
///
/// Source: the sharded checkpoints of https://huggingface.co/docs/transformers/big_models.
public final class ShardedSafetensorsArchive: TensorArchive {
  /// The index as the caller named it.
  public let path: String
  /// `safetensors, N shards`.
  public let formatName: String
  /// The directory, shard by shard in the order of their names.
  public let tensors: [TensorInfo]
  /// The index and its shards.
  public let files: [String]
  /// The shards' `__metadata__`.
  public let attributes: [StoredAttributes]

  private let shardsByTensor: [String: SafetensorsArchive]

  /// The longest index that is read, in bytes.
  static let maximumIndexByteCount = 100_000_000

  /// Whether a file that begins with these bytes may be an index.
  ///
  /// - Parameter prefix: The first bytes, as far as the key `weight_map`.
  public static func recognizes(_ prefix: [UInt8]) -> Bool {
    prefix.first == UInt8(ascii: "{") && prefix.firstRange(of: Array("\"weight_map\"".utf8)) != nil
  }

  /// Reads the index and opens every shard; no payload is read.
  ///
  /// - Throws: ``FormatError`` where the index is malformed, names a file outside its folder, or does not agree with a
  ///   shard.
  public init(path: String) throws(FormatError) {
    let fileNames = try Self.weightMap(path: path)
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    var shards: [SafetensorsArchive] = []
    var shardsByTensor: [String: SafetensorsArchive] = [:]
    for name in Set(fileNames.values).sorted() {
      let shard = try SafetensorsArchive(path: folder + name)
      for tensor in shard.tensors {
        guard fileNames[tensor.name] == name else {
          let place = fileNames[tensor.name].map { "puts it in \($0)" } ?? "does not have it"
          throw FormatError(
            .malformed("the shard \(name) has the tensor, the index \(place)"), path: path,
            tensor: tensor.name)
        }
        shardsByTensor[tensor.name] = shard
      }
      shards.append(shard)
    }
    if let missing = fileNames.keys.filter({ shardsByTensor[$0] == nil }).min() {
      throw FormatError(
        .malformed("the index puts the tensor in \(fileNames[missing] ?? ""), which does not have it"),
        path: path,
        tensor: missing)
    }
    self.path = path
    self.shardsByTensor = shardsByTensor
    formatName = "safetensors, \(shards.count) shards"
    tensors = shards.flatMap(\.tensors)
    files = [path] + shards.map(\.path)
    attributes = shards.flatMap(\.attributes)
  }

  /// Reads one payload from its shard into `destination`.
  ///
  /// - Parameters:
  ///   - info: An element of ``tensors``; any other traps.
  ///   - destination: Exactly `info.byteCount` bytes; any other size traps.
  /// - Throws: ``FormatError`` when the shard has shrunk since it was opened.
  public func read(_ info: TensorInfo, into destination: inout MutableRawSpan) throws(FormatError) {
    guard let shard = shardsByTensor[info.name] else {
      preconditionFailure("\(info.name) is not in this archive")
    }
    try shard.read(info, into: &destination)
  }

  /// The index's map from tensors to shards.
  private static func weightMap(path: String) throws(FormatError) -> [String: String] {
    let file = try InputFile(path: path)
    guard file.byteCount <= maximumIndexByteCount else {
      throw FormatError(
        .malformed("the index has \(file.byteCount) bytes, more than the \(maximumIndexByteCount) allowed"),
        path: path)
    }
    var fileNames: [String: String]?
    do {
      var parser = SafetensorsHeaderParser(
        try file.bytes(at: 0, count: file.byteCount), startByteOffset: 0, part: "index")
      try parser.checkEncoding()
      try parser.object { (parser, key) throws(FormatError) in
        if key == "weight_map" {
          guard fileNames == nil else { throw parser.fault("weight_map occurs twice") }
          fileNames = try map(&parser)
        } else if key == "metadata" {
          try parser.object { (parser, _) throws(FormatError) in try parser.skipScalar() }
        } else {
          try parser.skipScalar()
        }
      }
      try parser.end()
    } catch {
      throw FormatError(error.kind, path: path, tensor: error.tensor, byteOffset: error.byteOffset)
    }
    guard let fileNames, !fileNames.isEmpty else {
      throw FormatError(.malformed("the index has no weight_map, or nothing in it"), path: path)
    }
    return fileNames
  }

  private static func map(_ parser: inout SafetensorsHeaderParser) throws(FormatError) -> [String: String] {
    var fileNames: [String: String] = [:]
    try parser.object { (parser, tensor) throws(FormatError) in
      let name = try parser.string()
      guard !name.isEmpty, !name.contains("/"), name != ".", name != ".." else {
        throw FormatError(
          .malformed("the index names the shard \"\(name)\", expected a file in its own folder"),
          tensor: tensor,
          byteOffset: parser.byteOffset)
      }
      guard fileNames.updateValue(name, forKey: tensor) == nil else {
        throw FormatError(
          .malformed("the index has the tensor twice"), tensor: tensor, byteOffset: parser.byteOffset)
      }
    }
    return fileNames
  }
}
