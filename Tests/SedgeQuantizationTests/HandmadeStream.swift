// A stream of the trellis codec put together field by field, right or wrong.

import SedgeQuantization

/// The example of docs/format.md: a matrix of three rows, the second of zeros, and two columns.
struct HandmadeStream {
  /// Numbers as differences from one in the middle.
  struct Numbers {
    var middle: Int
    var order: Int
    var values: [Int]
  }

  var base: UInt32 = (0.5 as Float).bitPattern
  var rowRuns: [Int]? = [1, 1, 1]
  var rowExponents: Numbers? = Numbers(middle: 8, order: 0, values: [0, 8])
  var columnExponents: Numbers?
  var hasLevels = true
  var lanes = 1
  var lowBits = 0
  var hasEscape = true
  var firstSymbol = -1
  var symbolCount = 4
  var contextCount = 1
  var rowClasses: Numbers?
  var columnClasses: Numbers?
  var isShared = true
  var tables: [[Int]?] = [[0, 0, 0, 0]]
  var fill = 0
  var words: [UInt16] = [0x4800, 0x0103, 0x0005]

  static let rows = 3
  static let columns = 2
  static let values: [Float] = [1, 0, 0, 0, -1, 10]

  var bytes: [UInt8] {
    var writer = BitWriter()
    writer.append(Int(base), bits: 32)
    writer.append(rowRuns != nil)
    for run in rowRuns ?? [] { writer.appendGolomb(run) }
    if hasLevels {
      append(rowExponents, to: &writer)
      append(columnExponents, to: &writer)
      appendCoding(to: &writer)
    }
    if fill != 0 { writer.append(fill, bits: 1) }
    return writer.finished() + words.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
  }

  private func append(_ numbers: Numbers?, to writer: inout BitWriter) {
    writer.append(numbers != nil)
    guard let numbers else { return }
    writer.appendSigned(numbers.middle, order: 4)
    writer.append(numbers.order, bits: 2)
    for value in numbers.values { writer.appendSigned(value - numbers.middle, order: numbers.order) }
  }

  private func appendCoding(to writer: inout BitWriter) {
    writer.append(lanes - 1, bits: 4)
    writer.append(lowBits, bits: 3)
    writer.append(hasEscape)
    writer.appendSigned(firstSymbol, order: 4)
    writer.append(symbolCount - 1, bits: 8)
    writer.append(contextCount - 1, bits: 4)
    if contextCount > 1 {
      append(rowClasses, to: &writer)
      append(columnClasses, to: &writer)
    }
    writer.append(isShared)
    for table in tables {
      writer.append(table != nil)
      guard let table else { continue }
      writer.append(table[0], bits: 6)
      for (before, weight) in zip(table, table.dropFirst()) { writer.appendSigned(weight - before, order: 1) }
    }
  }
}
