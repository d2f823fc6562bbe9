// Calls in a PyTorch pickle, as the values that they make.

internal import SedgeTensor

extension PickleReader {
  /// The value that a call stands for.
  ///
  /// - Throws: ``FormatError`` where the callee is no global, or the arguments are not what PyTorch gives it.
  mutating func call(_ callee: PickleValue, _ arguments: [PickleValue]) throws(FormatError) -> PickleValue {
    switch callee {
    case .global(let global): return try call(global, arguments)
    case .object(let index): return makeObject(of: heap.objects[index].name, arguments)
    case .inert: return .inert("an object")
    default: throw refusal("a call of \(callee.kindText) in its pickle")
    }
  }

  private mutating func call(
    _ global: TorchGlobal, _ arguments: [PickleValue]
  ) throws(FormatError) -> PickleValue {
    switch global {
    case .rebuildTensor: return heap.makeTensor(try view(arguments, typeIndex: nil))
    case .rebuildTypedTensor: return heap.makeTensor(try view(arguments, typeIndex: 6))
    case .rebuildParameter: return try parameter(arguments)
    case .rebuildFromType: return try subclass(arguments)
    case .rebuildQuantizedTensor: return heap.makeTensor(try quantized(arguments))
    case .rebuildSparseTensor:
      return heap.makeTensor(.unread("it is sparse; save it dense: tensor.to_dense()"))
    case .rebuildNestedTensor:
      return heap.makeTensor(.unread("it is a nested tensor; save its parts one by one"))
    case .rebuildMetaTensor: return heap.makeTensor(.unread(TorchTensor.metaReason))
    case .rebuildWrapperSubclass: return heap.makeTensor(wrapper(arguments))
    case .loadFromBytes: return try storage(within: arguments)
    case .dictionary: return try dictionary(arguments)
    case .defaultDictionary: return try dictionary(Array(arguments.dropFirst()))
    case .set: return heap.makeSet(arguments.first.flatMap(heap.elements) ?? [])
    case .size:
      guard arguments.count == 1, let shape = arguments.first, case .tuple = shape else {
        throw fault("torch.Size has other arguments than one tuple")
      }
      return shape
    case .reconstructArray: return heap.makeTensor(.array)
    case .arrayFromBuffer: return heap.makeTensor(try array(buffer: arguments))
    case .arrayType: return arrayType(arguments)
    case .encode: return encoded(arguments)
    case .reconstructObject, .newObject:
      guard case .global(let type)? = arguments.first else { return .inert("an object") }
      if case .object(let name) = type {
        return makeObject(of: name, Array(arguments.dropFirst()))
      }
      return try call(
        type, global == .newObject ? Array(arguments.dropFirst()) : Array(arguments.dropFirst(2)))
    case .object(let name): return makeObject(of: name, arguments)
    case .storage, .elementType: throw refusal("a call of a storage class or an element type in its pickle")
    }
  }

  /// What a class or function that is not known makes: a tensor that is not read, where it makes it of another tensor.
  private mutating func makeObject(of name: String, _ arguments: [PickleValue]) -> PickleValue {
    let takesTensor = arguments.contains {
      switch $0 {
      case .tensor, .storage: true
      default: false
      }
    }
    if takesTensor || name.split(separator: ".").last?.hasPrefix("_rebuild") == true {
      return heap.makeTensor(.unread("it is made by \(name), which is not known; save it as a plain tensor"))
    }
    // A dictionary's subclass is mostly made of a dictionary, or of nothing.
    let items = arguments.lazy.compactMap { if case .dictionary(let index) = $0 { index } else { nil } }.first
    return heap.makeObject(PickleObject(name: name, items: items))
  }

  /// `_rebuild_tensor(storage, offset, size, stride)`, with more behind it that is of no matter.
  private func view(_ arguments: [PickleValue], typeIndex: Int?) throws(FormatError) -> TorchTensor {
    switch arguments.first {
    case .object, .inert:
      return .unread("its elements are of \(heap.kindText(of: arguments[0])); \(TorchAdvice.saveStateDict)")
    default: break
    }
    guard arguments.count >= 4, case .storage(let index) = arguments[0],
      case .integer(let offset) = arguments[1], offset >= 0,
      let shape = extents(arguments[2]), let strides = extents(arguments[3]), shape.count == strides.count
    else { throw fault("a tensor is made of other things than storage, offset, size and stride") }
    let storage = heap.storages[index]
    var elementType = storage.elementType
    if let typeIndex {
      guard arguments.count > typeIndex, case .global(let type) = arguments[typeIndex] else {
        throw fault("a tensor of untyped bytes has no element type")
      }
      switch type {
      case .elementType(let type): elementType = type
      case .object(let name): elementType = .unread(name: name, byteCount: 0)
      default: throw fault("a tensor of untyped bytes has no element type")
      }
    }
    let metadataIndex = typeIndex.map { $0 + 1 } ?? 6
    if arguments.count > metadataIndex, case .dictionary(let metadata) = arguments[metadataIndex],
      !heap.dictionaries[metadata].isEmpty
    {
      return .unread("its negation or conjugation is pending; save it resolved: tensor.resolve_neg()")
    }
    return .view(
      TorchView(
        storage: storage, elementType: elementType, offset: offset, shape: shape, strides: strides))
  }

