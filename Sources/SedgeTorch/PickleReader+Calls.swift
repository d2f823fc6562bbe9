// What the calls in a PyTorch pickle stand for.

internal import SedgeTensor

extension PickleReader {
  /// The value that a call stands for.
  ///
  /// - Throws: ``FormatError`` where the callee is no global, or the arguments are not what PyTorch gives it.
  mutating func call(_ callee: PickleValue, _ arguments: [PickleValue]) throws(FormatError) -> PickleValue {
    guard case .global(let global) = callee else {
      throw refusal("a call of \(callee.kindText) in its pickle")
    }
    switch global {
    case .rebuildTensor: return makeTensor(try view(arguments, typeIndex: nil))
    case .rebuildTypedTensor: return makeTensor(try view(arguments, typeIndex: 6))
    case .rebuildParameter: return try parameter(arguments)
    case .rebuildQuantizedTensor: return makeTensor(try quantized(arguments))
    case .rebuildSparseTensor:
      return makeTensor(
        .unread(.unsupported("a sparse layout", advice: "save it dense: tensor.to_dense()")))
    case .orderedDictionary: return try ordered(arguments)
    case .size:
      guard arguments.count == 1, let shape = arguments.first, case .tuple = shape else {
        throw fault("torch.Size has other arguments than one tuple")
      }
      return shape
    case .inert(let name): return .inert("an object of \(name)")
    case .storage, .elementType: throw refusal("a call of a storage class or an element type in its pickle")
    }
  }

  /// `_rebuild_tensor(storage, offset, size, stride)`, with more behind it that is of no matter.
  private func view(_ arguments: [PickleValue], typeIndex: Int?) throws(FormatError) -> TorchTensor {
    guard arguments.count >= 4, case .storage(let index) = arguments[0],
      case .integer(let offset) = arguments[1], offset >= 0,
      let shape = extents(arguments[2]), let strides = extents(arguments[3]), shape.count == strides.count
    else { throw fault("a tensor is made of other things than storage, offset, size and stride") }
    let storage = heap.storages[index]
    var elementType = storage.elementType
    if let typeIndex {
      guard arguments.count > typeIndex, case .global(.elementType(let type)) = arguments[typeIndex] else {
        throw fault("a tensor of untyped bytes has no element type")
      }
      elementType = type
    }
    let metadataIndex = typeIndex.map { $0 + 1 } ?? 6
    if arguments.count > metadataIndex, case .dictionary(let metadata) = arguments[metadataIndex],
      !heap.dictionaries[metadata].isEmpty
    {
      return .unread(
        .unsupported("a pending negation or conjugation", advice: "save it resolved: tensor.resolve_neg()"))
    }
    return .view(
      TorchView(
        storage: storage, elementType: elementType, offset: offset, shape: shape, strides: strides))
  }

  /// A tuple or list of at most 64 non-negative integers, which is as many dimensions as PyTorch has.
  private func extents(_ value: PickleValue) -> [Int]? {
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

  private func parameter(_ arguments: [PickleValue]) throws(FormatError) -> PickleValue {
    guard let tensor = arguments.first, case .tensor = tensor else {
      throw fault("a parameter is made of something else than a tensor")
    }
    return tensor
  }

  private func quantized(_ arguments: [PickleValue]) throws(FormatError) -> TorchTensor {
    guard case .storage(let index)? = arguments.first else {
      throw fault("a quantized tensor is made of something else than a storage")
    }
    return .unread(.unsupportedElementType(heap.storages[index].elementType.name))
  }

  /// `OrderedDict()`, or of a list of pairs, as Python 2 wrote it.
  private mutating func ordered(_ arguments: [PickleValue]) throws(FormatError) -> PickleValue {
    guard let first = arguments.first else { return makeDictionary() }
    guard arguments.count == 1, case .list(let index) = first else {
      throw fault("an OrderedDict is made of something else than a list of pairs")
    }
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
    return makeDictionary(entries)
  }

  /// A persistent id's parts: `"storage"`, class, key, device, number of elements, and in older files a view or `None`.
  func storage(parts: [PickleValue]) throws(FormatError) -> TorchStorage {
    guard parts.count == 5 || parts.count == 6, case .string("storage") = parts[0],
      case .global(.storage(let elementType)) = parts[1], case .string(let key) = parts[2],
      case .integer(let count) = parts[4]
    else { throw fault("a persistent id is no storage") }
    if let view = parts.dropFirst(5).first {
      guard case .none = view else { throw refusal("a view of another storage") }
    }
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: elementType.byteCount)
    guard count >= 0, !overflow else { throw fault("the storage \(key) has \(count) elements") }
    return TorchStorage(key: key, elementType: elementType, elementCount: count, byteCount: byteCount)
  }
}
