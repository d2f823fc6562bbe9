// Floats byte by byte.

import SedgeQuantization
import SedgeTensor
import Testing

@Suite("Planes")
struct Planes {
  static let corners: [Float] = [
    0, -0.0, 1, -1, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .leastNormalMagnitude,
    Float(bitPattern: 0x007F_FFFF),
    .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 0x1.234568p-20, .pi,
  ]

  @Test("of float32 give back every bit", arguments: [1, 12, 13, 100, 5000])
  func float32(count: Int) throws {
    var numbers = Numbers(seed: 5)
    let values = (0..<count).map { $0 < Self.corners.count ? Self.corners[$0] : numbers.normal() * 0.02 }
    let encoded = try PlanesCodec.float32.coded(values, rows: 1, columns: count)
    let decoded = try PlanesCodec.float32.decode(encoded, rows: 1, columns: count)
    #expect(decoded.map(\.bitPattern) == values.map(\.bitPattern))
    #expect(encoded.codes.count <= 4 * (count + 9))
  }

  @Test("of float16 decode to the values of float16", arguments: [1, 13, 5000])
  func float16(count: Int) throws {
    var numbers = Numbers(seed: 6)
    let corners: [Float] = [0, -0.0, 65_504, -65_504, 0x1p-24, -0x1p-14, 0x1p-25, 1 + 0x1p-11]
    let values = (0..<count).map { $0 < corners.count ? corners[$0] : numbers.normal() }
    let (planes, plain) = (PlanesCodec.float16, Float16Codec())
    let decoded = try planes.decode(planes.coded(values, rows: count, columns: 1), rows: count, columns: 1)
    let expected = try plain.decode(plain.coded(values, rows: count, columns: 1), rows: count, columns: 1)
    #expect(decoded.map(\.bitPattern) == expected.map(\.bitPattern))
  }

  @Test("take less where exponents are alike, and next to nothing for zeros")
  func sizes() throws {
    var numbers = Numbers(seed: 7)
    let values = (0..<1 << 16).map { _ in numbers.normal() * 0.02 }
    let encoded = try PlanesCodec.float32.coded(values, rows: 256, columns: 256)
    #expect(Double(encoded.codes.count) < 0.86 * Double(4 * values.count))
    let half = try PlanesCodec.float16.coded(values, rows: 256, columns: 256)
    #expect(Double(half.codes.count) < 0.90 * Double(2 * values.count))
    let zeros = try PlanesCodec.float32.coded([Float](repeating: 0, count: 1 << 16), rows: 256, columns: 256)
    #expect(zeros.codes.count < 256)
    #expect(try PlanesCodec.float32.decode(zeros, rows: 256, columns: 256).allSatisfy { $0 == 0 })
  }

  /// Two elements, 1 and -2 as float32: planes of the rotated bits.
  static let bytes: [UInt8] = [0, 0x7F, 0x80, 0, 0, 0x00, 0, 0, 0, 0, 0, 1]
  static let malformed: [(String, [UInt8])] = [
    ("there is no plane of bytes at byte 0", [2] + bytes.dropFirst()),
    ("there is no plane of bytes at byte 9", Array(bytes.prefix(9))),
    ("a plane has 2 bytes, and 1 are left", Array(bytes.prefix(11))),
    ("1 bytes follow its planes", bytes + [0]),
    ("a plane ends before its length", [1, 5, 0, 0, 0]),
    ("a plane has \(Int.max) bytes, and 0 are left", [1] + [UInt8](repeating: 0xFF, count: 8)),
    ("a plane has 3 bytes, and 2 are left", [1, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    ("its zstd frame is damaged: Unknown frame descriptor", [1, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    ("element 1 is inf, expected a finite number", [0, 0x7F, 0xFF] + bytes[3...5] + [0, 0, 0, 0, 0, 0]),
  ]

  @Test("are as the format has them")
  func layout() throws {
    let encoded = try PlanesCodec.float32.coded([1, -2], rows: 1, columns: 2)
    #expect(encoded.codes == [0, 0x7F, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 1])
    let half = try PlanesCodec.float16.coded([1, -2], rows: 1, columns: 2)
    #expect(half.codes == [0, 0x78, 0x80, 0, 0, 1])
  }

  @Test("that no encoder writes are refused", arguments: malformed)
  func refuses(text: String, codes: [UInt8]) {
    let error = #expect(throws: FormatError.self) {
      try PlanesCodec.float32.decode(EncodedTensor(codes: codes), rows: 1, columns: 2)
    }
    #expect(error?.kind == .malformed(text))
  }

  @Test("that were changed or cut are refused or still finite numbers, and nothing crashes")
  func mutations() throws {
    var numbers = Numbers(seed: 8)
    let codec = PlanesCodec.float32
    let values = (0..<600).map { _ in Float(Int(numbers.even() * 8)) }
    let codes = try codec.coded(values, rows: 20, columns: 30).codes
    let limits = codec.codeByteCountRange(rows: 20, columns: 30)
    for end in limits.lowerBound..<codes.count {
      #expect(throws: FormatError.self) {
        try codec.decode(EncodedTensor(codes: Array(codes[..<end])), rows: 20, columns: 30)
      }
    }
    for _ in 0..<1000 {
      var changed = codes
      let place = Int(abs(numbers.even()) * Float(codes.count - 1))
      changed[place] ^= UInt8(1 + Int(abs(numbers.even()) * 254))
      let decoded = try? codec.decode(EncodedTensor(codes: changed), rows: 20, columns: 30)
      #expect((decoded ?? []).allSatisfy { $0.isFinite })
    }
  }
}
