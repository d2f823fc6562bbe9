// The placement of segments in a file.

internal import SedgeArchitecture
internal import SedgeByteCompression
internal import SedgeQuantization
internal import SedgeTensor

/// A segment as the header names it.
struct NamedSegment {
  var segment: Segment
  /// The name and the codec of the tensor that it belongs to; the tokenizer's belongs to none.
  var tensor: (name: String, codec: CodecIdentifier)?

  /// The alignment of its offset.
  func alignment(version: Int) -> Int {
    Segment.alignment(of: tensor?.codec, stored: segment.compression, version: version)
  }
}

extension Segment {
  /// The alignment of a segment's offset.
  ///
  /// Elements that can be mapped into memory share no cache line with others. All other segments follow without a gap,
  /// except in version 1, which aligned all segments.
  ///
  /// - Parameter codec: The tensor's; `nil` for the tokenizer.
  static func alignment(of codec: CodecIdentifier?, stored compression: Compression, version: Int) -> Int {
    let isMapped = compression == .raw && codec?.isMappable == true
    return isMapped || version == 1 ? 64 : 1
  }
}

extension Preamble {
  /// The alignment of the header's offset.
  static func headerAlignment(version: Int) -> Int { version == 1 ? 64 : 1 }
}

extension SedgeHeader {
  /// All segments in the order of the tables.
  var namedSegments: [NamedSegment] {
    var segments: [NamedSegment] = []
    for record in tensors {
      let tensor = (record.tensor.name, record.codec)
      segments.append(NamedSegment(segment: record.data, tensor: tensor))
      if let scales = record.scales { segments.append(NamedSegment(segment: scales, tensor: tensor)) }
    }
    if let tokenizer { segments.append(NamedSegment(segment: tokenizer.merges)) }
    return segments
  }

  /// All segments in the order of the file.
  var placedSegments: [NamedSegment] {
    namedSegments.sorted { $0.segment.byteOffset < $1.segment.byteOffset }
  }

  /// Checks that segments follow one another from byte 64 to the header, without gaps beyond their alignment.
  ///
  /// - Parameters:
  ///   - payloadEnd: Where the header begins.
  ///   - version: That of the file.
  func validatePlaces(payloadEnd: Int, version: Int) throws(FormatError) {
    for named in namedSegments { try named.validate(payloadEnd: payloadEnd, version: version) }
    var end = Preamble.byteCount
    for named in placedSegments {
      try named.validatePlace(after: end, version: version)
      end = named.segment.byteOffset + named.segment.storedByteCount
    }
    let expected = end.roundedUp(toMultipleOf: Preamble.headerAlignment(version: version))
    guard payloadEnd == expected else {
      throw FormatError(
        .malformed(
          "the last segment ends at byte \(end), expected the header at \(expected), found \(payloadEnd)"))
    }
  }
}

extension NamedSegment {
  fileprivate func require(_ isTrue: Bool, _ text: @autoclosure () -> String) throws(FormatError) {
    guard isTrue else { throw FormatError(.malformed(text()), tensor: tensor?.name) }
  }

  /// Checks the rules for a single segment.
  fileprivate func validate(payloadEnd: Int, version: Int) throws(FormatError) {
    try require(
      segment.byteOffset >= Preamble.byteCount && segment.byteOffset <= payloadEnd
        && segment.storedByteCount <= payloadEnd - segment.byteOffset,
      "a segment of \(segment.storedByteCount) bytes at byte \(segment.byteOffset) is not within"
        + " \(Preamble.byteCount)..<\(payloadEnd)")
    let alignment = alignment(version: version)
    try require(
      segment.byteOffset.isMultiple(of: alignment),
      "a segment is at byte \(segment.byteOffset), expected a multiple of \(alignment)")
    try validateExpansion()
  }

  /// Checks that the plain bytes are within the largest expansion of the stored bytes.
  private func validateExpansion() throws(FormatError) {
    let (stored, plain) = (segment.storedByteCount, segment.plainByteCount)
    switch segment.compression {
    case .raw:
      try require(
        stored == plain,
        "a raw segment has \(stored) stored and \(plain) plain bytes, expected the same")
    case .zstd:
      try require(
        stored > 0 && plain / ZstdFrame.largestExpansion <= stored,
        "\(stored) bytes of zstd cannot hold \(plain)")
    }
  }

  /// Checks that a segment has no gap beyond its alignment and no overlap.
  fileprivate func validatePlace(after end: Int, version: Int) throws(FormatError) {
    try require(
      segment.byteOffset >= end,
      "the segment at byte \(segment.byteOffset) overlaps the one before, which ends at \(end)")
    try require(
      segment.byteOffset == end.roundedUp(toMultipleOf: alignment(version: version)),
      "the segment at byte \(segment.byteOffset) leaves a gap after the one before, which ends at \(end)")
  }
}

extension Int {
  fileprivate func roundedUp(toMultipleOf alignment: Int) -> Int {
    (self + alignment - 1) / alignment * alignment
  }
}
