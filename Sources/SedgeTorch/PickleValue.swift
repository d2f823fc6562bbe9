// One value that a pickle builds.

internal import SedgeTensor

/// A value; containers are indices into a ``PickleHeap``.
///
/// Indices in place of references keep values that contain themselves, and deep nesting, harmless.
enum PickleValue {
  case none
  case boolean(Bool)
  case integer(Int)
  case string(String)
  /// Bytes, or a text too long to be a name: an index into ``PickleHeap/blobs``.
  case bytes(Int)
  /// An index into ``PickleHeap/sequences``.
  case list(Int)
  /// An index into ``PickleHeap/sequences``.
  case tuple(Int)
  /// An index into ``PickleHeap/sequences``.
  case set(Int)
  /// An index into ``PickleHeap/dictionaries``.
  case dictionary(Int)
  /// An index into ``PickleHeap/storages``.
  case storage(Int)
  /// An index into ``PickleHeap/tensors``.
  case tensor(Int)
  /// The element type of NumPy's arrays: an index into ``PickleHeap/arrayTypes``.
  case arrayType(Int)
  /// A function, class or constant that a call may name.
  case global(TorchGlobal)
  /// The result of an unknown class or function: an index into ``PickleHeap/objects``.
  case object(Int)
  /// A value whose contents do not matter; its kind, such as `a number`.
  case inert(String)

  /// The kind of the value in words.
  var kindText: String {
    switch self {
    case .none: "None"
    case .boolean: "a Boolean"
    case .integer: "an integer"
    case .string: "a text"
    case .bytes: "bytes"
    case .list: "a list"
    case .tuple: "a tuple"
    case .set: "a set"
    case .dictionary: "a dictionary"
    case .storage: "a storage without a tensor"
    case .tensor: "a tensor"
    case .arrayType: "an element type"
    case .global(.object(let name)): "the Python object \(name)"
    case .global: "a type or function"
    case .object: "an object"
    case .inert(let what): what
    }
  }
}
