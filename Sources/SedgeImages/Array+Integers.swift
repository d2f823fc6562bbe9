// Integers at any place of a file in memory.

extension [UInt8] {
  /// The unsigned big-endian integer of `byteCount` bytes at `offset`; `nil` where the array ends before.
  func bigEndian(at offset: Int, byteCount: Int) -> Int? {
    guard offset >= 0, offset <= count - byteCount else { return nil }
    return self[offset..<offset + byteCount].reduce(0) { $0 << 8 | Int($1) }
  }

  /// The unsigned little-endian integer of `byteCount` bytes at `offset`; `nil` where the array ends before.
  func littleEndian(at offset: Int, byteCount: Int) -> Int? {
    guard offset >= 0, offset <= count - byteCount else { return nil }
    return self[offset..<offset + byteCount].reversed().reduce(0) { $0 << 8 | Int($1) }
  }
}
