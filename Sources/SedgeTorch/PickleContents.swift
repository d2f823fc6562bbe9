// The contents of a file of any form.

/// The value of a file's pickle, and the bytes of its storages.
protocol PickleContents {
  var root: PickleValue { get }
  var heap: PickleHeap { get }
  /// Whether the elements of storages are big-endian.
  var isBigEndian: Bool { get }

  /// The bytes of a storage; `nil` where the file does not have them.
  func payload(_ storage: TorchStorage) -> StoredBytes?
}
