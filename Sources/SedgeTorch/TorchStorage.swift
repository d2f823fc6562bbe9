// A storage in a pickle.

/// A contiguous array of elements of one type.
struct TorchStorage {
  /// The name of the record, or the number in an older file.
  let key: String
  let elementType: TorchElementType
  /// In elements; in bytes where the type is unknown.
  let elementCount: Int
  /// Bytes of all elements.
  let byteCount: Int
  /// Where the bytes are, if they are in the pickle itself.
  var contents: StoredBytes?
  /// Whether it is of the meta device, on which nothing has values.
  var isMeta = false
}
