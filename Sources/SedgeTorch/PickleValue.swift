// What a pickle builds: data, and nothing that could act.

internal import SedgeTensor

/// One value; what can hold others lies in a ``PickleHeap``.
///
/// Numbers, not references, point into the heap, so that values that hold themselves need no care and nothing is deep.
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
  /// What a class or function that is not known would make: an index into ``PickleHeap/objects``.
  case object(Int)
  /// Something whose contents do not matter: what it is, such as `a number`.
  case inert(String)

  /// What the value is, as people say it.
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
