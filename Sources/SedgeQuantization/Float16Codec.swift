// The binary16 codec.

package import SedgeTensor

/// Stores elements as IEEE 754 binary16, rounded to nearest, ties to even; 2 bytes each.
package struct Float16Codec: TensorCodec {
  /// The largest finite binary16.
  package static let largestMagnitude: Float = 65_504

  /// Makes the codec.
  package init() {}

  /// The codec's name.
  package var identifier: CodecIdentifier { .f16 }

  /// Two bytes an element.
  package func codeByteCountRange(rows: Int, columns: Int) -> ClosedRange<Int> {
    2 * rows * columns...2 * rows * columns
  }

  /// Whether binary16 represents elements: none is beyond ±65,504, and the relative RMS error of rounding is at most
  /// 2^-11, the precision of its normal numbers.
  ///
  /// Elements below 2^-14 are subnormal and lose bits; those below 2^-25 round to zero.
  package static func holds(_ values: Span<Float>) -> Bool {
    guard overflowCount(values) == 0 else { return false }
    var (errors, squares) = (0.0, 0.0)
    for i in values.indices {
      let error = Double(values[i]) - Double(floatFromHalf(halfFromFloat(values[i])))
      errors += error * error
      squares += Double(values[i]) * Double(values[i])
    }
    return errors <= 0x1p-22 * squares
  }

  /// The number of elements beyond ±65,504; a tensor with any cannot be stored as binary16.
  package static func overflowCount(_ values: Span<Float>) -> Int {
    var count = 0
    for i in values.indices where abs(values[i]) > largestMagnitude { count += 1 }
    return count
  }

  /// Rounds the elements; `nil` where binary16 does not represent them.
  package func encode(_ values: Span<Float>, rows: Int, columns: Int) -> EncodedTensor? {
    precondition(values.count == rows * columns)
    guard Self.holds(values) else { return nil }
    var codes = [UInt8](repeating: 0, count: 2 * values.count)
    var span = codes.mutableSpan
    var bytes = unsafe span.mutableBytes
    for i in values.indices {
      bytes.storeBytes(of: halfFromFloat(values[i]).littleEndian, toByteOffset: 2 * i, as: UInt16.self)
    }
    return EncodedTensor(codes: codes, scales: [])
  }

  /// Widens the elements; exact.
  ///
  /// - Throws: ``FormatError`` for an element that is not finite.
  package func decode(
    codes: RawSpan, scales: Span<Float>, rows: Int, columns: Int
  ) throws(FormatError) -> [Float] {
    precondition(codes.byteCount == 2 * rows * columns && scales.isEmpty)
    var values = [Float](repeating: 0, count: rows * columns)
    var span = values.mutableSpan
    decodeFloats(codes, elementType: .float16, into: &span)
    try requireFinite(values.span)
    return values
  }
}
