// Globals, calls and the state of objects.

internal import SedgeTensor

extension PickleReader {
  /// A global that two lines name: module and name.
  mutating func globalOfLines() throws(FormatError) -> TorchGlobal {
    let module = try line()
    return TorchGlobal("\(module).\(try line())")
  }

  /// A global that two texts on the stack name: module and name.
  mutating func globalOfStack() throws(FormatError) -> TorchGlobal {
    let name = try pop()
    let module = try pop()
    guard let moduleText = heap.text(of: module), let nameText = heap.text(of: name) else {
      throw fault("a global is named by \(module.kindText) and \(name.kindText), expected texts")
    }
    return TorchGlobal("\(moduleText).\(nameText)")
  }

  /// The object of a code in Python's extension registry.
  func extensionObject(_ code: Int) -> PickleValue { .global(.object("extension code \(code)")) }

  // MARK: Calls

  /// The call of a class that two lines name, of all values above the mark.
  mutating func instance() throws(FormatError) -> PickleValue {
    let global = try globalOfLines()
    return try call(.global(global), try popMark())
  }

  /// The call of the first value, of the others.
  mutating func object(_ values: [PickleValue]) throws(FormatError) -> PickleValue {
    guard let callee = values.first else { throw fault("an object of no class is made") }
    return try call(callee, Array(values.dropFirst()))
  }

  /// Replaces a callee and a tuple of arguments on the stack by the value of the call.
  mutating func reduce() throws(FormatError) {
    let arguments = try pop()
    guard case .tuple(let index) = arguments else {
      throw fault("a call has \(arguments.kindText) of arguments, expected a tuple")
    }
    try push(try call(try pop(), heap.sequences[index]))
  }

  /// As ``reduce()``, with a dictionary of named arguments, which are ignored.
  mutating func reduceWithNames() throws(FormatError) {
    guard case .dictionary = try pop() else {
      throw fault("the named arguments of a call are no dictionary")
    }
    try reduce()
  }

  /// Gives an object its attributes, an array its elements, an element type its byte order.
  mutating func build(with state: PickleValue, _ value: PickleValue) throws(FormatError) {
    switch value {
    case .tensor(let index):
      if case .array = heap.tensors[index] { heap.tensors[index] = try array(state: state) }
    case .arrayType(let index):
      guard let parts = heap.elements(of: state), parts.count > 1 else { return }
      heap.arrayTypes[index].isBigEndian = heap.text(of: parts[1]) == ">"
    case .object(let index):
      // Attributes, or attributes and slots.
      let parts = heap.elements(of: state) ?? [state]
      if case .dictionary(let attributes)? = parts.first { heap.objects[index].attributes = attributes }
    case .dictionary, .set, .inert, .global(.object): break
    default: throw refusal("attributes of \(value.kindText) in its pickle")
    }
  }

  // MARK: Persistent ids

  /// A persistent id in a line, which PyTorch does not write.
  mutating func persistentLine() throws(FormatError) -> PickleValue {
    _ = try line()
    return .inert("an object outside the pickle")
  }

  /// The storage or the class that a persistent id stands for.
  ///
  /// A storage is `("storage", class, key, device, count)`; a class, which files before version 1.6 keep with its source
  /// text, is `("module", class, file, source)`.
  mutating func persistent(_ id: PickleValue) throws(FormatError) -> PickleValue {
    guard case .tuple(let index) = id else { throw fault("a persistent id is \(id.kindText)") }
    let parts = heap.sequences[index]
    if parts.count == 4, heap.text(of: parts[0]) == "module", case .global = parts[1] { return parts[1] }
    return heap.makeStorage(try storage(parts: parts))
  }
}
