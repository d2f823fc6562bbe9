// One record of a zip archive: its entry in the directory and its own header.

internal import SedgeTensor

/// An entry of the directory.
struct ZipEntry {
  let name: String
  /// Where the record's own header is, from the start of the file.
  let headerOffset: Int
  private let nameBytes: [UInt8]
  private let flags: UInt16
  private let method: UInt16
  private let storedByteCount: Int
  private let byteCount: Int

  private static let localHeaderByteCount = 30

  /// The most bytes that one deflated byte can stand for: 258 bytes in 2 bits.
  private static let maximumExpansion = 1032

  /// Reads the next entry.
  init(_ fields: inout ByteCursor) throws(FormatError) {
    guard try fields.integer(UInt32.self) == 0x0201_4B50 else {
      throw fields.fault(.malformed("the zip directory has no record where one must be"))
    }
    _ = try fields.integer(UInt32.self)  // the versions of the writer and of the format
    flags = try fields.integer(UInt16.self)
    method = try fields.integer(UInt16.self)
    _ = try fields.integer(UInt64.self)  // time, date, checksum
    let storedByteCount = try fields.integer(UInt32.self)
    let byteCount = try fields.integer(UInt32.self)
    let nameByteCount = Int(try fields.integer(UInt16.self))
    let extraByteCount = Int(try fields.integer(UInt16.self))
    let commentByteCount = Int(try fields.integer(UInt16.self))
    let disk = try fields.integer(UInt16.self)
    try fields.skip(6)  // attributes
    let headerOffset = try fields.integer(UInt32.self)
    nameBytes = Array(try fields.bytes(nameByteCount))
    // Some programs write the separators of Windows, or names in other encodings than UTF-8.
    name = String(decoding: nameBytes, as: UTF8.self).replacing("\\", with: "/")
    if name.hasEndlessMarks { throw fields.fault(.endlessMarks("a name in the zip directory")) }
    var extra = try ZipExtra(&fields, byteCount: extraByteCount)
    try fields.skip(commentByteCount)
    self.byteCount = try extra.value(byteCount)
    self.storedByteCount = try extra.value(storedByteCount)
    self.headerOffset = try extra.value(headerOffset)
    guard disk == 0 || disk == .max else {
      throw FormatError(.unsupported("a zip archive of several disks", advice: "join it into one file"))
    }
    try checkMethod()
  }

  private func checkMethod() throws(FormatError) {
    // Bit 0: encrypted; bit 6: strongly; bit 13: the headers are masked.
    guard flags & 0x2041 == 0 else {
      throw FormatError(
        .unsupported("the encrypted zip record \(name)", advice: TorchAdvice.saveStateDict),
        byteOffset: headerOffset)
    }
    switch method {
    case 0:
      guard storedByteCount == byteCount else {
        throw FormatError(
          .malformed(
            "the record \(name) is stored as \(storedByteCount) bytes, but has \(byteCount)"),
          byteOffset: headerOffset)
      }
    case 8:
      guard byteCount / Self.maximumExpansion <= storedByteCount else {
        throw FormatError(
          .malformed(
            "the record \(name) claims \(byteCount) bytes, more than \(storedByteCount) deflated ones can be"),
          byteOffset: headerOffset)
      }
    default:
      throw FormatError(
        .unsupported(
          "compression method \(method) of the zip record \(name)", advice: TorchAdvice.saveStateDict),
        byteOffset: headerOffset)
    }
  }

  /// Finds the record's bytes behind its own header, which must agree with the directory.
  ///
  /// - Throws: ``FormatError`` (without a path) where the two differ, or the record reaches into the directory.
  func locate(in file: InputFile, directoryOffset: Int) throws(FormatError) -> StoredBytes {
    let headerByteCount = Self.localHeaderByteCount + nameBytes.count
    guard headerOffset <= directoryOffset - headerByteCount else { throw outside }
    var fields = ByteCursor(zip: headerOffset..<headerOffset + headerByteCount, of: file)
    guard try fields.integer(UInt32.self) == 0x0403_4B50 else {
      throw FormatError(
        .malformed("the record \(name) is not where the directory says"), byteOffset: headerOffset)
    }
    _ = try fields.integer(UInt16.self)  // the version of the format
    let sameFlags = try fields.integer(UInt16.self) == flags
    let sameMethod = try fields.integer(UInt16.self) == method
    _ = try fields.integer(UInt64.self)  // time, date, checksum
    let stored = try fields.integer(UInt32.self)
    let plain = try fields.integer(UInt32.self)
    let nameByteCount = Int(try fields.integer(UInt16.self))
    let extraByteCount = Int(try fields.integer(UInt16.self))
    guard sameFlags, sameMethod, nameByteCount == nameBytes.count,
      try fields.bytes(nameByteCount).elementsEqual(nameBytes)
    else { throw differs }
    guard extraByteCount <= directoryOffset - headerOffset - headerByteCount else { throw outside }
    let byteOffset = headerOffset + headerByteCount + extraByteCount
    guard storedByteCount <= directoryOffset - byteOffset else { throw outside }
    var extra = ZipExtra()
    if stored == .max || plain == .max {
      var fields = ByteCursor(zip: headerOffset + headerByteCount..<byteOffset, of: file)
      extra = try ZipExtra(&fields, byteCount: extraByteCount)
    }
    let localByteCount = try extra.value(plain)
    let localStoredByteCount = try extra.value(stored)
    // Bit 3: the sizes follow the bytes, and here may be zeros.
    let isOpen = flags & 8 != 0 && localByteCount == 0 && localStoredByteCount == 0
    guard isOpen || (localByteCount == byteCount && localStoredByteCount == storedByteCount) else {
      throw differs
    }
    return StoredBytes(
      byteOffset: byteOffset, storedByteCount: storedByteCount, byteCount: byteCount,
      coding: method == 8 ? .deflated : .plain)
  }

  private var outside: FormatError {
    FormatError(.malformed("the record \(name) reaches into the zip directory"), byteOffset: headerOffset)
  }

  private var differs: FormatError {
    FormatError(
      .malformed("the header of the record \(name) is not what the directory says"), byteOffset: headerOffset)
  }
}
