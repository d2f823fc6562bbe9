// The size of a file before it is written.

package import SedgeArchitecture
package import SedgeQuantization
package import SedgeTensor

/// Places segments of known or estimated sizes as ``SedgeWriter`` places them.
package struct FileEstimate {
  private var byteCount = Preamble.byteCount
  private var tensors: [TensorRecord] = []
  private var tokenizer: SedgeHeader.TokenizerRecord?
  private let storage: StorageMode
  /// Numbers without a pattern, for checksums and errors that are not known yet.
  private var state: UInt64 = 1

  /// An empty file.
  package init(storage: StorageMode) { self.storage = storage }

  /// Appends a tensor.
  ///
  /// - Parameters:
  ///   - dataByteCount, scalesByteCount: Bytes in the file.
  package mutating func append(
    _ tensor: ModelTensor, codec: CodecIdentifier, dataByteCount: Int, scalesByteCount: Int?
  ) {
    let data = place(dataByteCount, of: codec)
    let scales = scalesByteCount.map { place($0, of: codec) }
    tensors.append(
      TensorRecord(
        tensor: tensor, codec: codec, floatReason: nil, data: data, scales: scales,
        largestAbsoluteError: codec == .f32 || codec == .f32Planes ? 0 : unknownError(),
        relativeRMSError: codec == .f32 || codec == .f32Planes ? 0 : unknownError()))
  }

  /// Appends the tokenizer's packed merges.
  package mutating func addTokenizer(_ merges: PackedSegment, contextLength: Int) {
    let segment = place(merges.stored.count, of: nil)
    tokenizer = SedgeHeader.TokenizerRecord(merges: segment, contextLength: contextLength)
  }

  /// The bytes of the file with a header, whose tensors and tokenizer are replaced by the appended ones.
  package func byteCount(with header: SedgeHeader) throws(FormatError) -> Int {
    var header = header
    header.tensors = tensors
    header.tokenizer = tokenizer
    let alignment = Preamble.headerAlignment(version: header.leastVersion)
    return try aligned(byteCount, to: alignment) + Preamble.storedHeader(encodeHeader(header)).count
  }

  private mutating func place(_ storedByteCount: Int, of codec: CodecIdentifier?) -> Segment {
    let compression: Segment.Compression = storage == .raw || codec?.isCompact == true ? .raw : .zstd
    byteCount = aligned(
      byteCount,
      to: Segment.alignment(of: codec, stored: compression, version: Preamble.leastWrittenVersion))
    defer { byteCount += storedByteCount }
    return Segment(
      byteOffset: byteCount, storedByteCount: storedByteCount, plainByteCount: storedByteCount,
      compression: compression, checksum: unknown())
  }

  private func aligned(_ count: Int, to alignment: Int) -> Int {
    (count + alignment - 1) / alignment * alignment
  }

  private mutating func unknown() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ state >> 29
  }

  private mutating func unknownError() -> Double {
    SedgeWriter.roundedUp(0.01 + Double(unknown() >> 40) * 0x1p-26)
  }
}
