// A pickle machine that builds data and calls nothing.

internal import SedgeTensor

/// Reads one pickle, of any protocol from 0 to 5, into a heap of plain values.
///
/// Names are looked up in ``TorchGlobal``, and any other is refused when it is mentioned, before anything is built with
/// it. A call stands for a value of a known kind; no code of the file or of Python is run. What a file may claim is
/// bounded: the bytes of the pickle, the values it makes, and the entries of its memo.
///
/// Source: `Lib/pickletools.py` of Python 3, which describes every opcode.
struct PickleReader {
  /// What was built so far.
  private(set) var heap = PickleHeap()

  private var source: ByteSource
  private var stack: [PickleValue] = []
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]
  private var valueCount = 0

  /// Bytes of the longest pickle that is read.
  static let maximumByteCount = 1 << 25
  /// Values and memo entries that one pickle may make.
  static let maximumValueCount = 1 << 20
  /// The way around everything that is not read.
  static let advice = "save the state dict alone: torch.save(model.state_dict(), PATH)"

  init(_ source: ByteSource) { self.source = source }

  /// Where the next byte is, from the start of the file or of the bytes in memory.
  var position: Int { source.position }

  /// Reads to the end of the pickle; the value that it leaves.
  ///
  /// - Throws: ``FormatError`` (without a path) at the first fault, and at a name that may not be mentioned.
  mutating func read() throws(FormatError) -> PickleValue {
    while true {
      let opcode = try source.byte()
      if opcode == UInt8(ascii: ".") { break }
      try perform(opcode)
    }
    guard stack.count == 1, marks.isEmpty else {
      throw fault("the pickle ends with \(stack.count) values, expected 1")
    }
    return try pop()
  }

  /// A fault at the last byte read.
  func fault(_ what: String) -> FormatError { source.fault(.malformed(what)) }

  /// A refusal at the last byte read.
  func refusal(_ what: String) -> FormatError {
    source.fault(.unsupported(what, advice: Self.advice))
  }

  private mutating func perform(_ opcode: UInt8) throws(FormatError) {
    switch opcode {
    case UInt8(ascii: "("):
      try count()
      marks.append(stack.count)
    case UInt8(ascii: "0"):
      if marks.last == stack.count { marks.removeLast() } else { _ = try pop() }
    case UInt8(ascii: "1"): _ = try popMark()
    case UInt8(ascii: "2"): try push(try top())
    case UInt8(ascii: "N"): try push(.none)
    case 0x88, 0x89: try push(.inert("a Boolean"))
    case 0x80: try checkProtocol()
    case 0x95: try checkFrame()
    case UInt8(ascii: "I"), UInt8(ascii: "J"), UInt8(ascii: "K"), UInt8(ascii: "L"), UInt8(ascii: "M"), 0x8A,
      0x8B, UInt8(ascii: "F"), UInt8(ascii: "G"):
      try push(try number(opcode))
    case UInt8(ascii: "S"), UInt8(ascii: "T"), UInt8(ascii: "U"), UInt8(ascii: "V"), UInt8(ascii: "X"), 0x8C,
      0x8D:
      try push(.string(try text(opcode)))
    case UInt8(ascii: "B"), UInt8(ascii: "C"), 0x8E, 0x96: try skipBytes(opcode)
    case UInt8(ascii: "g"), UInt8(ascii: "h"), UInt8(ascii: "j"), UInt8(ascii: "p"), UInt8(ascii: "q"),
      UInt8(ascii: "r"), 0x94:
      try useMemo(opcode)
    case UInt8(ascii: "]"), UInt8(ascii: "l"), UInt8(ascii: "a"), UInt8(ascii: "e"), UInt8(ascii: ")"),
      UInt8(ascii: "t"), 0x85, 0x86, 0x87:
      try useSequence(opcode)
    case UInt8(ascii: "}"), UInt8(ascii: "d"), UInt8(ascii: "s"), UInt8(ascii: "u"):
      try useDictionary(opcode)
    case 0x8F, 0x90, 0x91: try useSet(opcode)
    default: try performObject(opcode)
    }
  }

  /// The opcodes that mention or make objects.
  private mutating func performObject(_ opcode: UInt8) throws(FormatError) {
    switch opcode {
    case UInt8(ascii: "c"):
      let module = try line()
      let name = try line()
      try push(.global(try global(module, name)))
    case 0x93:
      let name = try pop()
      let module = try pop()
      guard case .string(let module) = module, case .string(let name) = name else {
        throw fault("a global is named by \(module.kindText) and \(name.kindText), expected texts")
      }
      try push(.global(try global(module, name)))
    case UInt8(ascii: "i"):
      let module = try line()
      let name = try line()
      let callee = try global(module, name)
      try push(try call(.global(callee), try popMark()))
    case UInt8(ascii: "o"):
      let values = try popMark()
      guard let callee = values.first else { throw fault("an object of no class is made") }
      try push(try call(callee, Array(values.dropFirst())))
    case UInt8(ascii: "R"), 0x81: try reduce()
    case 0x92:
      guard case .dictionary(let names) = try pop(), heap.dictionaries[names].isEmpty else {
        throw refusal("an object made from named arguments")
      }
      try reduce()
    case UInt8(ascii: "b"): try build()
    case UInt8(ascii: "Q"): try push(.storage(try storage(try pop())))
    case UInt8(ascii: "P"): throw refusal("the persistent id \(try line()) in text")
    case 0x82: throw refusal("the extension code \(try source.integer(UInt8.self)) in its pickle")
    case 0x83: throw refusal("the extension code \(try source.integer(UInt16.self)) in its pickle")
    case 0x84: throw refusal("the extension code \(try source.integer(UInt32.self)) in its pickle")
    case 0x97, 0x98: throw refusal("buffers outside its pickle")
    default: throw fault("the pickle has the opcode \(opcode), which does not exist")
    }
  }

  /// Looks a name up among those that may be mentioned.
  private func global(_ module: String, _ name: String) throws(FormatError) -> TorchGlobal {
    let dotted = "\(module).\(name)"
    guard let global = TorchGlobal(dotted) else { throw refusal("the Python object \(dotted)") }
    return global
  }

  private mutating func reduce() throws(FormatError) {
    let arguments = try pop()
    guard case .tuple(let index) = arguments else {
      throw fault("a call has \(arguments.kindText) of arguments, expected a tuple")
    }
    try push(try call(try pop(), heap.sequences[index]))
  }

  /// Passes over the attributes of an object, such as the versions of a state dict.
  private mutating func build() throws(FormatError) {
    _ = try pop()
    switch try top() {
    case .dictionary, .tensor, .inert: break
    case let other: throw refusal("attributes of \(other.kindText) in its pickle")
    }
  }

  private mutating func checkProtocol() throws(FormatError) {
    let version = Int(try source.byte())
    guard version <= 5 else { throw source.fault(.newerVersion(found: version, supported: 5)) }
  }

  private mutating func checkFrame() throws(FormatError) {
    guard try source.integer(UInt64.self) <= UInt64(source.end - source.position) else {
      throw fault("the pickle is cut short")
    }
  }

  /// Makes a value in the heap.
  mutating func makeTensor(_ tensor: TorchTensor) -> PickleValue {
    heap.tensors.append(tensor)
    return .tensor(heap.tensors.count - 1)
  }

  mutating func makeDictionary(_ entries: [(key: PickleValue, value: PickleValue)] = []) -> PickleValue {
    heap.dictionaries.append(entries)
    return .dictionary(heap.dictionaries.count - 1)
  }

  /// Finds or makes the storage that a persistent id stands for: `("storage", class, key, device, count)`.
  private mutating func storage(_ id: PickleValue) throws(FormatError) -> Int {
    guard case .tuple(let index) = id else { throw fault("a persistent id is \(id.kindText)") }
    heap.storages.append(try storage(parts: heap.sequences[index]))
    return heap.storages.count - 1
  }
}

