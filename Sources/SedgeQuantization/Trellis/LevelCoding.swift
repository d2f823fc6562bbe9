// The parameters of a stream of coded levels, which precede the levels.

internal import CSedgeCoding
internal import SedgeTensor

/// How the levels of a matrix are coded; docs/format.md has the layout of its bits.
struct LevelCoding: Hashable {
  /// Columns that are coded side by side.
  var lanes: Int
  /// Low bits of a level that are stored as they are.
  var lowBits: Int
  /// The level, without its low bits, of the first symbol.
  var firstSymbol: Int
  /// The number of symbols, the escape included.
  var symbolCount: Int
  /// Whether the last symbol is the escape, which a word of 16 bits follows.
  var hasEscape: Bool
  /// The contexts, each with its own frequencies.
  var contexts: Contexts
  /// For each context a table for each quantizer, or one for both; `nil` for a context without elements.
  var tables: [FrequencyTable?]

  /// The most columns that are coded side by side.
  static let largestLanes = Int(SEDGE_CHAINS)

  /// Whether both quantizers have the same frequencies.
  var isShared: Bool { tables.count == contexts.count }

  /// The table of a context and quantizer.
  private func table(_ context: Int, _ quantizer: Int) -> FrequencyTable {
    tables[isShared ? context : 2 * context + quantizer] ?? .certain(count: symbolCount)
  }

  // MARK: Bits

  func write(to writer: inout BitWriter) {
    writer.append(lanes - 1, bits: 4)
    writer.append(lowBits, bits: 3)
    writer.append(hasEscape)
    writer.appendSigned(firstSymbol, order: 4)
    writer.append(symbolCount - 1, bits: 8)
    writer.append(contexts.count - 1, bits: 4)
    if contexts.count > 1 {
      writer.append(contexts.rowClasses?.map(Int.init))
      writer.append(contexts.columnClasses?.map(Int.init))
    }
    writer.append(isShared)
    for table in tables {
      writer.append(table != nil)
      table?.write(to: &writer)
    }
  }

  init(rows: Int, columns: Int, from reader: inout BitReader) throws(FormatError) {
    lanes = try reader.number(bits: 4) + 1
    lowBits = try reader.number(bits: 3)
    hasEscape = try reader.flag()
    firstSymbol = try reader.signed(order: 4)
    symbolCount = try reader.number(bits: 8) + 1
    contexts = Contexts(count: try reader.number(bits: 4) + 1)
    guard lowBits <= 4 else {
      throw FormatError(.malformed("levels have \(lowBits) low bits, expected 0...4"))
    }
    guard (-32_768...32_767).contains(firstSymbol) else {
      throw FormatError(.malformed("the first symbol stands for \(firstSymbol), expected 16 bits"))
    }
    if contexts.count > 1 {
      contexts.rowClasses = try reader.array(count: rows, limits: 0...15)?.map(UInt8.init)
      contexts.columnClasses = try reader.array(count: columns, limits: 0...15)?.map(UInt8.init)
    }
    let isShared = try reader.flag()
    tables = []
    for _ in 0..<contexts.count * (isShared ? 1 : 2) {
      tables.append(try reader.flag() ? FrequencyTable(count: symbolCount, from: &reader) : nil)
    }
  }

  init(
    lanes: Int, lowBits: Int, firstSymbol: Int, symbolCount: Int, hasEscape: Bool, contexts: Contexts,
    tables: [FrequencyTable?]
  ) {
    (self.lanes, self.lowBits, self.firstSymbol) = (lanes, lowBits, firstSymbol)
    (self.symbolCount, self.hasEscape) = (symbolCount, hasEscape)
    (self.contexts, self.tables) = (contexts, tables)
  }

  // MARK: For the inner loops

  /// Calls `body` with the layout of a matrix.
  func withLayout<Result>(
    rows: Int, columns: Int, _ body: (UnsafePointer<sedge_level_layout>) -> Result
  ) -> Result {
    unsafe contexts.withLayout(rows: rows, columns: columns) { contextLayout in
      var layout = unsafe contextLayout
      unsafe layout.lanes = lanes
      unsafe layout.low_bits = UInt32(lowBits)
      unsafe layout.first_symbol = Int32(firstSymbol)
      unsafe layout.escape = hasEscape ? Int32(symbolCount - 1) : -1
      return unsafe body(&layout)
    }
  }

  /// Calls `body` with the decoder's tables, for each context and quantizer.
  func withDecodingTables<Result>(_ body: (UnsafePointer<sedge_table>?) -> Result) -> Result {
    let (frequencies, starts) = frequencies()
    return unsafe withUnsafeTemporaryAllocation(of: sedge_table.self, capacity: 2 * contexts.count) {
      tables in
      unsafe frequencies.withUnsafeBufferPointer { frequencies in
        unsafe starts.withUnsafeBufferPointer { starts in
          unsafe sedge_make_tables(
            tables.count, frequencies.baseAddress, starts.baseAddress, tables.baseAddress)
        }
      }
      return unsafe body(UnsafePointer(tables.baseAddress))
    }
  }

  /// The encoder's tables: 256 frequencies, and 256 sums of those before, for each context and quantizer.
  func frequencies() -> (frequencies: [UInt16], starts: [UInt16]) {
    var (frequencies, starts): ([UInt16], [UInt16]) = ([], [])
    for context in 0..<contexts.count {
      for quantizer in 0..<2 {
        let table = table(context, quantizer).frequencies
        var start = 0
        for symbol in 0..<256 {
          let frequency = symbol < table.count ? table[symbol] : 0
          frequencies.append(UInt16(frequency))
          starts.append(UInt16(start & 0xFFFF))
          start += frequency
        }
      }
    }
    return (frequencies, starts)
  }
}

extension BitWriter {
  /// Appends whether there is an array, and then its numbers as differences from their median.
  mutating func append(_ array: [Int]?) {
    append(array != nil)
    guard let array else { return }
    let middle = array.sorted()[array.count / 2]
    appendSigned(middle, order: 4)
    let order = (0..<4).min { Self.bitCount(array, middle, $0) < Self.bitCount(array, middle, $1) } ?? 0
    append(order, bits: 2)
    for value in array { appendSigned(value - middle, order: order) }
  }

  private static func bitCount(_ array: [Int], _ middle: Int, _ order: Int) -> Int {
    array.reduce(0) { sum, value in
      let difference = value - middle
      let code = (difference > 0 ? 2 * difference - 1 : -2 * difference) + (1 << order)
      return sum + 2 * (Int.bitWidth - 1 - code.leadingZeroBitCount) - order + 1
    }
  }

  /// Bits that ``append(_:)`` takes for an array.
  static func bitCount(of array: [Int]) -> Int {
    var writer = BitWriter()
    writer.append(array)
    return 8 * writer.finished().count
  }
}

extension BitReader {
  /// Reads what ``BitWriter/append(_:)`` wrote.
  mutating func array(count: Int, limits: ClosedRange<Int>) throws(FormatError) -> [Int]? {
    guard try flag() else { return nil }
    let middle = try signed(order: 4)
    let order = try number(bits: 2)
    var array: [Int] = []
    for _ in 0..<count {
      let value = middle + (try signed(order: order))
      guard limits.contains(value) else {
        throw FormatError(
          .malformed(
            "a number of its rows or columns is \(value), expected \(limits.lowerBound)...\(limits.upperBound)"
          ))
      }
      array.append(value)
    }
    return array
  }
}
