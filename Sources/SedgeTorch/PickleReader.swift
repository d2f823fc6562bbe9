// A pickle machine that builds data and calls nothing.

internal import SedgeTensor

/// Reads one pickle, of any protocol from 0 to 5, into a heap of plain values.
///
/// Names are looked up in ``TorchGlobal``. A call of one that is known stands for a value of a known kind, and of any other
/// for an object that has nothing but its name and the data that is put into it; no code of the file or of Python is run.
/// What a file may claim is bounded: the opcodes, the bytes of texts, the values, and the entries of the memo.
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
  private var stepCount = 0
  /// Where bytes within the pickle are read from.
  let file: InputFile
  /// Whether the pickle may hold files of the older form.
  let mayHoldFiles: Bool

  /// Opcodes and bytes of texts in the longest pickle that is read; bytes of the longest that is inflated.
  static let maximumByteCount = 1 << 25
  /// Bytes of the longest text that may be a name.
  private static let maximumNameByteCount = 1 << 12
  /// Values and memo entries that one pickle may make.
  static let maximumValueCount = 1 << 20
  /// The way around everything that is not read.
  static let advice = "save the state dict alone: torch.save(model.state_dict(), PATH)"

  init(_ source: ByteSource, in file: InputFile, mayHoldFiles: Bool = true) {
    self.source = source
    self.file = file
    self.mayHoldFiles = mayHoldFiles
  }

  /// Where the next byte is, from the start of the file or of the bytes in memory.
  var position: Int { source.position }

  /// Reads to the end of the pickle; the value that it leaves.
  ///
  /// - Throws: ``FormatError`` (without a path) at the first fault, and where the bounds are reached.
  mutating func read() throws(FormatError) -> PickleValue {
    while true {
      let opcode = try source.byte()
      try spend(1)
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
    case 0x88, 0x89: try push(.boolean(opcode == 0x88))
    case 0x80: try checkProtocol()
    case 0x95: try checkFrame()
    case UInt8(ascii: "I"), UInt8(ascii: "J"), UInt8(ascii: "K"), UInt8(ascii: "L"), UInt8(ascii: "M"), 0x8A,
      0x8B, UInt8(ascii: "F"), UInt8(ascii: "G"):
      try push(try number(opcode))
    case UInt8(ascii: "S"), UInt8(ascii: "T"), UInt8(ascii: "U"), UInt8(ascii: "V"), UInt8(ascii: "X"), 0x8C,
      0x8D:
      try push(try text(opcode))
    case UInt8(ascii: "B"), UInt8(ascii: "C"), 0x8E, 0x96:
      let count = try byteCount(opcode)
      try push(makeBytes(try source.skip(count)))
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
      try push(.global(TorchGlobal("\(module).\(name)")))
    case 0x93:
      let name = try pop()
      let module = try pop()
      guard let moduleText = heap.text(of: module), let nameText = heap.text(of: name) else {
        throw fault("a global is named by \(module.kindText) and \(name.kindText), expected texts")
      }
      try push(.global(TorchGlobal("\(moduleText).\(nameText)")))
    case UInt8(ascii: "i"):
      let module = try line()
      let name = try line()
      try push(try call(.global(TorchGlobal("\(module).\(name)")), try popMark()))
    case UInt8(ascii: "o"):
      let values = try popMark()
      guard let callee = values.first else { throw fault("an object of no class is made") }
      try push(try call(callee, Array(values.dropFirst())))
    case UInt8(ascii: "R"), 0x81: try reduce()
    case 0x92:
      guard case .dictionary = try pop() else {
        throw fault("the named arguments of a call are no dictionary")
      }
      try reduce()
    case UInt8(ascii: "b"): try build()
    case UInt8(ascii: "Q"): try push(try persistent(try pop()))
    case UInt8(ascii: "P"):
      _ = try line()
      try push(.inert("an object outside the pickle"))
    case 0x82: try push(extensionObject(Int(try source.integer(UInt8.self))))
    case 0x83: try push(extensionObject(Int(try source.integer(UInt16.self))))
    case 0x84: try push(extensionObject(Int(try source.integer(UInt32.self))))
    case 0x97: try push(.inert("a buffer outside the pickle"))
    case 0x98: _ = try top()
    default: throw fault("the pickle has the opcode \(opcode), which does not exist")
    }
  }

  /// What a number of Python's extension registry stands for.
  private func extensionObject(_ code: Int) -> PickleValue { .global(.object("extension code \(code)")) }

  private mutating func reduce() throws(FormatError) {
    let arguments = try pop()
    guard case .tuple(let index) = arguments else {
      throw fault("a call has \(arguments.kindText) of arguments, expected a tuple")
    }
    try push(try call(try pop(), heap.sequences[index]))
  }

  /// Gives an object its attributes, an array its elements, an element type its byte order.
  private mutating func build() throws(FormatError) {
    let state = try pop()
    let value = try top()
    switch value {
    case .tensor(let index):
      if case .array = heap.tensors[index] { heap.tensors[index] = try array(state: state) }
    case .arrayType(let index):
      guard let parts = heap.elements(of: state), parts.count > 1 else { return }
      heap.arrayTypes[index].isBigEndian = heap.text(of: parts[1]) == ">"
    case .object(let index):
      // Attributes, or those and what is in slots.
      let parts = heap.elements(of: state) ?? [state]
      if case .dictionary(let attributes)? = parts.first { heap.objects[index].attributes = attributes }
    case .dictionary, .set, .inert, .global(.object): break
    default: throw refusal("attributes of \(value.kindText) in its pickle")
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

  mutating func makeBytes(_ contents: StoredBytes, isText: Bool = false) -> PickleValue {
    heap.blobs.append(PickleBlob(contents: contents, isText: isText))
    return .bytes(heap.blobs.count - 1)
  }

  mutating func makeStorage(_ storage: TorchStorage) -> PickleValue {
    heap.storages.append(storage)
    return .storage(heap.storages.count - 1)
  }

  mutating func makeArrayType(_ type: ArrayType) -> PickleValue {
    heap.arrayTypes.append(type)
    return .arrayType(heap.arrayTypes.count - 1)
  }

  mutating func makeSet(_ elements: [PickleValue]) -> PickleValue {
    heap.sequences.append(elements)
    return .set(heap.sequences.count - 1)
  }

  mutating func makeObject(_ object: PickleObject) -> PickleValue {
    heap.objects.append(object)
    return .object(heap.objects.count - 1)
  }

  /// The storage that a persistent id stands for, `("storage", class, key, device, count)`, or the class of a module, which files
  /// of before version 1.6 keep with its source text: `("module", class, file, source)`.
  private mutating func persistent(_ id: PickleValue) throws(FormatError) -> PickleValue {
    guard case .tuple(let index) = id else { throw fault("a persistent id is \(id.kindText)") }
    let parts = heap.sequences[index]
    if parts.count == 4, heap.text(of: parts[0]) == "module", case .global = parts[1] { return parts[1] }
    return makeStorage(try storage(parts: heap.sequences[index]))
  }
}

// The stack and the memo.
extension PickleReader {
  /// Counts opcodes and bytes of texts.
  mutating func spend(_ steps: Int) throws(FormatError) {
    stepCount += steps
    guard stepCount <= Self.maximumByteCount else {
      throw refusal("a pickle of more than \(Self.maximumByteCount) opcodes and bytes of texts")
    }
  }

  /// Counts values.
  mutating func count(_ values: Int = 1) throws(FormatError) {
    valueCount += values
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
  /// A line, which is Latin-1 where it is not UTF-8.
  private mutating func line() throws(FormatError) -> String {
    let line = try source.line()
    try spend(line.count)
    return String(validating: line, as: UTF8.self) ?? String(latin1: line)
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
      if digits == "00" || digits == "01" { return .boolean(digits == "01") }
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

  /// A text; one that is too long for a name stays in the file.
  private mutating func text(_ opcode: UInt8) throws(FormatError) -> PickleValue {
    switch opcode {
    case UInt8(ascii: "V"):
      let line = try source.line()
      try spend(line.count)
      return .string(unescapedUnicode(line))
    case UInt8(ascii: "S"):
      let quoted = try source.line()
      try spend(quoted.count)
      guard let quote = quoted.first, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\""),
        quoted.count >= 2, quoted.last == quote
      else { throw fault("a text has no quotes around it") }
      return byteString(unescapedBytes(quoted[1..<quoted.count - 1]))
    default: break
    }
    let count = try byteCount(opcode)
    let isByteString = opcode == UInt8(ascii: "T") || opcode == UInt8(ascii: "U")
    guard count <= Self.maximumNameByteCount else {
      if isByteString { return makeBytes(try source.skip(count), isText: true) }
      guard let contents = try source.skipText(count) else { return .inert("a text") }
      return makeBytes(contents, isText: true)
    }
    try spend(count)
    let bytes = try source.bytes(count)
    if isByteString { return byteString(Array(bytes)) }
    // Python 3 writes halves of surrogate pairs as if they were characters.
    return .string(String(validating: bytes, as: UTF8.self) ?? String(decoding: bytes, as: UTF8.self))
  }

  /// A text of Python 2, which is bytes.
  private mutating func byteString(_ bytes: [UInt8]) -> PickleValue {
    guard bytes.allSatisfy({ $0 < 0x80 }) else { return makeBytes(StoredBytes(bytes), isText: true) }
    return .string(String(decoding: bytes, as: UTF8.self))
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
    case .object, .inert: break
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
    case .object(let object):
      if let items = heap.objects[object].items {
        heap.dictionaries[items].append(contentsOf: entries)
      } else {
        heap.dictionaries.append(entries)
        heap.objects[object].items = heap.dictionaries.count - 1
      }
    case .inert: break
    case let other: throw fault("keys are set in \(other.kindText)")
    }
  }

  private mutating func useSet(_ opcode: UInt8) throws(FormatError) {
    guard opcode == 0x90 else { return try push(makeSet(opcode == 0x8F ? [] : try popMark())) }
    let values = try popMark()
    switch try top() {
    case .set(let index): heap.sequences[index].append(contentsOf: values)
    case .object, .inert: break
    case let other: throw fault("values are added to \(other.kindText)")
    }
  }
}
