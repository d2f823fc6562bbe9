// What a pickle says of a tensor: which storage it looks at, and how.

internal import SedgeTensor

/// Elements of one type, one after the other, whose bytes are outside the pickle.
struct TorchStorage {
  /// The name of the record, or the number in an older file.
  let key: String
  let elementType: TorchElementType
  /// In elements; in bytes where the type is unknown.
  let elementCount: Int
  /// Bytes of all elements.
  let byteCount: Int
}

/// A tensor in a pickle.
enum TorchTensor {
  /// A view of a storage; nothing is checked but signs.
  case view(TorchView)
  /// A tensor of a kind that is not read, and why.
  case unread(FormatError.Kind)
}

/// Which elements of a storage make up a tensor.
struct TorchView {
  var storage: TorchStorage
  var elementType: TorchElementType
  /// The first element, counted in elements.
  var offset: Int
  var shape: [Int]
  /// How many elements apart neighbours are, for every dimension.
  var strides: [Int]

  /// A tensor that holds an element of its storage several times may take this many bytes.
  static let maximumExpandedByteCount = 1 << 24

  /// Holds the view against its storage.
  ///
  /// - Throws: ``FormatError`` where the element type is not read, the view reaches outside its storage, or repeats its
  ///   elements beyond all use.
  func checked(name: String) throws(FormatError) -> TensorInfo {
    guard case .read(let elementType) = elementType else {
      throw FormatError(.unsupportedElementType(self.elementType.name), tensor: name)
    }
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
          "a view that makes \(info.elementCount) elements of \(capacity)", advice: PickleReader.advice),
        tensor: name)
    }
    return info
  }

  /// The element behind the last one; `nil` where that is beyond all numbers.
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
