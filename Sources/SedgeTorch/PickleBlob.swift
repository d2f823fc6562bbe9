// Bytes in a pickle.

/// Bytes in the pickle.
struct PickleBlob {
  var contents: StoredBytes
  /// Whether they are those of a text.
  var isText = false
}
