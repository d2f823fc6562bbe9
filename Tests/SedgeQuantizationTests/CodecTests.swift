// Codecs against their promises, and int8 against a plain search in float64.

import SedgeQuantization
import SedgeTensor
import Testing

extension TensorCodec {
  /// Codes of a matrix that the codec can hold.
  func coded(_ values: [Float], rows: Int, columns: Int) throws -> EncodedTensor {
    try #require(encode(values, rows: rows, columns: columns))
  }
}

/// Numbers that are the same in every run.
struct Numbers {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// The next number, evenly in -1...1.
  mutating func even() -> Float {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Float(Int32(truncatingIfNeeded: state >> 32)) * 0x1p-31
  }

  /// The next number, near a normal distribution.
  mutating func normal() -> Float { (0..<6).reduce(Float(0)) { sum, _ in sum + even() } }
}

/// Rows of many kinds and lengths, among them those where arithmetic could break.
let rows: [[Float]] = {
  var numbers = Numbers(seed: 1)
  var rows: [[Float]] = [
    [1], [-0.3], [.greatestFiniteMagnitude], [-.greatestFiniteMagnitude, .greatestFiniteMagnitude],
    [.leastNonzeroMagnitude], [.leastNormalMagnitude, -0x1p-133], [1e-36, 3e-37, -2e-36], [1e-30, -0x1p-149],
    [3e38, 1e-38, -1.1e38], [0, 0, 5], [Float](repeating: 0.7, count: 17), [127, 126, 64, -127, 0, 1],
    [1, 1e-3, 1e-3, -1e-3, 1e-3],
  ]
  for count in [2, 3, 7, 8, 9, 31, 64, 257, 9000] {
    rows.append((0..<count).map { _ in numbers.normal() * 0.02 })
    rows.append((0..<count).map { _ in numbers.normal() * 1e-35 })
    rows.append((0..<count).map { _ in numbers.even() * 3e38 })
    rows.append((0..<count).map { $0 == 0 ? 4 : numbers.normal() * 0.05 })
  }
  return rows
}()

/// The squared error of an element-wise product with a scale, in float64.
func squaredError(_ row: [Float], codes: [Double], scale: Float) -> Double {
  zip(row, codes).reduce(0) { sum, pair in
    let error = Double(pair.0) - Double(Float(pair.1) * scale)
    return sum + error * error
  }
}

/// The nearest codes, at most 127 in magnitude.
func nearestCodes(_ row: [Float], scale: Double) -> [Double] {
  row.map { min(max((Double($0) / scale).rounded(.toNearestOrEven), -127), 127) }
}

@Suite("Every codec")
struct EveryCodec {
  @Test(
    "writes as many bytes and scales as it says, the same every time", arguments: CodecIdentifier.allCases)
  func counts(identifier: CodecIdentifier) throws {
    var numbers = Numbers(seed: 2)
    let codec = identifier.codec
    #expect(codec.identifier == identifier)
    for (rows, columns) in [(32, 32), (3, 500), (1600, 1), (1, 1100)] {
      let values = (0..<rows * columns).map { _ in numbers.normal() }
      let encoded = try #require(codec.encode(values, rows: rows, columns: columns))
      #expect(codec.codeByteCountRange(rows: rows, columns: columns).contains(encoded.codes.count))
      #expect(encoded.scales.count == codec.scaleCount(rows: rows, columns: columns))
      let decoded = try codec.decode(encoded, rows: rows, columns: columns)
      #expect(decoded.count == values.count)
      #expect(Deviation(reference: values, actual: decoded).relativeRMS < 0.02)
      #expect(codec.encode(values, rows: rows, columns: columns) == encoded)
    }
  }

  @Test("float32 comes back bit by bit")
  func float32() throws {
    let values: [Float] = [0, -0.0, 1.5, -3e38, 0x1p-149]
    let codec = Float32Codec()
    let encoded = try codec.coded(values, rows: 5, columns: 1)
    #expect(Array(encoded.codes[8..<12]) == [0, 0, 0xC0, 0x3F])
    let decoded = try codec.decode(encoded, rows: 5, columns: 1)
    #expect(decoded.map(\.bitPattern) == values.map(\.bitPattern))
  }

