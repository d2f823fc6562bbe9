// The writer of .sedge files.

import SedgeArchitecture
import SedgeQuantization
package import SedgeTensor

/// Writes one `.sedge` file, segment by segment; it appears at its path only when it is finished.
///
/// The same calls with the same arguments write the same bytes.
package final class SedgeWriter {
  /// Whether segments are compressed.
  package let storage: StorageMode
  /// The tensors appended so far, in order.
  package private(set) var tensors: [TensorRecord] = []
  /// Rows of zeros of the tensors that have any, by name; see ``PackedTensor/zeroRowCount``.
  package private(set) var zeroRowCounts: [String: Int] = [:]
  /// The SHA-256 of a finished file; empty before.
  package private(set) var sha256: [UInt8] = []
  private var tokenizer: SedgeHeader.TokenizerRecord?
  private let file: OutputFile
  /// Bytes written so far; of a finished file, all of it.
  package var byteCount: Int { file.byteCount }

  /// Creates a file.
  ///
  /// - Throws: ``FormatError`` when it cannot be created.
  package init(path: String, storage: StorageMode) throws(FormatError) {
    self.storage = storage
    self.file = try OutputFile(path: path)
    try unsafe file.append([UInt8](repeating: 0, count: Preamble.byteCount).span.bytes)
  }

  /// Appends a packed tensor; names must be unique.
  ///
  /// - Returns: Its record.
  /// - Throws: ``FormatError`` when it cannot be written.
  @discardableResult
  package func append(_ packed: PackedTensor) throws(FormatError) -> TensorRecord {
    let data = try append(packed.data, of: packed.codec)
    var scales: Segment?
    if let packedScales = packed.scales { scales = try append(packedScales, of: packed.codec) }
    let record = TensorRecord(
      tensor: packed.tensor, codec: packed.codec, floatReason: packed.floatReason, data: data, scales: scales,
      largestAbsoluteError: Self.roundedUp(packed.error.largestAbsolute),
      relativeRMSError: Self.roundedUp(packed.error.relativeRMS))
    tensors.append(record)
    if packed.zeroRowCount > 0 { zeroRowCounts[packed.tensor.name] = packed.zeroRowCount }
    return record
  }

  /// Sets the estimates of an appended tensor; any other name traps.
  ///
  /// - Parameters:
  ///   - importance: See ``TensorRecord/importance``; 0 is written as unknown.
  ///   - errorShare: See ``TensorRecord/errorShare``; 0 is written as unknown.
  package func note(importance: Double?, errorShare: Double?, of name: String) {
    guard let i = tensors.firstIndex(where: { $0.tensor.name == name }) else {
      preconditionFailure("there is no tensor \(name)")
    }
    tensors[i].importance = importance == 0 ? nil : importance.map(Self.roundedUp)
    tensors[i].errorShare = errorShare == 0 ? nil : errorShare.map(Self.roundedUp)
  }

  /// Rounds up to 10 bits of fraction: enough for a recorded error, and fewer bytes in the file.
  static func roundedUp(_ value: Double) -> Double {
    guard value.isFinite, value > 0 else { return value }
    let unit = value.ulp * 0x1p42
    return (value / unit).rounded(.up) * unit
  }

  /// Appends the tokenizer's serialized merges, at most once.
  ///
  /// - Throws: ``FormatError`` when they cannot be written.
  package func addTokenizer(_ merges: [UInt8], contextLength: Int) throws(FormatError) {
    try addTokenizer(PackedSegment(merges, storage: storage.forText), contextLength: contextLength)
  }

  /// Appends the tokenizer's packed merges, at most once.
  ///
  /// - Throws: ``FormatError`` when they cannot be written.
  package func addTokenizer(_ merges: PackedSegment, contextLength: Int) throws(FormatError) {
    precondition(tokenizer == nil, "a file has one tokenizer")
    let segment = try append(merges, of: nil)
    tokenizer = SedgeHeader.TokenizerRecord(merges: segment, contextLength: contextLength)
  }

  /// The byte count of the file with a header.
  ///
  /// - Parameter header: As for ``finish(_:)``.
  package func byteCount(with header: SedgeHeader) throws(FormatError) -> Int {
    var header = header
    header.tensors = tensors
    header.tokenizer = tokenizer
    return try file.byteCount + Preamble.storedHeader(encodeHeader(header)).count
  }

  /// Writes the header and the preamble, and moves the file to its path.
  ///
  /// - Parameter header: Its ``SedgeHeader/tensors`` and ``SedgeHeader/tokenizer`` are replaced by the appended ones.
  /// - Returns: The header as written.
  /// - Throws: ``FormatError`` when it cannot be written, or a reader would refuse the header.
  @discardableResult
  package func finish(_ header: SedgeHeader) throws(FormatError) -> SedgeHeader {
    var header = header
    header.tensors = tensors
    header.tokenizer = tokenizer
    let version = header.leastVersion
    try file.pad(to: Preamble.headerAlignment(version: version))
    let headerByteOffset = file.byteCount
    let bytes = encodeHeader(header)
    try FormatError.locating(path: file.path) { () throws(FormatError) in
      guard bytes.count <= Preamble.largestHeaderByteCount else {
        throw FormatError(
          .malformed(
            "its header has \(bytes.count) bytes, at most \(Preamble.largestHeaderByteCount) are read"))
      }
      let readBack = try decodeHeader(bytes)
      try validate(readBack, payloadEnd: headerByteOffset, version: version)
      guard readBack == header else {
        throw FormatError(.malformed("its header does not read back as given: a text has a zero byte"))
      }
    }
    let stored = try Preamble.storedHeader(bytes)
    let preamble = unsafe Preamble(
      version: version, headerByteOffset: headerByteOffset, headerByteCount: stored.count,
      headerPlainByteCount: stored.count < bytes.count ? bytes.count : nil,
      headerChecksum: checksum(stored.span.bytes))
    try unsafe file.append(stored.span.bytes)
    try unsafe file.write(preamble.bytes.span.bytes, at: 0)
    sha256 = try SedgeContainer.sha256 { (body) throws(FormatError) in try file.forEachPiece(body) }
    try file.commit()
    return header
  }

  private func append(
    _ packed: PackedSegment, of codec: CodecIdentifier?
  ) throws(FormatError) -> Segment {
    try file.pad(
      to: Segment.alignment(of: codec, stored: packed.compression, version: Preamble.leastWrittenVersion))
    let byteOffset = file.byteCount
    try unsafe file.append(packed.stored.span.bytes)
    return Segment(
      byteOffset: byteOffset, storedByteCount: packed.stored.count, plainByteCount: packed.plainByteCount,
      compression: packed.compression, checksum: packed.checksum)
  }
}
