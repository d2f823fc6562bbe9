// A view of a storage.

internal import SedgeTensor

/// The elements of a storage that are a tensor.
struct TorchView {
  var storage: TorchStorage
  var elementType: TorchElementType
  /// The first element, counted in elements.
  var offset: Int
  var shape: [Int]
  /// The distance of neighbours in elements, for every dimension.
  var strides: [Int]
  /// Whether the elements are an array of NumPy's, in which order of bytes; `nil` for PyTorch's own.
  var arrayIsBigEndian: Bool?

  /// A tensor that holds an element of its storage several times may take this many bytes.
  static let maximumExpandedByteCount = 1 << 24

  /// Checks the view against its storage.
  ///
  /// - Throws: ``FormatError`` where the view reaches outside its storage, or repeats its elements beyond all use.
  func checked(name: String, elementType: ElementType) throws(FormatError) -> TensorInfo {
    guard let info = TensorInfo(name: name, elementType: elementType, shape: shape) else {
      throw FormatError(
        .malformed("\(shapeText(shape)) elements are more than memory can have"), tensor: name)
    }
    let capacity = storage.byteCount / elementType.byteCount
    guard let end, end <= capacity else {
      throw FormatError(
        .malformed(
          "\(shapeText(shape)) elements with strides \(strides) from \(offset) on reach outside the storage "
            + "\(storage.key) of \(capacity)"),
        tensor: name)
    }
    guard info.elementCount <= capacity || info.byteCount <= Self.maximumExpandedByteCount else {
      throw FormatError(
        .unsupported(
          "a view that makes \(info.elementCount) elements of \(capacity)", advice: TorchAdvice.saveStateDict),
        tensor: name)
    }
    return info
  }

  /// Why the elements are not read, as what follows "is in the file, but"; `nil` where they are.
  var obstacle: String? {
    if storage.isMeta { return TorchTensor.metaReason }
    guard case .unread(let name, _) = elementType else {
      return elementType == .untyped ? "its elements have no type; \(TorchAdvice.saveStateDict)" : nil
    }
    return name.hasPrefix("complex")
      ? "it is complex (\(name)); save its real part: tensor.real"
      : "its elements are of type \(name); save them as float32: tensor.float()"
  }

  /// The index after the last element; `nil` where it does not fit an `Int`.
  private var end: Int? {
    if shape.contains(0) { return offset }
    var last = offset
    for (extent, stride) in zip(shape, strides) {
      let (distance, overflow) = (extent - 1).multipliedReportingOverflow(by: stride)
      let (sum, sumOverflow) = last.addingReportingOverflow(distance)
      if overflow || sumOverflow { return nil }
      last = sum
    }
    return last == .max ? nil : last + 1
  }
}
