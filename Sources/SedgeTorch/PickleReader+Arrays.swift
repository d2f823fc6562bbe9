// Arrays of NumPy in a pickle.

internal import SedgeTensor

extension PickleReader {
  mutating func arrayType(_ arguments: [PickleValue]) -> PickleValue {
    switch arguments.first {
    case .global(.object(let name)): return heap.makeArrayType(ArrayType(className: name))
    case let value?:
      return heap.makeArrayType(ArrayType(name: heap.text(of: value) ?? heap.kindText(of: value)))
    case nil: return .inert("an element type")
    }
  }

  /// `_codecs.encode(text, "latin1")`: bytes.
  mutating func encoded(_ arguments: [PickleValue]) -> PickleValue {
    switch arguments.first {
    case .string(let text): return text.latin1.map { heap.makeBytes(StoredBytes($0)) } ?? .inert("bytes")
    case .bytes(let index): return heap.makeBytes(heap.blobs[index].contents)
    case nil: return heap.makeBytes(StoredBytes([]))
    default: return .inert("bytes")
    }
  }

  /// An array of its state: version, shape, element type, whether in Fortran's order, elements.
  ///
  /// Source: `array_setstate` in `numpy/_core/src/multiarray/methods.c`.
  func array(state: PickleValue) throws(FormatError) -> TorchTensor {
    var parts = heap.elements(of: state) ?? []
    if parts.count == 5 { parts.removeFirst() }
    guard parts.count == 4, let shape = extents(parts[0]), case .arrayType(let type) = parts[1] else {
      throw fault("an array is made of other things than shape, element type, order and elements")
    }
    let isFortran =
      switch parts[2] {
      case .boolean(let value): value
      case .integer(let value): value != 0
      default: false
      }
    return try array(
      elements: parts[3], type: heap.arrayTypes[type], shape: shape,
      order: isFortran ? shape.indices.reversed() : nil)
  }

  /// `_frombuffer(buffer, dtype, shape, order, axis order)`.
  ///
  /// Source: `numpy/_core/numeric.py`.
  func array(buffer arguments: [PickleValue]) throws(FormatError) -> TorchTensor {
    guard arguments.count >= 4, case .arrayType(let type) = arguments[1] else {
      throw fault("an array is made of other things than a buffer, element type, shape and order")
    }
    let shapes =
      if case .integer(let count) = arguments[2], count >= 0 { [count] } else { extents(arguments[2]) }
    guard var shape = shapes else { throw fault("an array has a shape that is no tuple of extents") }
    var order: [Int]?
    if heap.text(of: arguments[3]) == "F" {
      order = shape.indices.reversed()
    } else if arguments.count > 4, let axes = extents(arguments[4]) {
      guard axes.sorted() == Array(shape.indices) else {
        throw fault("the axes of an array are no permutation")
      }
      // Dimension i of the array is dimension axes[i] of the buffer.
      let stored = shape
      shape = axes.map { stored[$0] }
      order = stored.indices.map { axes.firstIndex(of: $0) ?? $0 }
    }
    return try array(elements: arguments[0], type: heap.arrayTypes[type], shape: shape, order: order)
  }

  /// - Parameter order: The dimensions in the order of the elements, that of the longest steps first; row-major where `nil`.
  private func array(
    elements: PickleValue, type: ArrayType, shape: [Int], order: [Int]?
  ) throws(FormatError) -> TorchTensor {
    guard case .read(let elementType) = type.elementType else {
      return .unreadArray("it is an array of NumPy's type \(type.elementType.name); save it as float32")
    }
    let contents: StoredBytes
    switch elements {
    case .bytes(let index): contents = heap.blobs[index].contents
    case .string(let text): contents = StoredBytes(Array(text.utf8))
    default: return .unread("its elements are \(heap.kindText(of: elements)); \(TorchAdvice.saveStateDict)")
    }
    guard let info = TensorInfo(name: "", elementType: elementType, shape: shape),
      info.byteCount == contents.byteCount
    else {
      throw fault(
        "an array of \(shapeText(shape)) \(elementType.rawValue) has \(contents.byteCount) bytes of elements")
    }
    var strides = [Int](repeating: 0, count: shape.count)
    var stride = 1
    for axis in (order ?? Array(shape.indices)).reversed() {
      strides[axis] = stride
      stride *= max(shape[axis], 1)
    }
    let storage = TorchStorage(
      key: "of an array", elementType: type.elementType, elementCount: info.elementCount,
      byteCount: info.byteCount,
      contents: contents)
    return .view(
      TorchView(
        storage: storage, elementType: type.elementType, offset: 0, shape: shape, strides: strides,
        arrayIsBigEndian: type.isBigEndian))
  }
}