// The stack and the memo.
extension PickleReader {
  private mutating func count() throws(FormatError) {
    valueCount += 1
    guard valueCount <= Self.maximumValueCount else {
      throw refusal("a pickle of more than \(Self.maximumValueCount) values")
    }
  }

  private mutating func push(_ value: PickleValue) throws(FormatError) {
    try count()
    stack.append(value)
  }

  private func top() throws(FormatError) -> PickleValue {
    guard let value = stack.last, stack.count > (marks.last ?? 0) else {
      throw fault("the pickle takes a value from an empty stack")
    }
    return value
  }

  private mutating func pop() throws(FormatError) -> PickleValue {
    let value = try top()
    stack.removeLast()
    return value
  }

  /// Takes all values above the last mark, and the mark.
  private mutating func popMark() throws(FormatError) -> [PickleValue] {
    guard let mark = marks.popLast() else {
      throw fault("the pickle takes values from a mark that is not set")
    }
    let values = Array(stack[mark...])
    stack.removeSubrange(mark...)
    return values
  }

  private mutating func useMemo(_ opcode: UInt8) throws(FormatError) {
    let index: Int
    switch opcode {
    case UInt8(ascii: "g"), UInt8(ascii: "p"):
      guard let number = Int(try line()), number >= 0 else { throw fault("a memo index is no number") }
      index = number
    case UInt8(ascii: "h"), UInt8(ascii: "q"): index = Int(try source.byte())
    case UInt8(ascii: "j"), UInt8(ascii: "r"): index = Int(try source.integer(UInt32.self))
    default: index = memo.count
    }
    if [UInt8(ascii: "g"), UInt8(ascii: "h"), UInt8(ascii: "j")].contains(opcode) {
      guard let value = memo[index] else { throw fault("the memo has no value \(index)") }
      return try push(value)
    }
    memo[index] = try top()
    guard memo.count <= Self.maximumValueCount else {
      throw refusal("a pickle of more than \(Self.maximumValueCount) memo entries")
    }
  }
}

