// safetensors files as archives of tensors.

package import SedgeTensor

/// The tensors of a safetensors file.
///
/// A file consists of a length, a header in strict JSON, and payloads that fill the rest without gap or overlap; any other file
/// is refused. Unknown keys are ignored; tensors of unsupported types are in ``skipped``.
///
/// Source: the format's description at https://huggingface.co/docs/safetensors, and what its own reader takes.
package final class SafetensorsArchive: TensorArchive {
  /// The file as the caller named it.
  package let path: String
  /// `safetensors`.
  package let formatName = "safetensors"
  /// The directory, in the order of the payloads.
  package let tensors: [TensorInfo]
  /// Tensors of unsupported types, and tensors that others scale.
  package let skipped: [SkippedObject]
  /// The header's `__metadata__`; empty where there is none.
  package let metadata: [String: String]
  /// The header's `__metadata__`.
  package var attributes: [StoredAttributes] { StoredAttributes.all(ofFile: path, metadata) }

  /// The file.
  package var files: [FileSnapshot] { [file.snapshot] }

  private let file: InputFile
  private let byteOffsetsByName: [String: Int]

  /// Bytes of the length in front of the header.
  static let lengthByteCount = 8
  /// The longest header that the format allows, in bytes.
  static let maximumHeaderByteCount = 100_000_000
  /// The most tensors that are read: more than any model has.
  static let maximumTensorCount = 1 << 18

  /// Opens a file, reads its header and checks it against the file's length.
  ///
  /// - Throws: ``FormatError`` at the first breach of the format.
  package init(path: String) throws(FormatError) {
    let file = try InputFile(path: path)
    let headerByteCount = try Self.headerByteCount(of: file)
    let payloadOffset = Self.lengthByteCount + headerByteCount
    let header = try FormatError.locating(path: path) { () throws(FormatError) in
      try SafetensorsHeader(parsing: file.bytes(at: Self.lengthByteCount, count: headerByteCount))
    }
    let (expected, overflow) = payloadOffset.addingReportingOverflow(header.payloadByteCount)
    guard !overflow, expected <= file.byteCount else {
      throw FormatError(
        .truncated(expectedBytes: overflow ? Int.max : expected, actualBytes: file.byteCount), path: path)
    }
    guard expected == file.byteCount else {
      throw FormatError(
        .malformed("\(file.byteCount - expected) bytes follow the last payload"), path: path,
        byteOffset: expected)
    }
    self.path = path
    self.file = file
    let infos = header.entries.compactMap(\.info)
    let scaled = infos.scaledTensors
    let scaledNames = Set(scaled.map(\.name))
    tensors = infos.filter { !scaledNames.contains($0.name) }
    skipped =
      header.entries.filter { $0.info == nil }.map {
        SkippedObject(
          name: $0.name, reason: "its elements are of type \($0.typeName); save them as F32", isTensor: true)
      } + scaled
    metadata = header.metadata
    byteOffsetsByName = [String: Int](
      uniqueKeysWithValues: header.entries.map { ($0.name, payloadOffset + $0.byteRange.lowerBound) })
  }

  /// Reads the length in front of the header.
  private static func headerByteCount(of file: InputFile) throws(FormatError) -> Int {
    var length = ByteCursor(try file.bytes(at: 0, count: Self.lengthByteCount), part: "the length")
    let count = try length.integer(UInt64.self)
    guard count <= maximumHeaderByteCount else {
      throw FormatError(
        .malformed("the header claims \(count) bytes, more than the \(maximumHeaderByteCount) allowed"),
        path: file.path, byteOffset: 0)
    }
    return Int(count)
  }

  /// Whether a file that begins with these bytes may be safetensors.
  ///
  /// - Parameter prefix: The first bytes, as far as the brace that begins the header; mostly the ninth.
  package static func recognizes(_ prefix: [UInt8]) -> Bool {
    guard prefix.dropFirst(8).first(where: { !" \t\n\r".utf8.contains($0) }) == UInt8(ascii: "{") else {
      return false
    }
    var length = ByteCursor(prefix, part: "the length")
    return (try? length.integer(UInt64.self)).map { $0 <= maximumHeaderByteCount } ?? false
  }

  /// Reads one payload into `destination`, as it is in the file.
  ///
  /// - Parameters:
  ///   - info: An element of ``tensors``; any other traps.
  ///   - destination: Exactly `info.byteCount` bytes; any other size traps.
  /// - Throws: ``FormatError`` when the file has shrunk since it was opened.
  package func read(_ info: TensorInfo, into destination: inout MutableRawSpan) throws(FormatError) {
    guard let byteOffset = byteOffsetsByName[info.name] else {
      preconditionFailure("\(info.name) is not in this archive")
    }
    precondition(destination.byteCount == info.byteCount)
    try FormatError.locating(path: path, tensor: info.name) { () throws(FormatError) in
      try file.read(at: byteOffset, into: &destination)
    }
  }

  /// Always: payloads are stored as they are.
  package func readsRows(of info: TensorInfo) -> Bool { true }

  /// Reads some rows of one payload.
  package func read(
    _ info: TensorInfo, rows: Range<Int>, into destination: inout MutableRawSpan
  ) throws(FormatError) {
    guard let byteOffset = byteOffsetsByName[info.name] else {
      preconditionFailure("\(info.name) is not in this archive")
    }
    info.require(rows, of: destination)
    try FormatError.locating(path: path, tensor: info.name) { () throws(FormatError) in
      try file.read(at: byteOffset + rows.lowerBound * info.rowByteCount, into: &destination)
    }
  }
}
