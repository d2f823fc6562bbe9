// A stream of bits, the lowest bit of a number first.

package import SedgeTensor

/// Collects bits into bytes.
package struct BitWriter {
  package private(set) var bytes: [UInt8] = []
  private var pending: UInt64 = 0
  private var pendingCount = 0

  package init() {}

  /// Appends the low `count` bits of a number, at most 32.
  package mutating func append(_ value: Int, bits count: Int) {
    precondition((0...32).contains(count))
    pending |= (UInt64(truncatingIfNeeded: value) & ((1 << UInt64(count)) - 1)) << UInt64(pendingCount)
    pendingCount += count
    while pendingCount >= 8 {
      bytes.append(UInt8(truncatingIfNeeded: pending))
      pending >>= 8
      pendingCount -= 8
    }
  }

  package mutating func append(_ flag: Bool) { append(flag ? 1 : 0, bits: 1) }

  /// Appends a number from 0 as an exponential Golomb code of order `order`: as many ones as the number has bits beyond
  /// the order, a zero, and these bits.
  package mutating func appendGolomb(_ value: Int, order: Int = 0) {
    precondition(value >= 0)
    let shifted = value + (1 << order)
    let length = Int.bitWidth - shifted.leadingZeroBitCount - 1 - order
    for _ in 0..<length { append(true) }
    append(false)
    append(shifted, bits: length + order)
  }

  /// Appends a number of either sign, as 0, 1, -1, 2, -2...
  package mutating func appendSigned(_ value: Int, order: Int = 0) {
    appendGolomb(value > 0 ? 2 * value - 1 : -2 * value, order: order)
  }

  /// The bytes, the last one padded with zero bits.
  package mutating func finished() -> [UInt8] {
    if pendingCount > 0 { append(0, bits: 8 - pendingCount) }
    return bytes
  }
}

/// Reads what ``BitWriter`` wrote.
package struct BitReader {
  private let bytes: [UInt8]
  private var position = 0

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Bytes read so far, the last one perhaps in part.
  package var byteCount: Int { (position + 7) / 8 }

  /// Reads a number of at most 32 bits.
  package mutating func number(bits count: Int) throws(FormatError) -> Int {
    guard position + count <= 8 * bytes.count else {
      throw FormatError(.malformed("its parameters end after \(bytes.count) bytes"))
    }
    var value = 0
    for bit in 0..<count {
      value |= Int(bytes[position >> 3] >> UInt8(position & 7) & 1) << bit
      position += 1
    }
    return value
  }

  package mutating func flag() throws(FormatError) -> Bool { try number(bits: 1) == 1 }

  package mutating func golomb(order: Int = 0) throws(FormatError) -> Int {
    var length = 0
    while try flag() {
      length += 1
      guard length + order <= 32 else {
        throw FormatError(.malformed("its parameters have a number too long"))
      }
    }
    let low = try number(bits: length + order)
    return (1 << (length + order)) + low - (1 << order)
  }

  package mutating func signed(order: Int = 0) throws(FormatError) -> Int {
    let value = try golomb(order: order)
    return value & 1 == 1 ? (value + 1) / 2 : -(value / 2)
  }

  /// Reads the padding up to the next whole byte, which must be zero.
  package mutating func finish() throws(FormatError) {
    while position % 8 != 0 {
      guard try !flag() else { throw FormatError(.malformed("its parameters end with a bit that is not 0")) }
    }
  }
}