// Values.
extension PickleReader {
  private mutating func line() throws(FormatError) -> String {
    guard let line = String(validating: try source.line(), as: UTF8.self) else {
      throw fault("a line of the pickle is not UTF-8")
    }
    return line
  }

  private mutating func number(_ opcode: UInt8) throws(FormatError) -> PickleValue {
    switch opcode {
    case UInt8(ascii: "J"): return .integer(Int(try source.integer(Int32.self)))
    case UInt8(ascii: "K"): return .integer(Int(try source.byte()))
    case UInt8(ascii: "M"): return .integer(Int(try source.integer(UInt16.self)))
    case 0x8A: return try longInteger(byteCount: Int(try source.byte()))
    case 0x8B:
      let byteCount = Int(try source.integer(Int32.self))
      guard byteCount >= 0 else { throw fault("an integer has \(byteCount) bytes") }
      return try longInteger(byteCount: byteCount)
    case UInt8(ascii: "I"), UInt8(ascii: "L"):
      var digits = try line()
      if opcode == UInt8(ascii: "L"), digits.hasSuffix("L") { digits.removeLast() }
      if digits == "00" || digits == "01" { return .inert("a Boolean") }
      return Int(digits).map(PickleValue.integer) ?? .inert("a long integer")
    case UInt8(ascii: "F"): _ = try line()
    default: _ = try source.bytes(8)
    }
    return .inert("a number")
  }

  private mutating func longInteger(byteCount: Int) throws(FormatError) -> PickleValue {
    let bytes = try source.bytes(byteCount)
    guard byteCount <= 8 else { return .inert("a long integer") }
    let isNegative = bytes.last.map { $0 >= 0x80 } ?? false
    return .integer(bytes.reversed().reduce(isNegative ? -1 : 0) { $0 << 8 | Int($1) })
  }

  /// A count in front of bytes, of the width that the opcode has.
  private mutating func byteCount(_ opcode: UInt8) throws(FormatError) -> Int {
    switch opcode {
    case UInt8(ascii: "U"), UInt8(ascii: "C"), 0x8C: return Int(try source.byte())
    case UInt8(ascii: "T"), UInt8(ascii: "X"), UInt8(ascii: "B"): return Int(try source.integer(UInt32.self))
    default:
      guard let count = Int(exactly: try source.integer(UInt64.self)) else {
        throw fault("the pickle is cut short")
      }
      return count
    }
  }

