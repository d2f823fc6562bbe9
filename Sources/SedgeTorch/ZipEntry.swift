// One record of a zip archive, as the directory and as its own header have it.

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
  init(_ fields: inout ZipFields) throws(FormatError) {
    guard try fields.integer(UInt32.self) == 0x0201_4B50 else {
      throw fields.fault("the zip directory has no record where one must be")
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
    _ = try fields.bytes(6)  // attributes
    let headerOffset = try fields.integer(UInt32.self)
    nameBytes = Array(try fields.bytes(nameByteCount))
    // Some programs write the separators of Windows, or names in other encodings than UTF-8.
    name = String(decoding: nameBytes, as: UTF8.self).replacing("\\", with: "/")
    var extra = try fields.extra(extraByteCount)
    _ = try fields.bytes(commentByteCount)
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
        .unsupported("the encrypted zip record \(name)", advice: PickleReader.advice),
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
        .unsupported("compression method \(method) of the zip record \(name)", advice: PickleReader.advice),
        byteOffset: headerOffset)
    }
  }

  /// Finds the record's bytes behind its own header, which must say what the directory says.
  ///
  /// - Throws: ``FormatError`` (without a path) where the two differ, or the record reaches into the directory.
  func locate(in file: InputFile, directoryOffset: Int) throws(FormatError) -> StoredBytes {
    let headerByteCount = Self.localHeaderByteCount + nameBytes.count
    guard headerOffset <= directoryOffset - headerByteCount else { throw outside }
    var fields = ZipFields(
      try file.bytes(at: headerOffset, count: headerByteCount), byteOffset: headerOffset)
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
      var bytes = ZipFields(
        try file.bytes(at: headerOffset + headerByteCount, count: extraByteCount),
        byteOffset: headerOffset + headerByteCount)
      extra = try bytes.extra(extraByteCount)
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

/// Reads the fields of a zip structure in their order.
struct ZipFields {
  private let bytes: [UInt8]
  private let byteOffset: Int
  private var position = 0

  /// - Parameter byteOffset: Where the bytes are in the file.
  init(_ bytes: [UInt8], byteOffset: Int) {
    self.bytes = bytes
    self.byteOffset = byteOffset
  }

  var isAtEnd: Bool { position == bytes.count }

  /// A fault at the next field.
  func fault(_ what: String) -> FormatError {
    FormatError(.malformed(what), byteOffset: byteOffset + position)
  }

  mutating func bytes(_ count: Int) throws(FormatError) -> ArraySlice<UInt8> {
    guard count <= bytes.count - position else { throw fault("the zip directory is cut short") }
    position += count
    return bytes[position - count..<position]
  }

  mutating func integer<Value: FixedWidthInteger & UnsignedInteger>(
    _ type: Value.Type
  ) throws(FormatError) -> Value {
    try bytes(MemoryLayout<Value>.size).reversed().reduce(0) { $0 << 8 | Value($1) }
  }

  /// A number of 64 bits that must be an offset or a size.
  mutating func offset() throws(FormatError) -> Int {
    let value = try integer(UInt64.self)
    guard let offset = Int(exactly: value) else { throw fault("\(value) is more bytes than files have") }
    return offset
  }

  /// The 64-bit numbers among the extra fields, which take `count` bytes.
  mutating func extra(_ count: Int) throws(FormatError) -> ZipExtra {
    var fields = ZipFields(Array(try bytes(count)), byteOffset: byteOffset + position - count)
    var extra = ZipExtra()
    while fields.bytes.count - fields.position >= 4 {
      let kind = try fields.integer(UInt16.self)
      let fieldByteCount = Int(try fields.integer(UInt16.self))
      guard kind == 1 else {
        _ = try fields.bytes(fieldByteCount)
        continue
      }
      let valueCount = min(fieldByteCount / 8, 3)
      for _ in 0..<valueCount { extra.values.append(try fields.offset()) }
      _ = try fields.bytes(fieldByteCount - valueCount * 8)
    }
    extra.byteOffset = byteOffset + position
    return extra
  }
}

/// The numbers of 64 bits that stand for those which do not fit 32.
struct ZipExtra {
  fileprivate var values: [Int] = []
  fileprivate var byteOffset = 0

  /// The number that a field of 32 bits holds or points to; those pointed to are taken in turn.
  mutating func value(_ field: UInt32) throws(FormatError) -> Int {
    guard field == .max else { return Int(field) }
    guard !values.isEmpty else {
      throw FormatError(.malformed("a zip record lacks a size of 64 bits"), byteOffset: byteOffset)
    }
    return values.removeFirst()
  }
}
