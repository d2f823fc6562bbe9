// Streams of the trellis codec: as the format has them, and damaged.

import SedgeQuantization
import SedgeTensor
import Testing

@Suite("A trellis stream")
struct TrellisStreams {
  private static func decode(_ codes: [UInt8], rows: Int, columns: Int) throws(FormatError) -> [Float] {
    try TrellisCodec().decode(EncodedTensor(codes: codes), rows: rows, columns: columns)
  }

  private static func decode(_ stream: HandmadeStream) throws(FormatError) -> [Float] {
    try decode(stream.bytes, rows: HandmadeStream.rows, columns: HandmadeStream.columns)
  }

  @Test("is as docs/format.md has it, byte by byte")
  func example() throws {
    let bytes: [UInt8] = [
      0x00, 0x00, 0x00, 0x3F, 0x93, 0xF4, 0xBC, 0x00, 0x90, 0x0C, 0xC0, 0x00, 0x00, 0x00, 0x48, 0x03,
      0x01, 0x05, 0x00,
    ]
    #expect(HandmadeStream().bytes == bytes)
    #expect(try Self.decode(HandmadeStream()) == HandmadeStream.values)
  }

  @Test("may leave a context without a table, and have one for each quantizer")
  func tables() throws {
    var stream = HandmadeStream()
    (stream.isShared, stream.tables) = (false, [[0, 0, 0, 0], [0, 0, 0, 0]])
    #expect(try Self.decode(stream) == HandmadeStream.values)
    // Without tables the first symbol is certain, and nothing is read but the coder's state: -1 in every place.
    (stream.tables, stream.words) = ([nil, nil], [0, 1])
    #expect(try Self.decode(stream) == [-1, -1, 0, 0, -1, -1])
    // Elements of class 0 have the first context, all others the second.
    (stream.contextCount, stream.isShared, stream.firstSymbol) = (2, true, 0)
    stream.rowClasses = HandmadeStream.Numbers(middle: 0, order: 0, values: [0, 15])
    stream.tables = [nil, nil]
    #expect(try Self.decode(stream) == [0, 0, 0, 0, 0, 0])
  }

  struct Case: Sendable {
    var text: String
    var change: @Sendable (inout HandmadeStream) -> Void

    init(_ text: String, _ change: @escaping @Sendable (inout HandmadeStream) -> Void) {
      (self.text, self.change) = (text, change)
    }
  }

  private static let ends = "its levels do not end where its bytes do"
  private static let steps = "8.271806e-25...1.1529215e+18"
  static let cases = [
    Case("the step is 0.0, expected \(steps)") { $0.base = 0 },
    Case("the step is -0.5, expected \(steps)") { $0.base = (-0.5 as Float).bitPattern },
    Case("the step is nan, expected \(steps)") { $0.base = 0x7FC0_0000 },
    Case("the step is inf, expected \(steps)") { $0.base = 0x7F80_0000 },
    Case("the step is 2.305843e+18, expected \(steps)") { $0.base = (0x1p61 as Float).bitPattern },
    Case("the step is 4.135903e-25, expected \(steps)") { $0.base = (0x1p-81 as Float).bitPattern },
    Case("4 rows follow row 0 of 3") { $0.rowRuns = [4] },
    Case("3 rows follow row 1 of 3") { $0.rowRuns = [1, 3] },
    Case("0 rows follow row 1 of 3") { $0.rowRuns = [1, 0, 2] },
    Case("0 rows follow row 0 of 3") { $0.rowRuns = [0, 0, 3] },
    Case("4294967295 rows follow row 0 of 3") { $0.rowRuns = [(1 << 32) - 1] },
    Case("a number of its rows or columns is 128, expected -127...127") {
      $0.rowExponents?.values = [0, 128]
    },
    Case("a number of its rows or columns is -128, expected -127...127") {
      $0.rowExponents?.middle = -128; $0.rowExponents?.values = [-128, 0]
    },
    Case("a number of its rows or columns is 200, expected -127...127") {
      $0.columnExponents = HandmadeStream.Numbers(middle: 0, order: 3, values: [3, 200])
    },
    Case("levels have 5 low bits, expected 0...4") { $0.lowBits = 5 },
    Case("the first symbol stands for 32768, expected 16 bits") { $0.firstSymbol = 32_768 },
    Case("the first symbol stands for -32769, expected 16 bits") { $0.firstSymbol = -32_769 },
    Case("a number of its rows or columns is 16, expected 0...15") {
      $0.contextCount = 2
      $0.columnClasses = HandmadeStream.Numbers(middle: 0, order: 0, values: [0, 16])
    },
    Case("a number of its rows or columns is -1, expected 0...15") {
      $0.contextCount = 16
      $0.rowClasses = HandmadeStream.Numbers(middle: 0, order: 0, values: [-1, 0])
    },
    Case("a symbol has the weight 48, expected 0...47") { $0.tables = [[48, 0, 0, 0]] },
    Case("a symbol has the weight -1, expected 0...47") { $0.tables = [[0, 0, -1, 0]] },
    Case("its parameters end with a bit that is not 0") { $0.fill = 1 },
    Case("2 bytes follow its parameters") { ($0.rowRuns, $0.hasLevels, $0.words) = ([0, 3], false, [0]) },
    Case(ends) { $0.words.append(0) },
    Case(ends) { $0.words.removeLast() },
    Case(ends) { $0.words = [] },
    Case(ends) { $0.words = [1, 0, 5] },
    Case(ends) { $0.words[0] ^= 1 },
    Case(ends) { $0.words[1] ^= 1 },
    Case(ends) { ($0.lanes, $0.words) = (2, [0x4800, 0x0103, 0, 2, 5]) },
    Case(ends) { $0.hasEscape = false },
    Case(ends) { $0.lowBits = 1 },
  ]

