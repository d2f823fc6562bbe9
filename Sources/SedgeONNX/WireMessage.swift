// A Protocol Buffers message in a file.

internal import SedgeTensor

/// A message whose fields are read one after another.
struct WireMessage {
  /// The message's type in the schema, for errors.
  let type: String
  /// The fields that are left.
  var cursor: ByteCursor
}
