// A run of bytes in a .sedge file.

/// The place of bytes in a `.sedge` file, and their compression.
package struct Segment: Hashable, Sendable {
  /// The compression of stored bytes.
  package enum Compression: String, CaseIterable, Hashable, Sendable {
    /// No compression.
    case raw
    /// One Zstandard frame.
    case zstd
  }

  /// From the start of the file, in bytes.
  package var byteOffset: Int
  /// Bytes in the file.
  package var storedByteCount: Int
  /// Bytes after decompression.
  package var plainByteCount: Int
  /// How the bytes are stored.
  package var compression: Compression
  /// XXH3 (64 bits, seed 0) of the stored bytes.
  package var checksum: UInt64

  /// Collects the fields.
  package init(
    byteOffset: Int, storedByteCount: Int, plainByteCount: Int, compression: Compression, checksum: UInt64
  ) {
    self.byteOffset = byteOffset
    self.storedByteCount = storedByteCount
    self.plainByteCount = plainByteCount
    self.compression = compression
    self.checksum = checksum
  }
}
