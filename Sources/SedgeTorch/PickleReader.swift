// The stack machine of pickles, which builds data and calls nothing.

internal import SedgeTensor

/// Reads one pickle of any protocol from 0 to 5 into a heap of plain values.
///
/// Names are looked up in ``TorchGlobal``. A call of a known name stands for a value of a known kind, and a call of any
/// other for an object that has nothing but its name and the data that is put into it; no code of the file or of Python
/// is run. Opcodes, bytes of text, values and memo entries are bounded.
///
/// Source: `Lib/pickletools.py` of Python 3, which describes every opcode.
struct PickleReader {
  /// The values that were built so far.
  var heap = PickleHeap()

  var source: ByteCursor
  private let stack = PickleStack()
  private var memo: [Int: PickleValue] = [:]
  private var valueCount = 0
  private var stepCount = 0
  /// The file that bytes within the pickle are read from.
  let file: InputFile
  /// Whether the pickle may hold files of the older form.
  let mayHoldFiles: Bool

  init(_ source: ByteCursor, in file: InputFile, mayHoldFiles: Bool = true) {
    self.source = source
    self.file = file
    self.mayHoldFiles = mayHoldFiles
  }

  /// Offset of the next byte, from the start of the file or of the bytes in memory.
  var position: Int { source.byteOffset }

  /// Reads to the end of the pickle.
  ///
  /// - Returns: The one value that is left on the stack.
  /// - Throws: ``FormatError`` (without a path) at the first fault, and where the bounds are reached.
  mutating func read() throws(FormatError) -> PickleValue {
    while true {
      let byte = try source.byte()
      try spend(1)
      guard let opcode = PickleOpcode(rawValue: byte) else {
        throw fault("the pickle has the opcode \(byte), which does not exist")
      }
      if opcode == .stop { break }
      try perform(opcode)
    }
    guard stack.values.count == 1, stack.marks.isEmpty else {
      throw fault("the pickle ends with \(stack.values.count) values, expected 1")
    }
    return try pop()
  }

  private mutating func perform(_ opcode: PickleOpcode) throws(FormatError) {
    switch opcode {
    case .proto: try checkProtocol()
    case .frame: try checkFrame()
    case .stop: break

    case .mark: try setMark()
    case .pop: try drop()
    case .popMark: _ = try popMark()
    case .dup: try push(try top())

    case .get: try pushMemo(try decimalIndex())
    case .binGet: try pushMemo(Int(try source.byte()))
    case .longBinGet: try pushMemo(Int(try source.integer(UInt32.self)))
    case .put: try memoize(try decimalIndex())
    case .binPut: try memoize(Int(try source.byte()))
    case .longBinPut: try memoize(Int(try source.integer(UInt32.self)))
    case .memoize: try memoize(memo.count)

    case .none: try push(.none)
    case .newTrue: try push(.boolean(true))
    case .newFalse: try push(.boolean(false))
    case .int, .long: try push(try decimalInteger())
    case .binInt: try push(.integer(Int(try source.integer(Int32.self))))
    case .binInt1: try push(.integer(Int(try source.byte())))
    case .binInt2: try push(.integer(Int(try source.integer(UInt16.self))))
    case .long1: try push(try longInteger(byteCount: Int(try source.byte())))
    case .long4: try push(try longInteger(byteCount: Int(try source.integer(Int32.self))))
    case .float: try push(try decimalFloat())
    case .binFloat: try push(try binaryFloat())

    case .string: try push(try quotedString())
    case .binString: try push(try byteString(byteCount: Int(try source.integer(UInt32.self))))
    case .shortBinString: try push(try byteString(byteCount: Int(try source.byte())))
    case .unicode: try push(try unicodeLine())
    case .binUnicode: try push(try text(byteCount: Int(try source.integer(UInt32.self))))
    case .shortBinUnicode: try push(try text(byteCount: Int(try source.byte())))
    case .binUnicode8: try push(try text(byteCount: try longByteCount()))
    case .binBytes: try push(try bytes(byteCount: Int(try source.integer(UInt32.self))))
    case .shortBinBytes: try push(try bytes(byteCount: Int(try source.byte())))
    case .binBytes8, .byteArray8: try push(try bytes(byteCount: try longByteCount()))
    case .nextBuffer: try push(.inert("a buffer outside the pickle"))
    case .readOnlyBuffer: _ = try top()

    case .emptyList: try push(heap.makeList([]))
    case .list: try push(heap.makeList(try popMark()))
    case .append: try append([try pop()])
    case .appends: try append(try popMark())
    case .emptyTuple: try push(heap.makeTuple([]))
    case .tuple: try push(heap.makeTuple(try popMark()))
    case .tuple1: try push(heap.makeTuple(try pop(1)))
    case .tuple2: try push(heap.makeTuple(try pop(2)))
    case .tuple3: try push(heap.makeTuple(try pop(3)))

    case .emptyDict: try push(heap.makeDictionary())
    case .dict: try push(heap.makeDictionary(try pairs(try popMark())))
    case .setItem: try setItems(try pairs(try pop(2)))
    case .setItems: try setItems(try pairs(try popMark()))
    case .emptySet: try push(heap.makeSet([]))
    case .frozenSet: try push(heap.makeSet(try popMark()))
    case .addItems: try addItems(try popMark())

    case .global: try push(.global(try globalOfLines()))
    case .stackGlobal: try push(.global(try globalOfStack()))
    case .inst: try push(try instance())
    case .obj: try push(try object(try popMark()))
    case .reduce, .newObj: try reduce()
    case .newObjEx: try reduceWithNames()
    case .build: try build(with: try pop(), try top())
    case .persID: try push(try persistentLine())
    case .binPersID: try push(try persistent(try pop()))
    case .ext1: try push(extensionObject(Int(try source.byte())))
    case .ext2: try push(extensionObject(Int(try source.integer(UInt16.self))))
    case .ext4: try push(extensionObject(Int(try source.integer(UInt32.self))))
    }
  }

