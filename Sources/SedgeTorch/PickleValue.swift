// What a pickle builds: data, and nothing that could act.

internal import SedgeTensor

/// One value; what can hold others lies in a ``PickleHeap``.
///
/// Numbers, not references, point into the heap, so that values that hold themselves need no care and nothing is deep.
enum PickleValue {
  case none
  case integer(Int)
  case string(String)
  /// An index into ``PickleHeap/sequences``.
  case list(Int)
  /// An index into ``PickleHeap/sequences``.
  case tuple(Int)
  /// An index into ``PickleHeap/dictionaries``.
  case dictionary(Int)
  /// An index into ``PickleHeap/storages``.
  case storage(Int)
  /// An index into ``PickleHeap/tensors``.
  case tensor(Int)
  /// A function, class or constant that a call may name.
  case global(TorchGlobal)
  /// Something whose contents do not matter: what it is, such as `a number`.
  case inert(String)

  /// What the value is, as people say it.
  var kindText: String {
    switch self {
    case .none: "None"
    case .integer: "an integer"
    case .string: "a text"
    case .list: "a list"
    case .tuple: "a tuple"
    case .dictionary: "a dictionary"
    case .storage: "a storage without a tensor"
    case .tensor: "a tensor"
    case .global: "a type or function"
    case .inert(let what): what
    }
  }
}

/// Everything that one pickle built.
struct PickleHeap {
  var sequences: [[PickleValue]] = []
  /// Keys and values in the order in which they were set.
  var dictionaries: [[(key: PickleValue, value: PickleValue)]] = []
  var storages: [TorchStorage] = []
  var tensors: [TorchTensor] = []
}
