// The size of a file before it is written.

package import SedgeArchitecture
package import SedgeQuantization
package import SedgeTensor

/// Places segments of known or estimated sizes as ``SedgeWriter`` places them.
package struct FileEstimate {
  private var byteCount = Preamble.byteCount
  private var tensors: [TensorRecord] = []
  private var tokenizer: SedgeHeader.TokenizerRecord?
  /// Numbers without a pattern, for checksums and errors that are not known yet.
  private var state: UInt64 = 1
  /// Bytes of the header that are not known yet: they compress a little better or worse than those in their place.
  private var unknownByteCount = 0

  /// An empty file.
  package init() {}

  /// Appends a tensor.
  ///
  /// - Parameters:
  ///   - error: The error of its elements; `nil` where it is not known.
  ///   - hasShares: Whether its importance and its share of the error will be recorded.
  package mutating func append(
    _ tensor: ModelTensor, codec: CodecIdentifier, floatReason: FloatReason?, data: SegmentEstimate,
    scales: SegmentEstimate?, error: Deviation?, hasShares: Bool
  ) {
    let isExact = codec == .f32 || codec == .f32Planes
    let data = place(data, of: codec)
    let scales = scales.map { place($0, of: codec) }
    var record = TensorRecord(
      tensor: tensor, codec: codec, floatReason: floatReason, data: data, scales: scales,
      largestAbsoluteError: isExact ? 0 : error.map(\.largestAbsolute) ?? unknownError(),
      relativeRMSError: isExact ? 0 : error.map(\.relativeRMS) ?? unknownError())
    record.largestAbsoluteError = SedgeWriter.roundedUp(record.largestAbsoluteError)
    record.relativeRMSError = SedgeWriter.roundedUp(record.relativeRMSError)
    if hasShares { (record.importance, record.errorShare) = (unknownError(), unknownError()) }
    tensors.append(record)
  }

  /// Appends the tokenizer's packed merges.
  package mutating func addTokenizer(_ merges: PackedSegment, contextLength: Int) {
    let segment = place(SegmentEstimate(merges), of: nil)
    tokenizer = SedgeHeader.TokenizerRecord(merges: segment, contextLength: contextLength)
  }

  /// The bytes of the file with a header, whose tensors and tokenizer are replaced by the appended ones.
  ///
  /// - Parameter unknownByteCount: Bytes of the header that are not known yet.
  /// - Returns: The bytes, and by how many the file may have more or less because of what is not known of its header.
  package func byteCount(
    with header: SedgeHeader, unknownByteCount: Int
  ) throws(FormatError) -> (likely: Int, slack: Int) {
    var header = header
    header.tensors = tensors
    header.tokenizer = tokenizer
    let alignment = Preamble.headerAlignment(version: header.leastVersion)
    let likely = try aligned(byteCount, to: alignment) + Preamble.storedHeader(encodeHeader(header)).count
    let unknown = self.unknownByteCount + unknownByteCount
    return (likely, unknown == 0 ? 0 : Self.slack(ofUnknownBytes: unknown))
  }

  /// The bytes by which so many unknown bytes may compress better or worse than others.
  ///
  /// The code of a random byte has about eight bits, with a deviation of about two; lengths of different bytes are
  /// independent, so that the deviation of their sum grows with the root of their number. Four deviations.
  private static func slack(ofUnknownBytes count: Int) -> Int {
    Int((4 * 2 * Double(count).squareRoot() / 8).rounded(.up))
  }

  private mutating func place(_ segment: SegmentEstimate, of codec: CodecIdentifier?) -> Segment {
    byteCount = aligned(
      byteCount,
      to: Segment.alignment(
        of: codec, stored: segment.compression, version: Preamble.leastWrittenVersion))
    defer { byteCount += segment.storedByteCount }
    return Segment(
      byteOffset: byteCount, storedByteCount: segment.storedByteCount,
      plainByteCount: segment.plainByteCount, compression: segment.compression,
      checksum: segment.checksum ?? unknown())
  }

  private func aligned(_ count: Int, to alignment: Int) -> Int {
    (count + alignment - 1) / alignment * alignment
  }

  private mutating func unknown() -> UInt64 {
    unknownByteCount += 8
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ state >> 29
  }

  private mutating func unknownError() -> Double { 0.01 + Double(unknown() >> 40) * 0x1p-26 }
}
