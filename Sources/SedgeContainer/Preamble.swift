// The first 64 bytes of a .sedge file.

internal import SedgeByteCompression
internal import SedgeQuantization
internal import SedgeTensor

/// The fixed start of a file, with the place of the header.
package struct Preamble: Hashable, Sendable {
  package static let byteCount = 64
  /// The newest version that is read.
  package static let newestVersion = 4
  /// The version that is written unless a file needs a newer one; see ``SedgeHeader/leastVersion``.
  package static let leastWrittenVersion = 2
  /// A byte beyond 7 bits, the name, and a line end that a text-mode transfer changes.
  package static let magic: [UInt8] = [0x89, 0x53, 0x45, 0x44, 0x47, 0x45, 0x0D, 0x0A]

  package var version: Int
  package var headerByteOffset: Int
  /// Bytes of the header in the file.
  package var headerByteCount: Int
  /// Bytes of the header after decompression; `nil` where it is stored uncompressed.
  package var headerPlainByteCount: Int?
  /// The checksum of the header's bytes in the file.
  package var headerChecksum: UInt64

  package init(
    version: Int = Self.leastWrittenVersion, headerByteOffset: Int, headerByteCount: Int,
    headerPlainByteCount: Int? = nil,
    headerChecksum: UInt64
  ) {
    self.version = version
    self.headerByteOffset = headerByteOffset
    self.headerByteCount = headerByteCount
    self.headerPlainByteCount = headerPlainByteCount
    self.headerChecksum = headerChecksum
  }

  var fileByteCount: Int { headerByteOffset + headerByteCount }

  /// The 64 bytes, the last 8 of which are the checksum of the others.
  package var bytes: [UInt8] {
    var bytes = Self.magic
    bytes.append(littleEndian: UInt32(version))
    bytes.append(littleEndian: UInt32(headerPlainByteCount ?? 0))
    bytes.append(littleEndian: UInt64(headerByteOffset))
    bytes.append(littleEndian: UInt64(headerByteCount))
    bytes.append(littleEndian: UInt64(fileByteCount))
    bytes.append(littleEndian: headerChecksum)
    bytes.append(littleEndian: UInt64(0))
    bytes.append(littleEndian: unsafe checksum(bytes.span.bytes))
    return bytes
  }
}

extension Preamble {
  /// Bytes of the largest header that is read, before and after decompression.
  static let largestHeaderByteCount = 64 << 20
  /// The largest expansion of a compressed header.
  ///
  /// Every line of the tensor table has 8 bytes of checksum at least, which do not become smaller: headers shrink to a
  /// third or a fifth. A header that would shrink further is stored uncompressed.
  static let largestHeaderExpansion = 32

  /// Reads and checks a preamble.
  ///
  /// - Parameters:
  ///   - bytes: The first 64 bytes of the file, or all of a shorter one.
  ///   - fileByteCount: Bytes that the file has.
  init(_ bytes: [UInt8], fileByteCount: Int) throws(FormatError) {
    try Self.requireMagic(bytes)
    guard bytes.count >= Self.byteCount else {
      throw FormatError(.truncated(expectedBytes: Self.byteCount, actualBytes: fileByteCount))
    }
    var fields = ByteCursor(bytes, byteOffset: 0, part: "the preamble").moved(to: Self.magic.count)
    version = try Self.version(fields.integer())
    let headerPlainByteCount = Int(try fields.integer(UInt32.self))
    let headerByteOffset = try fields.integer(UInt64.self)
    let headerByteCount = try fields.integer(UInt64.self)
    let declaredByteCount = try fields.integer(UInt64.self)
    headerChecksum = try fields.integer()
    let reserved = try fields.integer(UInt64.self)
    guard unsafe try fields.integer() == checksum(bytes.span.bytes.extracting(0..<56)) else {
      throw FormatError(.checksumMismatch(part: "the preamble"), byteOffset: 0)
    }
    try Self.requireZero(version > 1 || headerPlainByteCount == 0, byteOffset: 12)
    try Self.requireZero(reserved == 0, byteOffset: 48)
    try Self.requireSize(declared: declaredByteCount, actual: fileByteCount)
    let alignment = Self.headerAlignment(version: version)
    guard headerByteOffset >= UInt64(Self.byteCount), headerByteOffset.isMultiple(of: UInt64(alignment))
    else {
      throw Self.malformed(
        "the header is at byte \(headerByteOffset), expected "
          + (alignment == 1 ? "64 or more" : "a multiple of \(alignment) from 64 on"),
        byteOffset: 16)
    }
    guard (1...UInt64(Self.largestHeaderByteCount)).contains(headerByteCount) else {
      throw Self.malformed(
        "the header has \(headerByteCount) bytes, expected 1...\(Self.largestHeaderByteCount)", byteOffset: 24
      )
    }
    let (end, overflow) = headerByteOffset.addingReportingOverflow(headerByteCount)
    guard !overflow, end == declaredByteCount else {
      throw Self.malformed(
        "the header ends at byte \(overflow ? UInt64.max : end), expected the file's end at \(declaredByteCount)",
        byteOffset: 24)
    }
    self.headerByteOffset = Int(headerByteOffset)
    self.headerByteCount = Int(headerByteCount)
    self.headerPlainByteCount = headerPlainByteCount == 0 ? nil : headerPlainByteCount
    if headerPlainByteCount != 0 { try requireExpansion(to: headerPlainByteCount) }
  }

