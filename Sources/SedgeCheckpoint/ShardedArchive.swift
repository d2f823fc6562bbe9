// A model in several files, held together by an index.

import SedgeSafetensors
package import SedgeTensor

/// The tensors of all shards that an index (`*.index.json`) names, in whatever format each shard is.
///
/// Shards are looked for in the index's folder and below it, where links may lead elsewhere, as in the cache of Hugging Face.
/// Every tensor of the map must be in its shard, and every tensor of a shard in the map.
package final class ShardedArchive: TensorArchive {
  package let path: String
  package let formatName: String
  package let tensors: [TensorInfo]
  package let files: [FileSnapshot]
  package let skipped: [SkippedObject]
  package let notes: [String]
  package let attributes: [StoredAttributes]

  private let shardsByTensor: [String: any TensorArchive]

  /// Reads the index and opens every shard; no payload is read.
  ///
  /// - Parameter open: Opens a shard.
  /// - Throws: ``FormatError`` where the index is malformed, names files that are not there, or does not agree with a shard.
  package init(
    path: String, open: (String) throws(FormatError) -> any TensorArchive
  ) throws(FormatError) {
    let index = try ShardIndex(path: path)
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    let names = Set(index.fileNames.values).sorted()
    try Self.check(names, in: folder, of: path)
    var shards: [any TensorArchive] = []
    var shardsByTensor: [String: any TensorArchive] = [:]
    for name in names {
      let shard = try open(folder + name)
      for tensor in shard.tensors.map(\.name) + shard.skipped.filter(\.isTensor).map(\.name) {
        guard index.fileNames[tensor] == name else {
          let place = index.fileNames[tensor].map { "puts it in \($0)" } ?? "does not have it"
          throw FormatError(
            .malformed("the shard \(name) has the tensor, the index \(place); \(Self.advice)"), path: path,
            tensor: tensor)
        }
        shardsByTensor[tensor] = shard
      }
      shards.append(shard)
    }
    let missing = index.fileNames.keys.filter { shardsByTensor[$0] == nil }
    if let first = missing.min() {
      let others = missing.count > 1 ? ", and \(missing.count - 1) more likewise" : ""
      throw FormatError(
        .malformed(
          "the index puts the tensor in \(index.fileNames[first] ?? ""), which does not have it\(others); \(Self.advice)"
        ),
        path: path, tensor: first)
    }
    // A scale may be in another shard than what it scales.
    let infos = shards.flatMap(\.tensors)
    let scaled = infos.scaledTensors
    let scaledNames = Set(scaled.map(\.name))
    self.path = path
    self.shardsByTensor = shardsByTensor
    let formats = shards.map(\.formatName).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    formatName =
      "\(formats.joined(separator: " + ")), \(shards.count) \(shards.count == 1 ? "shard" : "shards")"
    tensors = infos.filter { !scaledNames.contains($0.name) }
    files = [index.file] + shards.flatMap(\.files)
    skipped = shards.flatMap(\.skipped) + scaled
    notes = shards.flatMap(\.notes)
    attributes = shards.flatMap(\.attributes)
  }

  private static let advice = "they are not of the same model: get all of its files again"

  /// Looks for the shards before any is opened.
  private static func check(_ names: [String], in folder: String, of path: String) throws(FormatError) {
    let missing = names.filter { !InputFile.exists(at: folder + $0) }
    guard !missing.isEmpty else { return }
    let shown = missing.prefix(5).joined(separator: ", ")
    let rest = missing.count > 5 ? " and \(missing.count - 5) more" : ""
    throw FormatError(
      .cannotRead(
        reason:
          "\(missing.count) of the \(names.count) files that it names \(missing.count == 1 ? "is" : "are") not there: "
          + "\(shown)\(rest); put them beside it, or give the index that belongs to the files there"),
      path: path)
  }

  /// Reads one payload from its shard into `destination`.
  package func read(_ info: TensorInfo, into destination: inout MutableRawSpan) throws(FormatError) {
    guard let shard = shardsByTensor[info.name] else {
      preconditionFailure("\(info.name) is not in this archive")
    }
    try shard.read(info, into: &destination)
  }

  /// As the shard does.
  package func readsRows(of info: TensorInfo) -> Bool {
    shardsByTensor[info.name]?.readsRows(of: info) ?? false
  }

  /// Reads some rows of one payload from its shard.
  package func read(
    _ info: TensorInfo, rows: Range<Int>, into destination: inout MutableRawSpan
  ) throws(FormatError) {
    guard let shard = shardsByTensor[info.name] else {
      preconditionFailure("\(info.name) is not in this archive")
    }
    try shard.read(info, rows: rows, into: &destination)
  }
}
