// A tensor in a pickle: a view of a storage.

internal import SedgeTensor

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

/// A tensor in a pickle.
enum TorchTensor {
  /// A view of a storage; nothing is checked but signs.
  case view(TorchView)
  /// An array of NumPy whose elements are yet to come.
  case array
  /// A tensor of a kind that is not read: what it is, and what to do, as what follows "is in the file, but".
  case unread(String)
  /// The same of an array of NumPy's.
  case unreadArray(String)
}

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
          "a view that makes \(info.elementCount) elements of \(capacity)", advice: PickleReader.advice),
        tensor: name)
    }
    return info
  }

  /// Why the elements are not read, as what follows "is in the file, but"; `nil` where they are.
  var obstacle: String? {
    if storage.isMeta { return TorchTensor.metaReason }
    guard case .unread(let name, _) = elementType else {
      return elementType == .untyped ? "its elements have no type; \(PickleReader.advice)" : nil
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

extension TorchTensor {
  /// Why a tensor of the meta device is not read.
  static let metaReason =
    "it holds no values: was saved from the meta device; save the model after its weights are loaded"

  /// Whether it may be the state of an optimizer or trainer: a single number, or no floating-point numbers.
  var isBookkeeping: Bool {
    guard case .view(let view) = self else { return false }
    guard case .read(let type) = view.elementType else { return false }
    return !type.isFloatingPoint || view.shape.allSatisfy { $0 <= 1 }
  }

  /// Whether it is an array of NumPy's.
  var isArray: Bool {
    switch self {
    case .view(let view): view.arrayIsBigEndian != nil
    case .array, .unreadArray: true
    case .unread: false
    }
  }
}