  /// The plain byte counts that a compressed header of some stored bytes may have.
  static func plainByteCounts(ofHeader storedByteCount: Int) -> Range<Int> {
    let limit = min(largestHeaderExpansion * storedByteCount, largestHeaderByteCount) + 1
    return min(storedByteCount + 1, limit)..<limit
  }

  /// The stored bytes of a header: one Zstandard frame where that is smaller and within the expansion of readers.
  static func storedHeader(_ plain: [UInt8]) throws(FormatError) -> [UInt8] {
    let frame = unsafe try ZstdFrame.compress(plain.span.bytes, level: 19)
    return plainByteCounts(ofHeader: frame.count).contains(plain.count) ? frame : plain
  }

  /// Checks that a compressed header is smaller than the plain one and within the largest expansion.
  private func requireExpansion(to plainByteCount: Int) throws(FormatError) {
    let limits = Self.plainByteCounts(ofHeader: headerByteCount)
    guard limits.contains(plainByteCount) else {
      throw Self.malformed(
        "the header has \(plainByteCount) bytes after decompression, expected \(limits) of"
          + " \(headerByteCount)", byteOffset: 12)
    }
  }

  private static func malformed(_ text: String, byteOffset: Int) -> FormatError {
    FormatError(.malformed(text), byteOffset: byteOffset)
  }

  private static func version(_ found: UInt32) throws(FormatError) -> Int {
    guard found <= newestVersion else {
      throw FormatError(.newerVersion(found: Int(found), supported: newestVersion))
    }
    guard found > 0 else { throw malformed("its version is 0, expected 1...\(newestVersion)", byteOffset: 8) }
    return Int(found)
  }

  private static func requireZero(_ isZero: Bool, byteOffset: Int) throws(FormatError) {
    guard isZero else { throw malformed("reserved bytes are not zero", byteOffset: byteOffset) }
  }

  private static func requireSize(declared: UInt64, actual: Int) throws(FormatError) {
    guard declared <= UInt64(actual) else {
      throw FormatError(.truncated(expectedBytes: Int(clamping: declared), actualBytes: actual))
    }
    guard declared == UInt64(actual) else {
      throw malformed("\(UInt64(actual) - declared) bytes follow its end", byteOffset: Int(declared))
    }
  }
}

extension Preamble {
  /// Whether a file's first bytes are the mark of a `.sedge` file, also where a transfer has damaged it.
  static func recognizes(_ prefix: some Collection<UInt8>) -> Bool {
    prefix.starts(with: magic) || damage(of: prefix) != nil
  }

  private static func requireMagic(_ bytes: [UInt8]) throws(FormatError) {
    if bytes.starts(with: magic) { return }
    if let damage = damage(of: bytes) {
      throw malformed("its mark was changed by \(damage); transfer it again in binary mode", byteOffset: 0)
    }
    if magic.starts(with: bytes) {
      throw FormatError(.truncated(expectedBytes: byteCount, actualBytes: bytes.count))
    }
    throw FormatError(.unknownFormat(looksLike: nil))
  }

  /// The likely cause of a damaged mark.
  private static func damage(of prefix: some Collection<UInt8>) -> String? {
    let name = magic[1..<6]
    if prefix.starts(with: [0x09] + name) { return "a transfer of 7 bits a byte" }
    if prefix.starts(with: [0xC2, 0x89] + name) || prefix.starts(with: [0xEF, 0xBF, 0xBD] + name) {
      return "a conversion to UTF-8"
    }
    if prefix.starts(with: [0x89] + name + [0x0A]) || prefix.starts(with: [0x89] + name + [0x0D, 0x0D]) {
      return "a conversion of line ends"
    }
    return nil
  }
}

extension [UInt8] {
  /// Appends a number, lowest byte first.
  package mutating func append(littleEndian value: some FixedWidthInteger) {
    for shift in stride(from: 0, to: value.bitWidth, by: 8) {
      append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }
}
