// The byte stream of a matrix of levels.

internal import CSedgeCoding
internal import SedgeTensor

/// The parameters that precede the levels of a matrix, whose rows of zeros are not stored.
struct TrellisStream {
  /// Which rows are not all zeros.
  var isRowKept: [Bool]
  /// The steps of the rows that are kept, and of the columns.
  var grid: StepGrid
  /// How levels are coded; `nil` where no row is kept.
  var coding: LevelCoding?

  /// The number of kept rows.
  var keptCount: Int { isRowKept.reduce(0) { $0 + ($1 ? 1 : 0) } }

  // MARK: Writing

  /// The stream of the levels of the kept rows, row-major.
  func encoded(_ levels: [Int16], columns: Int) -> [UInt8] {
    var writer = BitWriter()
    writer.append(Int(grid.base.bitPattern), bits: 32)
    writeRows(to: &writer)
    guard let coding else { return writer.finished() }
    writer.append(grid.rowExponents)
    writer.append(grid.columnExponents)
    coding.write(to: &writer)
    return writer.finished() + words(levels, columns: columns, coding)
  }

  /// Writes whether all rows are kept, and otherwise the lengths of alternating runs of kept and dropped rows.
  private func writeRows(to writer: inout BitWriter) {
    let hasEmpty = isRowKept.contains(false)
    writer.append(hasEmpty)
    guard hasEmpty else { return }
    var (kept, length) = (true, 0)
    for row in isRowKept {
      if row != kept {
        writer.appendGolomb(length)
        (kept, length) = (row, 0)
      }
      length += 1
    }
    writer.appendGolomb(length)
  }

  private func words(_ levels: [Int16], columns: Int, _ coding: LevelCoding) -> [UInt8] {
    let (rows, tables) = (keptCount, coding.frequencies())
    precondition(levels.count == rows * columns)
    // At most two words for each level and two for each lane.
    let capacity = 2 * levels.count + 2 * coding.lanes
    var words: [UInt16] = []
    unsafe withUnsafeTemporaryAllocation(of: UInt16.self, capacity: capacity) { buffer in
      let count = unsafe coding.withLayout(rows: rows, columns: columns) { layout in
        unsafe levels.withUnsafeBufferPointer { levels in
          unsafe tables.frequencies.withUnsafeBufferPointer { frequencies in
            unsafe tables.starts.withUnsafeBufferPointer { starts in
              unsafe sedge_encode_levels(
                layout, levels.baseAddress, frequencies.baseAddress, starts.baseAddress, buffer.baseAddress,
                capacity)
            }
          }
        }
      }
      precondition(count <= capacity, "a level has no symbol")
      words = unsafe Array(buffer[(capacity - count)...])
    }
    var bytes = [UInt8](repeating: 0, count: 2 * words.count)
    for (i, word) in words.enumerated() {
      bytes[2 * i] = UInt8(truncatingIfNeeded: word)
      bytes[2 * i + 1] = UInt8(word >> 8)
    }
    return bytes
  }

  // MARK: Reading

  /// Decodes a matrix.
  static func decoded(_ bytes: [UInt8], rows: Int, columns: Int) throws(FormatError) -> [Float] {
    var reader = BitReader(bytes)
    let base = Float(bitPattern: UInt32(try reader.number(bits: 32)))
    guard StepGrid.baseLimits.contains(base) else {
      throw FormatError(
        .malformed(
          "the step is \(base), expected \(StepGrid.baseLimits.lowerBound)...\(StepGrid.baseLimits.upperBound)"
        ))
    }
    let isRowKept = try readRows(rows, from: &reader)
    var stream = TrellisStream(isRowKept: isRowKept, grid: StepGrid(base: base), coding: nil)
    let kept = stream.keptCount
    if kept > 0 {
      stream.grid.rowExponents = try reader.array(count: kept, limits: StepGrid.exponentLimits)
      stream.grid.columnExponents = try reader.array(count: columns, limits: StepGrid.exponentLimits)
      stream.coding = try LevelCoding(rows: kept, columns: columns, from: &reader)
    }
    try reader.finish()
    let values = try stream.values(bytes, from: reader.byteCount, columns: columns)
    return kept == rows ? values : stream.spread(values, columns: columns)
  }

  private static func readRows(_ rows: Int, from reader: inout BitReader) throws(FormatError) -> [Bool] {
    guard try reader.flag() else { return [Bool](repeating: true, count: rows) }
    var isKept: [Bool] = []
    var kept = true
    while isKept.count < rows {
      let length = try reader.golomb()
      guard length <= rows - isKept.count, length > 0 || isKept.isEmpty && kept else {
        throw FormatError(.malformed("\(length) rows follow row \(isKept.count) of \(rows)"))
      }
      isKept += [Bool](repeating: kept, count: length)
      kept.toggle()
    }
    return isKept
  }

  private func values(_ bytes: [UInt8], from start: Int, columns: Int) throws(FormatError) -> [Float] {
    let rows = keptCount
    let wordBytes = bytes.count - start
    guard let coding else {
      guard wordBytes == 0 else { throw FormatError(.malformed("\(wordBytes) bytes follow its parameters")) }
      return []
    }
    guard wordBytes % 2 == 0 else {
      throw FormatError(.malformed("its levels have \(wordBytes) bytes, expected words of 2"))
    }
    let (rowSteps, columnSteps) = (grid.rowSteps(rows), grid.columnSteps(columns))
    var isWhole = false
    let values = unsafe [Float](unsafeUninitializedCapacity: rows * columns) { values, count in
      isWhole = unsafe coding.withLayout(rows: rows, columns: columns) { layout in
        unsafe coding.withDecodingTables { tables in
          unsafe rowSteps.withUnsafeBufferPointer { rowSteps in
            unsafe columnSteps.withUnsafeBufferPointer { columnSteps in
              unsafe bytes.withUnsafeBufferPointer { bytes in
                unsafe sedge_decode_levels(
                  layout, tables, rowSteps.baseAddress, columnSteps.baseAddress,
                  bytes.baseAddress.map { unsafe $0 + start }, wordBytes / 2, values.baseAddress)
              }
            }
          }
        }
      }
      count = isWhole ? rows * columns : 0
    }
    guard isWhole else { throw FormatError(.malformed("its levels do not end where its bytes do")) }
    return values
  }

  /// Inserts the rows of zeros.
  private func spread(_ values: [Float], columns: Int) -> [Float] {
    var result = [Float](repeating: 0, count: isRowKept.count * columns)
    var next = 0
    for (row, isKept) in isRowKept.enumerated() where isKept {
      result.replaceSubrange(row * columns..<(row + 1) * columns, with: values[next..<next + columns])
      next += columns
    }
    return result
  }
}