  @Test("that no encoder writes is refused", arguments: cases)
  func refuses(_ bad: Case) {
    var stream = HandmadeStream()
    bad.change(&stream)
    let error = #expect(throws: FormatError.self) { try Self.decode(stream) }
    #expect(error?.kind == .malformed(bad.text))
  }

  @Test("with half a word at its end is refused")
  func half() {
    let error = #expect(throws: FormatError.self) {
      try Self.decode(
        HandmadeStream().bytes + [0], rows: HandmadeStream.rows, columns: HandmadeStream.columns)
    }
    #expect(error?.kind == .malformed("its levels have 7 bytes, expected words of 2"))
  }

  /// Streams with all that there is: rows of zeros, contexts, escapes, low bits, one lane, four and sixteen.
  static let streams: [(rows: Int, columns: Int, codes: [UInt8])] = {
    var numbers = Numbers(seed: 30)
    return [(30, 40, 0.05), (200, 100, 0.004), (150, 900, 0.1), (7, 5, 0.01)].compactMap {
      rows, columns, error in
      var values = (0..<rows * columns).map { _ in numbers.normal() }
      for i in values.indices {
        let row = i / columns
        values[i] *= row % 7 == 3 ? 0 : row % 2 == 0 ? 1 : 6
        if i % 311 == 17 { values[i] *= 300 }
      }
      return TrellisCodec(.relativeRMS(error)).encode(values, rows: rows, columns: columns).map {
        (rows, columns, $0.codes)
      }
    }
  }()

  @Test("that is cut is refused wherever it is cut")
  func cut() throws {
    #expect(Self.streams.count == 4)
    for (rows, columns, codes) in Self.streams {
      let limits = TrellisCodec().codeByteCountRange(rows: rows, columns: columns)
      for end in stride(from: limits.lowerBound, to: codes.count, by: codes.count > 4000 ? 37 : 1) {
        #expect(throws: FormatError.self) {
          try Self.decode(Array(codes[..<end]), rows: rows, columns: columns)
        }
      }
      for end in codes.count - 40..<codes.count {
        #expect(throws: FormatError.self) {
          try Self.decode(Array(codes[..<end]), rows: rows, columns: columns)
        }
      }
    }
  }

  @Test("that was changed is refused or still finite numbers, and nothing crashes")
  func mutations() throws {
    var numbers = Numbers(seed: 31)
    var refused = 0
    for (rows, columns, codes) in Self.streams {
      for attempt in 0..<(codes.count > 4000 ? 400 : 2000) {
        var changed = codes
        // Half of the changes hit the parameters.
        let most = attempt % 2 == 0 ? min(120, codes.count) : codes.count
        for _ in 0...attempt % 3 {
          changed[Int(abs(numbers.even()) * Float(most - 1))] ^= UInt8(1 + Int(abs(numbers.even()) * 254))
        }
        let decoded = try? Self.decode(changed, rows: rows, columns: columns)
        refused += decoded == nil ? 1 : 0
        #expect(
          (decoded ?? []).allSatisfy { $0.isFinite } && decoded?.count ?? rows * columns == rows * columns)
      }
    }
    #expect(refused > 1000)
  }

  @Test("that means a matrix out of proportion to its bytes is not let in")
  func proportion() {
    let limits = TrellisCodec().codeByteCountRange(rows: 1 << 20, columns: 1 << 20)
    #expect(limits.lowerBound == 1 << 27)
    #expect(TrellisCodec().codeByteCountRange(rows: 1, columns: 1).lowerBound == 5)
    // A matrix that would take less is left to others.
    var values = [Float](repeating: 0, count: 4096 * 64)
    values[5] = 1
    #expect(TrellisCodec(.bits(4)).encode(values, rows: 4096, columns: 64) == nil)
  }
}
