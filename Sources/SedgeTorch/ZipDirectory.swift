// The directory of a zip archive, checked against its records.

internal import SedgeTensor

/// The records of a zip archive by name.
///
/// Every local header is checked against the directory, and records may neither overlap nor reach into it. Checksums are not
/// compared, because PyTorch can be set to write none.
///
/// Source: PKWARE's APPNOTE.TXT 6.3, sections 4.3 to 4.5.
struct ZipDirectory {
  /// The records; names are unique.
  private(set) var records: [String: StoredBytes] = [:]

  /// More records than any model has tensors.
  static let maximumRecordCount = 100_000
  /// Bytes of the largest directory that is read.
  static let maximumByteCount = 1 << 25

  /// Reads the directory and the header of every record.
  ///
  /// - Throws: ``FormatError`` (without a path) at the first breach of the format, or where something is used that is not
  ///   read: encryption, several disks, other methods than store and deflate.
  init(of file: InputFile) throws(FormatError) {
    let end = try ZipEnd(of: file)
    var fields = ByteCursor(zip: end.directory, of: file)
    var entries: [ZipEntry] = []
    for _ in 0..<end.recordCount {
      entries.append(try ZipEntry(&fields))
    }
    guard fields.isAtEnd else {
      throw fields.fault(.malformed("the zip directory is longer than its \(end.recordCount) records"))
    }
    try check(entries, in: file, directoryOffset: end.directory.lowerBound)
  }

  /// Lists records in the order of the file, each behind the one before.
  private mutating func check(
    _ entries: [ZipEntry], in file: InputFile, directoryOffset: Int
  ) throws(FormatError) {
    var previousEnd = 0
    for entry in entries.sorted(by: { $0.headerOffset < $1.headerOffset }) {
      guard entry.headerOffset >= previousEnd else {
        throw FormatError(
          .malformed("the record \(entry.name) overlaps the one before"), byteOffset: entry.headerOffset)
      }
      let stored = try entry.locate(in: file, directoryOffset: directoryOffset)
      previousEnd = stored.byteOffset + stored.storedByteCount
      guard records.updateValue(stored, forKey: entry.name) == nil else {
        throw FormatError(
          .malformed("two records have the name \(entry.name)"), byteOffset: entry.headerOffset)
      }
    }
  }
}
