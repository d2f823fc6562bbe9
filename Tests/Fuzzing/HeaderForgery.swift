// Extreme numbers in the header of a .sedge file, with right checksums.

import SedgeContainer
import TestSupport

/// Writes a copy of a `.sedge` file in which some numbers of the header are extreme and all else is right.
///
/// - Parameters:
///   - path: A sound file.
///   - seed: Which numbers are chosen.
/// - Returns: The bytes of the copy; what was changed, a line for each number.
func forgery(of path: String, seed: UInt64) throws -> (bytes: [UInt8], changes: [String]) {
  let model = try SedgeFile(path: path)
  var generator = SeededGenerator(state: seed)
  var message = try WireMessage(encodeHeader(model.header)[...])
  var changes: [String] = []
  for _ in 0..<Int.random(in: 1...3, using: &generator) {
    let number = Int.random(in: 0..<message.numberCount, using: &generator)
    changes.append(message.replaceNumber(number, using: &generator))
  }
  let header = message.bytes
  let payload = try payload(of: bytes(ofFile: path))
  let preamble = Preamble(
    version: model.version, headerByteOffset: Preamble.byteCount + payload.count,
    headerByteCount: header.count,
    headerChecksum: unsafe checksum(header.span.bytes))
  return (preamble.bytes + payload + header, changes)
}

/// A protocol buffer message without its schema.
private struct WireMessage {
  private enum Value {
    /// Wire type 0.
    case varint(UInt64)
    /// Wire types 1 and 5.
    case fixed(UInt64, byteCount: Int)
    /// Wire type 2, whose bytes are a message.
    case message(WireMessage)
    /// Wire type 2, whose bytes are none.
    case bytes([UInt8])
  }

  private struct Fault: Error {}

  private var fields: [(number: UInt64, value: Value)] = []

  init(_ bytes: ArraySlice<UInt8>) throws {
    var rest = bytes
    while !rest.isEmpty {
      let key = try Self.varint(&rest)
      fields.append((key >> 3, try Self.value(ofType: key & 7, &rest)))
    }
  }

  private static func varint(_ rest: inout ArraySlice<UInt8>) throws -> UInt64 {
    var (value, shift): (UInt64, UInt64) = (0, 0)
    while let byte = rest.popFirst(), shift < 64 {
      value |= UInt64(byte & 127) << shift
      if byte < 128 { return value }
      shift += 7
    }
    throw Fault()
  }

  private static func value(ofType type: UInt64, _ rest: inout ArraySlice<UInt8>) throws -> Value {
    switch type {
    case 0: return .varint(try varint(&rest))
    case 1, 5:
      let byteCount = type == 1 ? 8 : 4
      guard rest.count >= byteCount else { throw Fault() }
      defer { rest = rest.dropFirst(byteCount) }
      return .fixed(
        rest.prefix(byteCount).reversed().reduce(0) { $0 << 8 | UInt64($1) }, byteCount: byteCount)
    case 2:
      guard let count = Int(exactly: try varint(&rest)), count <= rest.count else { throw Fault() }
      let bytes = rest.prefix(count)
      rest = rest.dropFirst(count)
      // Texts begin with letters, which are fields of numbers that the schema does not have.
      if let message = try? WireMessage(bytes), message.fields.allSatisfy({ 1...20 ~= $0.number }), count > 0
      {
        return .message(message)
      }
      return .bytes(Array(bytes))
    default: throw Fault()
    }
  }

  /// The message as it was read, but for numbers that were replaced.
  var bytes: [UInt8] {
    fields.flatMap { field -> [UInt8] in
      let key = { (type: UInt64) in Self.bytes(ofVarint: field.number << 3 | type) }
      switch field.value {
      case .varint(let value): return key(0) + Self.bytes(ofVarint: value)
      case .fixed(let value, let count):
        return key(count == 8 ? 1 : 5) + (0..<count).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
      case .message(let message):
        let bytes = message.bytes
        return key(2) + Self.bytes(ofVarint: UInt64(bytes.count)) + bytes
      case .bytes(let bytes): return key(2) + Self.bytes(ofVarint: UInt64(bytes.count)) + bytes
      }
    }
  }

  private static func bytes(ofVarint value: UInt64) -> [UInt8] {
    var (bytes, rest): ([UInt8], UInt64) = ([], value)
    while rest > 127 {
      bytes.append(UInt8(rest & 127) | 128)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  /// The numbers within the message, those of packed lists among them.
  var numberCount: Int { fields.reduce(0) { $0 + Self.numberCount(in: $1.value) } }

  private static func numberCount(in value: Value) -> Int {
    switch value {
    case .varint, .fixed: 1
    case .message(let message): message.numberCount
    case .bytes(let bytes): bytes.count / 4
    }
  }

  /// Replaces a number, counted from 0 in the order of the bytes, by an extreme one.
  ///
  /// - Returns: The numbers of the fields that lead to it, and the new value.
  mutating func replaceNumber(_ place: Int, using generator: inout SeededGenerator) -> String {
    var place = place
    for index in fields.indices {
      let count = Self.numberCount(in: fields[index].value)
      guard place >= count else {
        let change = Self.replaceNumber(place, in: &fields[index].value, using: &generator)
        return "\(fields[index].number)\(change)"
      }
      place -= count
    }
    return ""
  }

  private static func replaceNumber(
    _ place: Int, in value: inout Value, using generator: inout SeededGenerator
  ) -> String {
    switch value {
    case .varint(let old):
      let powers = [0, 1, 7, 8, 15, 16, 31, 32, 40, 52, 53, 62, 63].map { UInt64(1) << $0 }
      let near = powers + powers.map { $0 - 1 } + [old &+ 1, old &- 1, old &* 2, .max]
      let new = near.randomElement(using: &generator) ?? 0
      value = .varint(new)
      return " \(old) -> \(new)"
    case .fixed(_, let byteCount):
      let new = extremes.randomElement(using: &generator) ?? 0
      value = .fixed(byteCount == 8 ? new.bitPattern : UInt64(Float(new).bitPattern), byteCount: byteCount)
      return " -> \(new)"
    case .message(var message):
      let change = message.replaceNumber(place, using: &generator)
      value = .message(message)
      return "." + change
    case .bytes(var bytes):
      let new = extremes.randomElement(using: &generator) ?? 0
      for index in 0..<4 {
        bytes[4 * place + index] = UInt8(truncatingIfNeeded: Float(new).bitPattern >> (index * 8))
      }
      value = .bytes(bytes)
      return "[\(place)] -> \(Float(new))"
    }
  }

  private static let extremes: [Double] = [
    0, -0.0, 1, -1, .nan, .infinity, -.infinity, 1e300, -1e300, 1e38, -1e38, 0x1p-1074, 1e-300, 1e-40, 0x1p62,
    0x1p63,
    0x1p64, 1e15, 1e16, 255, 20, -20, 20.000002, 0.1,
  ]
}
