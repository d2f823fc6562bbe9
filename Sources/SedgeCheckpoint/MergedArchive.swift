// Several files that complete each other to one model.

import SedgeArchitecture
package import SedgeTensor

/// The tensors of several archives under SED's own names, or OpenCLIP's where none of them has SED's, whatever each of
/// them calls its part.
package final class MergedArchive: TensorArchive {
  package let path: String
  package let formatName: String
  package let files: [FileSnapshot]
  package let tensors: [TensorInfo]
  package let recovered: [String: String]
  package let unresolved: [String: String]
  package let skipped: [SkippedObject]
  package let notes: [String]
  package let attributes: [StoredAttributes]
  /// Where each tensor is, and what it is called there.
  private let places: [String: (archive: any TensorArchive, info: TensorInfo)]

  /// Puts archives together.
  ///
  /// - Parameter prefix: What names start with in a file that has such names; others are passed over there.
  /// - Throws: ``OptionError`` where two of them have the same tensor, or one has several models.
  package init(_ archives: [any TensorArchive], prefix: String? = nil) throws {
    var tensors: [TensorInfo] = []
    var places: [String: (archive: any TensorArchive, info: TensorInfo)] = [:]
    let parts = try archives.map { try SourcePart($0, prefix: prefix) }
    let namings = parts.map(\.naming)
    let hasDecoder = namings.contains { $0?.scheme == .sed }
    let common = SourceNaming(hasDecoder ? .sed : .openCLIP)
    for (archive, part) in zip(archives, parts) {
      let naming = part.naming
      for info in part.tensors {
        let name = naming?.canonicalName(info.name).map(common.fileName) ?? info.name
        if let other = places[name] {
          throw UsageError(
            .duplicateTensor(info.name, other: other.archive.path, otherName: other.info.name),
            path: archive.path)
        }
        guard let renamed = TensorInfo(name: name, elementType: info.elementType, shape: info.shape) else {
          continue
        }
        tensors.append(renamed)
        places[name] = (archive, info)
      }
    }
    recovered = Self.merged(archives.map(\.recovered), from: namings, to: common)
    unresolved = Self.merged(archives.map(\.unresolved), from: namings, to: common)
    skipped = zip(archives, namings).flatMap { archive, naming in
      archive.skipped.map { object in
        SkippedObject(
          name: naming?.canonicalName(object.name).map(common.fileName) ?? object.name, reason: object.reason,
          isTensor: object.isTensor)
      }
    }
    notes = zip(archives, parts).flatMap { archive, part in
      (part.notes + archive.notes).map { "\(archive.path): \($0)" }
    }
    attributes = archives.flatMap(\.attributes)
    self.tensors = tensors
    self.places = places
    path = archives.map(\.path).joined(separator: " + ")
    files = archives.flatMap(\.files)
    formatName = archives.map(\.formatName).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
      .joined(separator: " + ")
  }

  private static func merged(
    _ words: [[String: String]], from namings: [SourceNaming?], to common: SourceNaming
  ) -> [String: String] {
    var merged: [String: String] = [:]
    for (words, naming) in zip(words, namings) {
      for (name, text) in words { merged[naming?.canonicalName(name).map(common.fileName) ?? name] = text }
    }
    return merged
  }

  package func read(_ info: TensorInfo, into destination: inout MutableRawSpan) throws(FormatError) {
    guard let place = places[info.name] else { preconditionFailure("\(info.name) is not in this archive") }
    try place.archive.read(place.info, into: &destination)
  }

  /// As the archive does that has the tensor.
  package func readsRows(of info: TensorInfo) -> Bool {
    places[info.name].map { $0.archive.readsRows(of: $0.info) } ?? false
  }

  package func read(
    _ info: TensorInfo, rows: Range<Int>, into destination: inout MutableRawSpan
  ) throws(FormatError) {
    guard let place = places[info.name] else { preconditionFailure("\(info.name) is not in this archive") }
    try place.archive.read(place.info, rows: rows, into: &destination)
  }
}
