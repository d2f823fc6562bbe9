// Inputs of several fields.

/// Takes fields from the front of an input; those beyond its end are 0.
struct Fields {
  /// The bytes that are left.
  private(set) var rest: ArraySlice<UInt8>

  /// Starts at the first byte.
  init(_ bytes: [UInt8]) { rest = bytes[...] }

  /// A number of one byte.
  mutating func byte() -> Int { Int(rest.popFirst() ?? 0) }

  /// A number of two bytes, the lower first.
  mutating func word() -> Int {
    let low = byte()
    return low | byte() << 8
  }

  /// As many bytes, or all that are left.
  mutating func bytes(_ count: Int) -> [UInt8] {
    defer { rest = rest.dropFirst(count) }
    return Array(rest.prefix(count))
  }
}

/// A number as ``Fields/word()`` takes it.
func word(_ value: Int) -> [UInt8] { [UInt8(value & 255), UInt8(value >> 8 & 255)] }
