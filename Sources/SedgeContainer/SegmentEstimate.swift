// A segment before it is written.

/// A segment of known bytes, or of an estimated size.
package struct SegmentEstimate: Hashable, Sendable {
  /// Bytes in the file.
  package private(set) var storedByteCount: Int
  /// Bytes after decompression.
  package private(set) var plainByteCount: Int
  /// How the bytes are stored.
  private(set) var compression: Segment.Compression
  /// The checksum; `nil` where the bytes are not known.
  private(set) var checksum: UInt64?

  /// A segment that is packed.
  package init(_ packed: PackedSegment) {
    (storedByteCount, plainByteCount) = (packed.stored.count, packed.plainByteCount)
    (compression, checksum) = (packed.compression, packed.checksum)
  }

  /// A segment of estimated size; one that does not become smaller is not compressed.
  ///
  /// - Parameter plainByteCount: Bytes after decompression; `nil` for bytes that are never compressed.
  package init(storedByteCount: Int, plainByteCount: Int?) {
    let isSmaller = plainByteCount.map { storedByteCount < $0 } ?? false
    self.plainByteCount = plainByteCount ?? storedByteCount
    self.storedByteCount = isSmaller ? storedByteCount : self.plainByteCount
    compression = isSmaller ? .zstd : .raw
  }
}