  @Test("float16 rounds to nearest, ties to even")
  func float16() throws {
    let codec = Float16Codec()
    let encoded = try codec.coded(
      [1, 1 + 0x1p-11, 1 + 0x3p-11, -65_504, 0x1p-24, 0x1p-26], rows: 6, columns: 1)
    #expect(encoded.codes == [0, 0x3C, 0, 0x3C, 2, 0x3C, 0xFF, 0xFB, 1, 0, 0, 0])
    let decoded = try codec.decode(encoded, rows: 6, columns: 1)
    #expect(decoded == [1, 1, 1 + 0x1p-9, -65_504, 0x1p-24, 0])
  }

  @Test("float16 counts values beyond its range")
  func overflow() {
    let values: [Float] = [65_504, -65_504, 65_505, -1e9, 0]
    #expect(Float16Codec.overflowCount(values.span) == 2)
    for codec in [CodecIdentifier.f16, .f16Planes] {
      #expect(codec.codec.encode(values, rows: 1, columns: 5) == nil)
      #expect(codec.codec.encode([65_504, -65_504], rows: 1, columns: 2) != nil)
    }
  }

  @Test("float16 refuses values below its precision")
  func underflow() {
    // 0x1.ffp-15 needs 9 bits, a subnormal of its size has 10; 0x1.fffp-15 needs 13.
    let held: [[Float]] = [
      [0, 0], [0x1p-14, 0x1p-14], [0x1.ffp-15], [0x1p-24], [1, 1e-9], [1e-3, 1.3e-6],
    ]
    let lost: [[Float]] = [[0x1.8p-24], [1e-9], [1e-7, -1.3e-7], [0x1p-26, 0], [1e-30, 2e-30]]
    for codec in [CodecIdentifier.f16, .f16Planes] {
      for values in held { #expect(codec.codec.encode(values, rows: 1, columns: values.count) != nil) }
      for values in lost { #expect(codec.codec.encode(values, rows: 1, columns: values.count) == nil) }
    }
  }
}

@Suite("int8")
struct Int8 {
  let codec = Int8Codec()

  @Test("never has a larger error than the scale max/127", arguments: rows.indices)
  func neverWorse(index: Int) throws {
    let row = rows[index]
    let encoded = try codec.coded(row, rows: 1, columns: row.count)
    let decoded = try codec.decode(encoded, rows: 1, columns: row.count)
    #expect(decoded.allSatisfy(\.isFinite) && encoded.scales[0] > 0)
    let error = zip(row, decoded).reduce(0.0) {
      $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1))
    }
    let largest = row.reduce(0) { max($0, abs($1)) }
    // At the ends of the range this scale is no number to decode with: 0, or beyond the largest.
    let full = min(max(largest / 127, .leastNonzeroMagnitude), Int8Codec.largestScale)
    let codes = row.map { Double(min(max(($0 / full).rounded(.toNearestOrEven), -127), 127)) }
    #expect(error <= squaredError(row, codes: codes, scale: full))
  }