  private mutating func checkProtocol() throws(FormatError) {
    let version = Int(try source.byte())
    guard version <= 5 else { throw source.fault(.newerVersion(found: version, supported: 5), back: 1) }
  }

  private mutating func checkFrame() throws(FormatError) {
    guard try source.integer(UInt64.self) <= UInt64(source.remaining) else {
      throw fault("the pickle is cut short")
    }
  }

  // MARK: Errors and bounds

  /// An error at the last byte read.
  func fault(_ what: String) -> FormatError { source.fault(.malformed(what), back: 1) }

  /// A refusal at the last byte read.
  func refusal(_ what: String) -> FormatError {
    source.fault(.unsupported(what, advice: TorchAdvice.saveStateDict), back: 1)
  }

  /// Counts opcodes and bytes of text.
  mutating func spend(_ steps: Int) throws(FormatError) {
    stepCount += steps
    guard stepCount <= PickleLimits.byteCount else {
      throw refusal("a pickle of more than \(PickleLimits.byteCount) opcodes and bytes of texts")
    }
  }

  /// Counts values.
  mutating func count(_ values: Int = 1) throws(FormatError) {
    valueCount += values
    guard valueCount <= PickleLimits.valueCount else {
      throw refusal("a pickle of more than \(PickleLimits.valueCount) values")
    }
  }

  // MARK: Stack

  mutating func push(_ value: PickleValue) throws(FormatError) {
    try count()
    stack.values.append(value)
  }

  func top() throws(FormatError) -> PickleValue {
    guard let value = stack.top else { throw emptyStack }
    return value
  }

  mutating func pop() throws(FormatError) -> PickleValue {
    guard let value = stack.pop() else { throw emptyStack }
    return value
  }

  private var emptyStack: FormatError { fault("the pickle takes a value from an empty stack") }

  /// Takes the last `count` values, in the order in which they were pushed.
  private mutating func pop(_ count: Int) throws(FormatError) -> [PickleValue] {
    var values: [PickleValue] = []
    for _ in 0..<count { values.append(try pop()) }
    return values.reversed()
  }

  private mutating func setMark() throws(FormatError) {
    try count()
    stack.marks.append(stack.values.count)
  }

  /// Drops the last value or the mark above it.
  private mutating func drop() throws(FormatError) {
    if stack.marks.last == stack.values.count { stack.marks.removeLast() } else { _ = try pop() }
  }

  /// Takes all values above the last mark, and the mark.
  mutating func popMark() throws(FormatError) -> [PickleValue] {
    guard let values = stack.popMark() else {
      throw fault("the pickle takes values from a mark that is not set")
    }
    return values
  }

  // MARK: Memo

  private mutating func pushMemo(_ index: Int) throws(FormatError) {
    guard let value = memo[index] else { throw fault("the memo has no value \(index)") }
    try push(value)
  }

  private mutating func memoize(_ index: Int) throws(FormatError) {
    memo[index] = try top()
    guard memo.count <= PickleLimits.valueCount else {
      throw refusal("a pickle of more than \(PickleLimits.valueCount) memo entries")
    }
  }
}
