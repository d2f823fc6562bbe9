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

/// An object of a class that is not known, as data.
struct PickleObject {
  /// The dotted name of what would make it.
  var name: String
  /// What was put into it by key: an index into ``PickleHeap/dictionaries``.
  var items: Int?
  /// Its attributes: an index into ``PickleHeap/dictionaries``.
  var attributes: Int?
}

/// Bytes in the pickle.
struct PickleBlob {
  var contents: StoredBytes
  /// Whether they are those of a text.
  var isText = false
}

/// Everything that one pickle built.
struct PickleHeap {
  var sequences: [[PickleValue]] = []
  /// Keys and values in the order in which they were set.
  var dictionaries: [[(key: PickleValue, value: PickleValue)]] = []
  var blobs: [PickleBlob] = []
  var storages: [TorchStorage] = []
  var tensors: [TorchTensor] = []
  var arrayTypes: [ArrayType] = []
  var objects: [PickleObject] = []

  /// What a value is, as people say it, with the class of an object.
  func kindText(of value: PickleValue) -> String {
    switch value {
    case .object(let index): "an object of \(objects[index].name)"
    case .bytes(let index) where blobs[index].isText: "a text"
    case .tensor(let index): tensors[index].isArray ? "a NumPy array" : "a tensor"
    default: value.kindText
    }
  }

  /// A value as a name: a text, or bytes as Python 2 has them, which are Latin-1 where they are not UTF-8.
  func text(of value: PickleValue) -> String? {
    switch value {
    case .string(let text): text
    case .bytes(let index):
      blobs[index].contents.memory.map { bytes in
        String(validating: bytes, as: UTF8.self) ?? String(latin1: bytes)
      }
    default: nil
    }
  }

  /// The last value that was set under a key.
  func value(_ key: String, in dictionary: Int) -> PickleValue? {
    dictionaries[dictionary].last { if case .string(key) = $0.key { true } else { false } }?.value
  }

  /// The elements of a list, tuple or set.
  func elements(of value: PickleValue) -> [PickleValue]? {
    switch value {
    case .list(let index), .tuple(let index), .set(let index): sequences[index]
    default: nil
    }
  }

  /// What a value holds by name: the entries of a dictionary or of an object made like one, or the parameters, buffers and
  /// parts of a module; `nil` for any other.
  func members(of value: PickleValue) -> [(key: PickleValue, value: PickleValue)]? {
    switch value {
    case .dictionary(let index): return dictionaries[index]
    case .object(let index):
      if let items = objects[index].items { return dictionaries[items] }
      return moduleMembers(of: value)
    default: return nil
    }
  }

  /// The parameters, the buffers that a state dict has, and the parts of a `torch.nn.Module`; `nil` for any other value.
  func moduleMembers(of value: PickleValue) -> [(key: PickleValue, value: PickleValue)]? {
    guard case .object(let index) = value, let attributes = objects[index].attributes else { return nil }
    let parts = ["_parameters", "_buffers", "_modules"].map {
      members(of: self.value($0, in: attributes) ?? .none)
    }
    guard let parameters = parts[0], let buffers = parts[1], let modules = parts[2] else { return nil }
    let transient = Set(
      (self.value("_non_persistent_buffers_set", in: attributes).flatMap(elements) ?? []).compactMap(text))
    return
      (parameters + buffers.filter { text(of: $0.key).map { !transient.contains($0) } ?? true } + modules)
      .filter { if case .none = $0.value { false } else { true } }
  }
}

extension String {
  /// The text of which each byte is one character.
  init(latin1 bytes: some Sequence<UInt8>) {
    self.init(String.UnicodeScalarView(bytes.lazy.map { Unicode.Scalar($0) }))
  }

  /// One byte a character; `nil` where a character is beyond 255.
  var latin1: [UInt8]? {
    var bytes: [UInt8] = []
    for scalar in unicodeScalars {
      guard let byte = UInt8(exactly: scalar.value) else { return nil }
      bytes.append(byte)
    }
    return bytes
  }
}
