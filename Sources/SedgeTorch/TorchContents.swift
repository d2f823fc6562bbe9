// A checkpoint's state dict, each tensor checked against its stored bytes.

internal import SedgeTensor

/// The tensors and attributes of a checkpoint file.
struct TorchContents {
  private(set) var tensors: [TensorInfo] = []
  private(set) var viewsByName: [String: StoredView] = [:]
  private(set) var skipped: [SkippedObject]
  let notes: [String]
  let attributes: [String: String]

  /// Reads a file of any form.
  ///
  /// - Throws: ``FormatError`` (without a path) at the first fault, and where no tensor can be read.
  init(_ file: InputFile) throws(FormatError) {
    let contents = try Self.contents(of: file)
    let stateDict = try StateDict(of: contents.root, in: contents.heap)
    attributes = TorchAttributes(of: contents.root, in: contents.heap).values
    skipped = stateDict.skipped
    notes = stateDict.notes
    for (name, tensor) in stateDict.tensors {
      try add(name, tensor, contents)
    }
    let scaled = tensors.scaledTensors
    for object in scaled { viewsByName[object.name] = nil }
    tensors.removeAll { viewsByName[$0.name] == nil }
    skipped += scaled
    guard !tensors.isEmpty || skipped.isEmpty else { throw FormatError(.noTensors(besides: skipped)) }
  }

  private static func contents(of file: InputFile) throws(FormatError) -> any PickleContents {
    let prefix = try file.bytes(at: 0, count: min(file.byteCount, 64))
    if LegacyFile.magicByteCount(prefix) != nil { return try LegacyFile(file) }
    return BarePickle.recognizes(prefix) ? try BarePickle(file) : try ZipFile(file)
  }

  private mutating func add(
    _ name: String, _ tensor: TorchTensor, _ contents: any PickleContents
  ) throws(FormatError) {
    let view: TorchView
    switch tensor {
    case .view(let found): view = found
    case .array: throw FormatError(.malformed("an array has no elements"), tensor: name)
    case .unread(let reason), .unreadArray(let reason):
      skipped.append(SkippedObject(name: name, reason: reason, isTensor: true))
      return
    }
    if let obstacle = view.obstacle {
      skipped.append(SkippedObject(name: name, reason: obstacle, isTensor: true))
      return
    }
    guard case .read(let elementType) = view.elementType else { return }
    let info = try view.checked(name: name, elementType: elementType)
    guard let stored = view.storage.contents ?? contents.payload(view.storage) else {
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
      strides: view.strides,
      isBigEndian: view.arrayIsBigEndian ?? (view.storage.contents == nil && contents.isBigEndian))
    try FormatError.locating(tensor: name) { () throws(FormatError) in
      try storedView.check(byteCount: info.byteCount)
    }
    guard viewsByName.updateValue(storedView, forKey: name) == nil else {
      throw FormatError(.malformed("the name occurs twice"), tensor: name)
    }
    tensors.append(info)
  }
}
