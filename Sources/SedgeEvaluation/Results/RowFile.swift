// A file of rows, read without trusting it.

package import SedgeTensor

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A file of rows: the plan in the first line, then a line for each picture.
///
/// Opening a file reads all of it once, and keeps the place of each row. A last line that was not written to its end is no
/// fault, for the process may have ended there; any other line that does not match its checksum is.
package final class RowFile {
  /// The place of a row.
  package struct Entry: Hashable, Sendable {
    /// The index of the picture.
    package var index: Int
    /// The offset of the line in the file.
    var byteOffset: Int
    /// Bytes of the line, without its line break.
    var byteCount: Int
    /// Whether the picture could not be evaluated.
    package var isFailure: Bool
  }

  /// The file as the caller named it.
  package var path: String { file.path }
  /// The plan.
  package let plan: EvaluationPlan
  /// The last row of each picture, in the order of the file; a row replaces an earlier failure.
  package private(set) var entries: [Entry] = []
  /// Bytes of the whole lines; more bytes are a line that was not written to its end.
  package private(set) var wholeByteCount: Int
  /// Bytes of the file.
  package var byteCount: Int { file.byteCount }
  private let file: InputFile

  /// The most bytes of a line.
  private static let maximumLineByteCount = 1 << 26

  /// Opens a file and checks every line.
  ///
  /// - Throws: `FormatError` where the file cannot be read, is no file of rows or is damaged; ``EvaluationError`` where it
  ///   has two rows of one picture, or a row of another part.
  package init(path: String) throws {
    file = try InputFile(path: path)
    wholeByteCount = 0
    var lines = LineReader(file, maximumByteCount: Self.maximumLineByteCount)
    guard let first = try lines.next() else { throw Self.noRows(path) }
    plan = try Self.plan(first.bytes, path: path)
    wholeByteCount = first.endByteOffset
    var places: [Int: Int] = [:]
    while let line = try lines.next() {
      guard RowLine.isWhole(line.bytes[...]) else {
        if line.endByteOffset == file.byteCount { break }
        throw FormatError(.checksumMismatch(part: "a row"), path: path, byteOffset: line.byteOffset)
      }
      let row = try Self.row(line.bytes, plan, path: path, byteOffset: line.byteOffset)
      guard plan.shard.contains(row.index), row.index < plan.data.pictureCount else {
        throw EvaluationError(.strayPicture(index: row.index, shard: plan.shard.description), path: path)
      }
      let entry = Entry(
        index: row.index, byteOffset: line.byteOffset, byteCount: line.bytes.count,
        isFailure: row.error != nil)
      if let place = places[row.index] {
        guard entries[place].isFailure else {
          throw EvaluationError(.duplicatePicture(name: row.name, other: path), path: path)
        }
        entries[place] = entry
      } else {
        places[row.index] = entries.count
        entries.append(entry)
      }
      wholeByteCount = line.endByteOffset
    }
  }

  private static func noRows(_ path: String) -> FormatError {
    FormatError(.malformed("expected a file of rows that sedge evaluate wrote"), path: path)
  }

  private static func plan(_ line: [UInt8], path: String) throws -> EvaluationPlan {
    guard RowLine.isWhole(line[...]) else { throw noRows(path) }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    guard let plan = try? decoder.decode(EvaluationPlan.self, from: Data(line)),
      plan.format == EvaluationPlan.formatName
    else { throw noRows(path) }
    guard plan.version <= EvaluationPlan.formatVersion else {
      throw FormatError(
        .newerVersion(found: plan.version, supported: EvaluationPlan.formatVersion), path: path)
    }
    guard (0...EvaluationPlan.maximumPictureCount).contains(plan.data.pictureCount),
      !plan.data.classes.isEmpty, !plan.models.isEmpty,
      plan.data.groups.allSatisfy({ $0.classes.allSatisfy(plan.data.classes.indices.contains) }),
      plan.models.allSatisfy({ $0.reference.map(plan.models.indices.contains) ?? true })
    else { throw noRows(path) }
    if let fault = plan.sizeFault { throw FormatError(fault, path: path) }
    return plan
  }

  private static func row(
    _ line: [UInt8], _ plan: EvaluationPlan, path: String, byteOffset: Int
  ) throws(FormatError) -> PictureRow {
    try FormatError.locating(path: path) { () throws(FormatError) in
      var reader = try JSONReader(line, startByteOffset: byteOffset, part: "a row")
      return try PictureRow(
        &reader, classCount: plan.data.classes.count, modelCount: plan.models.count)
    }
  }

  /// Reads a row again.
  package func row(_ entry: Entry) throws(FormatError) -> PictureRow {
    let line = try file.bytes(at: entry.byteOffset, count: entry.byteCount)
    guard RowLine.isWhole(line[...]) else {
      throw FormatError(.checksumMismatch(part: "a row"), path: path, byteOffset: entry.byteOffset)
    }
    return try Self.row(line, plan, path: path, byteOffset: entry.byteOffset)
  }
}