  /// A tuple or list of at most 64 non-negative integers, which is as many dimensions as PyTorch has.
  func extents(_ value: PickleValue) -> [Int]? {
    switch value {
    case .tuple(let index), .list(let index):
      let values = heap.sequences[index]
      guard values.count <= 64 else { return nil }
      let extents = values.compactMap { value in
        if case .integer(let extent) = value, extent >= 0 { extent } else { nil }
      }
      return extents.count == values.count ? extents : nil
    default: return nil
    }
  }

  private mutating func parameter(_ arguments: [PickleValue]) throws(FormatError) -> PickleValue {
    switch arguments.first {
    case .tensor(let index): return .tensor(index)
    case .object(let index):
      let name = heap.objects[index].name
      return heap.makeTensor(
        .unread("it is an object of \(name), which is not known; save it as a plain tensor"))
    default: throw fault("a parameter is made of something else than a tensor")
    }
  }

  /// `_rebuild_from_type_v2(function, class, arguments, state)`.
  private mutating func subclass(_ arguments: [PickleValue]) throws(FormatError) -> PickleValue {
    guard arguments.count >= 3, case .tuple(let index) = arguments[2] else {
      throw fault("a tensor with attributes is made of other things than a function, a class and arguments")
    }
    guard case .global(let function) = arguments[0], function != .rebuildFromType else {
      return heap.makeTensor(
        .unread("it is made by \(heap.kindText(of: arguments[0])); save it as a plain tensor"))
    }
    return try call(function, heap.sequences[index])
  }

  private func wrapper(_ arguments: [PickleValue]) -> TorchTensor {
    guard case .global(.object(let name))? = arguments.first else {
      return .unread("it has no elements of its own; save it as a plain tensor")
    }
    return name.hasSuffix(".FakeTensor")
      ? .unread("it holds no values: it is a fake tensor; save the model after its weights are loaded")
      : .unread("it is a \(name), which has no elements of its own; save it as a plain tensor")
  }

  private func quantized(_ arguments: [PickleValue]) throws(FormatError) -> TorchTensor {
    guard case .storage(let index)? = arguments.first else {
      throw fault("a quantized tensor is made of something else than a storage")
    }
    return .unread(
      "it is quantized (\(heap.storages[index].elementType.name)); save the float model's state dict")
  }

  /// `OrderedDict()`, or of a dictionary, or of a list of pairs, as Python 2 wrote it.
  private mutating func dictionary(_ arguments: [PickleValue]) throws(FormatError) -> PickleValue {
    guard let first = arguments.first else { return heap.makeDictionary() }
    if case .dictionary = first { return first }
    guard arguments.count == 1, case .list(let index) = first else {
      throw fault("an OrderedDict is made of something else than a list of pairs")
    }
    try count(heap.sequences[index].count)
    var entries: [(key: PickleValue, value: PickleValue)] = []
    for element in heap.sequences[index] {
      let pair: [PickleValue]
      switch element {
      case .list(let index), .tuple(let index): pair = heap.sequences[index]
      default: pair = []
      }
      guard pair.count == 2 else {
        throw fault("an OrderedDict is made of something else than a list of pairs")
      }
      entries.append((pair[0], pair[1]))
    }
    return heap.makeDictionary(entries)
  }

  /// A persistent id's parts: `"storage"`, class, key, device, number of elements, and in older files a view or `None`.
  func storage(parts: [PickleValue]) throws(FormatError) -> TorchStorage {
    guard parts.count == 5 || parts.count == 6, heap.text(of: parts[0]) == "storage",
      case .global(let type) = parts[1], let key = heap.text(of: parts[2]),
      case .integer(let count) = parts[4]
    else { throw fault("a persistent id is no storage") }
    let elementType: TorchElementType
    switch type {
    case .storage(let known): elementType = known
    case .object(let name): elementType = .unread(name: name, byteCount: 0)
    default: throw fault("a persistent id is no storage")
    }
    if let view = parts.dropFirst(5).first {
      guard case .none = view else { throw refusal("a view of another storage") }
    }
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: elementType.byteCount)
    guard count >= 0, !overflow else { throw fault("the storage \(key) has \(count) elements") }
    return TorchStorage(
      key: key, elementType: elementType, elementCount: count, byteCount: byteCount,
      isMeta: heap.text(of: parts[3]) == "meta")
  }

  /// `_load_from_bytes`: the one storage of a file of the older form that is in the pickle.
  private mutating func storage(within arguments: [PickleValue]) throws(FormatError) -> PickleValue {
    guard mayHoldFiles, case .bytes(let index)? = arguments.first else {
      return .inert("a file in the pickle")
    }
    let inner = try LegacyFile(file, within: heap.blobs[index].contents)
    try spend(inner.pickleByteCount)
    guard case .storage(let storage) = inner.root,
      let contents = inner.payloads[inner.heap.storages[storage].key]
    else { return .inert("a file in the pickle") }
    var found = inner.heap.storages[storage]
    found.contents = contents
    return heap.makeStorage(found)
  }
}
