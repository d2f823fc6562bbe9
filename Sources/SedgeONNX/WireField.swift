// One field of a Protocol Buffers message.

/// One field of a message: its number and where its value is.
struct WireField {
  /// A value, or the kind of its bytes in the file.
  enum Value {
    case varint(UInt64)
    case fixed32
    case fixed64
    case bytes
  }

  /// The number that the schema gives the field.
  let number: Int
  /// The value.
  let value: Value
  /// Bytes of the value, without tag and length.
  let payload: Range<Int>
  /// Bytes of the field with tag and length.
  let extent: Range<Int>
}
