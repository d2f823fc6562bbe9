// The end record of a zip archive.

internal import SedgeTensor

/// The extent of a zip archive's directory, from the end record.
struct ZipEnd {
  /// Where the directory is in the file.
  private(set) var directory: Range<Int>
  private(set) var recordCount: Int

  private static let byteCount = 22
  private static let locatorByteCount = 20
  private static let zip64ByteCount = 56

  /// Finds the record that ends the archive, behind which only its comment may be.
  init(of file: InputFile) throws(FormatError) {
    let endOffset = try Self.find(in: file)
    var fields = ByteCursor(zip: endOffset + 4..<endOffset + Self.byteCount, of: file)
    let disks = [try fields.integer(UInt16.self), try fields.integer(UInt16.self)]
    let counts = [UInt64(try fields.integer(UInt16.self)), UInt64(try fields.integer(UInt16.self))]
    let byteCount = UInt64(try fields.integer(UInt32.self))
    let byteOffset = UInt64(try fields.integer(UInt32.self))
    var contents = ZipEndContents(
      recordCount: counts[1], byteCount: byteCount, byteOffset: byteOffset, endOffset: endOffset)
    var isOneDisk = disks.allSatisfy { $0 == 0 || $0 == .max } && counts[0] == counts[1]
    if let zip64 = try Self.zip64(in: file, before: endOffset, &isOneDisk) {
      guard contents.agrees(with: zip64) else {
        throw FormatError(
          .malformed("the ends of the zip archive, old and of 64 bits, differ"), byteOffset: endOffset)
      }
      contents = zip64
    } else if contents.isIncomplete {
      throw FormatError(
        .malformed("the zip archive lacks the end of 64 bits that it needs"), byteOffset: endOffset)
    }
    guard isOneDisk else {
      throw FormatError(.unsupported("a zip archive of several disks", advice: "join it into one file"))
    }
    (directory, recordCount) = try contents.checked()
  }

  /// The last place where an end record fits whose comment fills the rest of the file.
  private static func find(in file: InputFile) throws(FormatError) -> Int {
    let tailByteCount = min(file.byteCount, byteCount + Int(UInt16.max))
    let tailOffset = file.byteCount - tailByteCount
    let tail = try file.bytes(at: tailOffset, count: tailByteCount)
    var start = tailByteCount - byteCount
    while start >= 0 {
      if tail[start...].starts(with: [0x50, 0x4B, 5, 6]) {
        let commentByteCount = Int(tail[start + 20]) | Int(tail[start + 21]) << 8
        if start + byteCount + commentByteCount == tailByteCount { return tailOffset + start }
      }
      start -= 1
    }
    throw FormatError(
      .malformed(
        "the zip archive has no end: it is cut short, or something follows it; download or copy it again"))
  }

  /// The end record of 64 bits, where a locator in front of the old one points to it.
  private static func zip64(
    in file: InputFile, before endOffset: Int, _ isOneDisk: inout Bool
  ) throws(FormatError) -> ZipEndContents? {
    let locatorOffset = endOffset - locatorByteCount
    guard locatorOffset >= 0 else { return nil }
    var locator = ByteCursor(zip: locatorOffset..<endOffset, of: file)
    guard try locator.integer(UInt32.self) == 0x0706_4B50 else { return nil }
    let endDisk = try locator.integer(UInt32.self)
    let byteOffset = try locator.zipOffset()
    isOneDisk = try locator.integer(UInt32.self) <= 1 && endDisk == 0 && isOneDisk
    guard byteOffset <= locatorOffset - zip64ByteCount else {
      throw locator.fault(.malformed("the end of 64 bits of the zip archive is not in front of its locator"))
    }
    var fields = ByteCursor(zip: byteOffset..<byteOffset + zip64ByteCount, of: file)
    guard try fields.integer(UInt32.self) == 0x0606_4B50,
      try fields.integer(UInt64.self) == UInt64(locatorOffset - byteOffset - 12)
    else { throw fields.fault(.malformed("the zip archive's end of 64 bits is not where its locator says")) }
    _ = try fields.integer(UInt32.self)  // the versions of the writer and of the format
    let disks = [try fields.integer(UInt32.self), try fields.integer(UInt32.self)]
    let counts = [try fields.integer(UInt64.self), try fields.integer(UInt64.self)]
    isOneDisk = isOneDisk && disks == [0, 0] && counts[0] == counts[1]
    return ZipEndContents(
      recordCount: counts[1], byteCount: try fields.integer(UInt64.self),
      byteOffset: try fields.integer(UInt64.self), endOffset: byteOffset)
  }
}

/// The numbers of an end record, unchecked.
private struct ZipEndContents {
  var recordCount: UInt64
  var byteCount: UInt64
  var byteOffset: UInt64
  /// Where the end record itself is.
  var endOffset: Int

  /// Whether a number does not fit the old record.
  var isIncomplete: Bool {
    recordCount == UInt64(UInt16.max) || byteCount == UInt64(UInt32.max) || byteOffset == UInt64(UInt32.max)
  }

  /// Whether every number that fits this old record is that of the other.
  func agrees(with other: ZipEndContents) -> Bool {
    (recordCount == other.recordCount || recordCount == UInt64(UInt16.max))
      && (byteCount == other.byteCount || byteCount == UInt64(UInt32.max))
      && (byteOffset == other.byteOffset || byteOffset == UInt64(UInt32.max))
  }

  /// The directory, which must end where the end record begins.
  func checked() throws(FormatError) -> (directory: Range<Int>, recordCount: Int) {
    guard let byteCount = Int(exactly: byteCount), let byteOffset = Int(exactly: byteOffset),
      byteCount <= endOffset, byteOffset == endOffset - byteCount
    else {
      throw FormatError(
        .malformed("the zip directory does not lie in front of the end"), byteOffset: endOffset)
    }
    guard byteCount <= ZipDirectory.maximumByteCount, recordCount <= UInt64(ZipDirectory.maximumRecordCount)
    else {
      throw FormatError(
        .unsupported(
          "a zip archive of \(recordCount) records, with a directory of \(byteCount) bytes",
          advice: "at most \(ZipDirectory.maximumRecordCount) records are; \(TorchAdvice.saveStateDict)"))
    }
    return (byteOffset..<endOffset, Int(recordCount))
  }
}
