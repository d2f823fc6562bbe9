// A checkpoint's state dict, each tensor held against the bytes that are stored for it.

internal import SedgeTensor

/// What an archive keeps of a file.
struct TorchContents {
  private(set) var tensors: [TensorInfo] = []
  private(set) var viewsByName: [String: StoredView] = [:]
  let skipped: [(name: String, reason: String)]
  let attributes: [String: String]
  let isBigEndian: Bool

  /// Reads a file of either form.
  ///
  /// - Throws: ``FormatError`` (without a path) at the first fault.
  init(_ file: InputFile) throws(FormatError) {
    let prefix = try file.bytes(at: 0, count: min(file.byteCount, 64))
    let stateDict: StateDict
    let payload: (TorchStorage) -> StoredBytes?
    if LegacyFile.magicByteCount(prefix) != nil {
      let contents = try LegacyFile(file)
      stateDict = try StateDict(of: contents.root, in: contents.heap)
      attributes = TorchAttributes(of: contents.root, in: contents.heap).values
      payload = { contents.payloads[$0.key] }
      isBigEndian = false
    } else {
      let contents = try ZipFile(file)
      stateDict = try StateDict(of: contents.root, in: contents.heap)
      attributes = TorchAttributes(of: contents.root, in: contents.heap).values
      payload = contents.payload
      isBigEndian = contents.isBigEndian
    }
    skipped = stateDict.skipped
    for (name, tensor) in stateDict.tensors {
      try add(name, tensor, payload)
    }
  }

  private mutating func add(
    _ name: String, _ tensor: TorchTensor, _ payload: (TorchStorage) -> StoredBytes?
  ) throws(FormatError) {
    let view: TorchView
    switch tensor {
    case .view(let found): view = found
    case .unread(let kind): throw FormatError(kind, tensor: name)
    }
    let info = try view.checked(name: name)
    guard let stored = payload(view.storage) else {
      throw FormatError(.malformed("its storage \(view.storage.key) is missing"), tensor: name)
    }
    guard stored.byteCount == view.storage.byteCount else {
      throw FormatError(
        .malformed(
          "its storage \(view.storage.key) has \(stored.byteCount) bytes, expected \(view.storage.byteCount)"),
        tensor: name, byteOffset: stored.byteOffset)
    }
    let storedView = StoredView(
      payload: stored, elementByteCount: info.elementType.byteCount, offset: view.offset, shape: view.shape,
      strides: view.strides)
    do {
      try storedView.check(byteCount: info.byteCount)
    } catch {
      throw FormatError(error.kind, tensor: name)
    }
    guard viewsByName.updateValue(storedView, forKey: name) == nil else {
      throw FormatError(.malformed("the name occurs twice"), tensor: name)
    }
    tensors.append(info)
  }
}