  private mutating func text(_ opcode: UInt8) throws(FormatError) -> String {
    if opcode == UInt8(ascii: "V") {
      let text = try line()
      return try unescaped(text)
    }
    if opcode == UInt8(ascii: "S") {
      let quoted = try line()
      guard let quote = quoted.first, quote == "'" || quote == "\"", quoted.count >= 2, quoted.last == quote
      else { throw fault("a text has no quotes around it") }
      return try unescaped(String(quoted.dropFirst().dropLast()))
    }
    let count = try byteCount(opcode)
    guard let text = String(validating: try source.bytes(count), as: UTF8.self) else {
      throw fault("a text is not UTF-8")
    }
    return text
  }

  /// Texts of protocol 0; PyTorch writes none, so that those with escapes are refused.
  private func unescaped(_ text: String) throws(FormatError) -> String {
    guard !text.contains("\\") else { throw refusal("a text with escapes in its pickle") }
    return text
  }

  private mutating func skipBytes(_ opcode: UInt8) throws(FormatError) {
    let count = try byteCount(opcode)
    _ = try source.bytes(count)
    try push(.inert("bytes"))
  }

  private mutating func pushSequence(
    _ values: [PickleValue], _ kind: (Int) -> PickleValue
  ) throws(FormatError) {
    heap.sequences.append(values)
    try push(kind(heap.sequences.count - 1))
  }

  private mutating func useSequence(_ opcode: UInt8) throws(FormatError) {
    switch opcode {
    case UInt8(ascii: "]"): try pushSequence([], PickleValue.list)
    case UInt8(ascii: "l"): try pushSequence(try popMark(), PickleValue.list)
    case UInt8(ascii: "a"):
      let value = try pop()
      try append([value])
    case UInt8(ascii: "e"):
      let values = try popMark()
      try append(values)
    case UInt8(ascii: ")"): try pushSequence([], PickleValue.tuple)
    case UInt8(ascii: "t"): try pushSequence(try popMark(), PickleValue.tuple)
    default:
      var values: [PickleValue] = []
      for _ in 0..<opcode - 0x84 { values.append(try pop()) }
      try pushSequence(values.reversed(), PickleValue.tuple)
    }
  }

  private mutating func append(_ values: [PickleValue]) throws(FormatError) {
    switch try top() {
    case .list(let index): heap.sequences[index].append(contentsOf: values)
    case .inert: break
    case let other: throw fault("values are appended to \(other.kindText)")
    }
  }

  private mutating func useDictionary(_ opcode: UInt8) throws(FormatError) {
    switch opcode {
    case UInt8(ascii: "}"): try push(makeDictionary())
    case UInt8(ascii: "d"):
      let values = try popMark()
      try push(makeDictionary(try pairs(values)))
    case UInt8(ascii: "s"):
      let value = try pop()
      let key = try pop()
      try set([(key, value)])
    default:
      let values = try popMark()
      try set(try pairs(values))
    }
  }

  private func pairs(
    _ values: [PickleValue]
  ) throws(FormatError) -> [(key: PickleValue, value: PickleValue)] {
    guard values.count.isMultiple(of: 2) else { throw fault("a dictionary has a key without a value") }
    return stride(from: 0, to: values.count, by: 2).map { (values[$0], values[$0 + 1]) }
  }

  private mutating func set(_ entries: [(key: PickleValue, value: PickleValue)]) throws(FormatError) {
    switch try top() {
    case .dictionary(let index): heap.dictionaries[index].append(contentsOf: entries)
    case .inert: break
    case let other: throw fault("keys are set in \(other.kindText)")
    }
  }

  private mutating func useSet(_ opcode: UInt8) throws(FormatError) {
    if opcode != 0x8F { _ = try popMark() }
    if opcode != 0x90 { try push(.inert("a set")) }
  }
}
