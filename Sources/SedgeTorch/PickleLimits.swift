// Bounds of what one pickle may make.

/// The bounds of a pickle, whatever it claims.
enum PickleLimits {
  /// Opcodes and bytes of text in the longest pickle that is read; bytes of the longest that is inflated.
  static let byteCount = 1 << 25
  /// Values and memo entries.
  static let valueCount = 1 << 20
}