  @Test("finds as good a scale as a plain search in float64", arguments: rows.indices)
  func plainSearch(index: Int) throws {
    let row = rows[index]
    let largest = Double(row.reduce(0) { max($0, abs($1)) })
    try #require(largest > 0)
    guard largest > 1e-28, largest < 1e38 else { return }  // the search is for the range between
    var best = Double.infinity
    for fraction in 8...32 {
      let codes = nearestCodes(row, scale: largest / 127 * Double(fraction) / 32)
      let products = zip(row, codes).reduce(0) { $0 + Double($1.0) * $1.1 }
      let scale = products / codes.reduce(0) { $0 + $1 * $1 }
      best = min(
        best, zip(row, codes).reduce(0) { $0 + (Double($1.0) - $1.1 * scale) * (Double($1.0) - $1.1 * scale) }
      )
    }
    let decoded = try codec.decode(
      codec.coded(row, rows: 1, columns: row.count), rows: 1, columns: row.count)
    let error = zip(row, decoded).reduce(0.0) {
      $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1))
    }
    // Products are rounded to float32: by 2^-24 of the largest element, each.
    let rounding = Double(row.count) * (largest * 0x1p-24) * (largest * 0x1p-24)
    let allowed = best.squareRoot() * (1 + 1e-6) + rounding.squareRoot()
    #expect(error.squareRoot() <= allowed)
  }

  @Test("clips where that lowers the error")
  func clips() {
    var numbers = Numbers(seed: 3)
    let row = (0..<4096).map { $0 == 7 ? Float(6.5) : numbers.normal() }
    #expect(Int8Codec.scale(for: row.span) < 6.5 / 127)
  }

  @Test("keeps a row of zeros, and multiples of its scale, as they are")
  func exact() throws {
    let values: [Float] = [
      0, -0.0, 0, 0, 127, -3, 64, 1, .leastNonzeroMagnitude, 0, -127 * .leastNonzeroMagnitude, 0,
    ]
    let encoded = try codec.coded(values, rows: 3, columns: 4)
    #expect(encoded.scales == [0, 1, .leastNonzeroMagnitude])
    #expect(try codec.decode(encoded, rows: 3, columns: 4) == values)
  }

  @Test("codes each row for itself")
  func rowsApart() throws {
    var numbers = Numbers(seed: 4)
    let values = (0..<5 * 37).map { numbers.normal() * Float($0 / 37 + 1) }
    let whole = try codec.coded(values, rows: 5, columns: 37)
    for row in 0..<5 {
      let range = row * 37..<(row + 1) * 37
      let alone = try codec.coded(Array(values[range]), rows: 1, columns: 37)
      #expect(alone.codes == Array(whole.codes[range]) && alone.scales == [whole.scales[row]])
    }
  }
}

@Suite("Decoding")
struct Decoding {
  struct Case: Sendable {
    var codec: CodecIdentifier
    var encoded: EncodedTensor
    var text: String
  }

  static let cases = [
    Case(
      codec: .int8, encoded: EncodedTensor(codes: [1, 0x80], scales: [1, 1]),
      text: "there is a code of -128, expected -127...127"),
    Case(
      codec: .int8, encoded: EncodedTensor(codes: [1, 1], scales: [1, -1]),
      text: "the scale of row 1 is -1.0, expected 0...2.6793884e+36"),
    Case(
      codec: .int8, encoded: EncodedTensor(codes: [1, 1], scales: [.nan, 1]),
      text: "the scale of row 0 is nan, expected 0...2.6793884e+36"),
    Case(
      codec: .int8, encoded: EncodedTensor(codes: [1, 1], scales: [.infinity, 1]),
      text: "the scale of row 0 is inf, expected 0...2.6793884e+36"),
    Case(
      codec: .f16, encoded: EncodedTensor(codes: [0, 0, 0, 0xFC], scales: []),
      text: "element 1 is -inf, expected a finite number"),
    Case(
      codec: .f32, encoded: EncodedTensor(codes: [0, 0, 0xC0, 0x7F, 0, 0, 0, 0], scales: []),
      text: "element 0 is nan, expected a finite number"),
  ]

  @Test("refuses streams that no encoder writes", arguments: cases)
  func refuses(_ bad: Case) {
    let error = #expect(throws: FormatError.self) {
      try bad.codec.codec.decode(bad.encoded, rows: 2, columns: 1)
    }
    #expect(error?.kind == .malformed(bad.text))
  }
}

@Suite("The coding error")
struct CodingError {
  @Test("of int8 is within half a step where nothing is clipped")
  func step() throws {
    let row = (0...254).map { Float($0 - 127) * 0.013 }
    let codec = Int8Codec()
    let encoded = try codec.coded(row, rows: 1, columns: row.count)
    let error = Deviation(
      reference: row, actual: try codec.decode(encoded, rows: 1, columns: row.count))
    #expect(error.largestAbsolute <= 0.5 * Double(encoded.scales[0]))
  }
}
