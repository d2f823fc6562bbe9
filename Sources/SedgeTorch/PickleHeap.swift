// The values that one pickle built.

internal import SedgeTensor

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

  // MARK: Making values

  mutating func makeList(_ elements: [PickleValue]) -> PickleValue { .list(add(elements, to: \.sequences)) }

  mutating func makeTuple(_ elements: [PickleValue]) -> PickleValue { .tuple(add(elements, to: \.sequences)) }

  mutating func makeSet(_ elements: [PickleValue]) -> PickleValue { .set(add(elements, to: \.sequences)) }

  mutating func makeDictionary(_ entries: [(key: PickleValue, value: PickleValue)] = []) -> PickleValue {
    .dictionary(add(entries, to: \.dictionaries))
  }

  mutating func makeBytes(_ contents: StoredBytes, isText: Bool = false) -> PickleValue {
    .bytes(add(PickleBlob(contents: contents, isText: isText), to: \.blobs))
  }

  mutating func makeStorage(_ storage: TorchStorage) -> PickleValue { .storage(add(storage, to: \.storages)) }

  mutating func makeTensor(_ tensor: TorchTensor) -> PickleValue { .tensor(add(tensor, to: \.tensors)) }

  mutating func makeArrayType(_ type: ArrayType) -> PickleValue { .arrayType(add(type, to: \.arrayTypes)) }

  mutating func makeObject(_ object: PickleObject) -> PickleValue { .object(add(object, to: \.objects)) }

  /// Adds an element to one of the arrays; its index there.
  private mutating func add<Element>(
    _ element: Element, to array: WritableKeyPath<PickleHeap, [Element]>
  ) -> Int {
    self[keyPath: array].append(element)
    return self[keyPath: array].count - 1
  }

  // MARK: Looking at values

  /// The kind of a value in words, with the class of an object.
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

  /// The named members of a value: the entries of a dictionary or of an object made like one, or the parameters, buffers and
  /// submodules of a module; `nil` for any other.
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
