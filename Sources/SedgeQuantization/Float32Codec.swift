// The binary32 codec.

package import SedgeTensor

/// Stores float32 elements unchanged, 4 bytes each.
package struct Float32Codec: TensorCodec {
  /// Makes the codec.
  package init() {}

  /// The codec's name.
  package var identifier: CodecIdentifier { .f32 }

  /// Four bytes an element.
  package func codeByteCountRange(rows: Int, columns: Int) -> ClosedRange<Int> {
    4 * rows * columns...4 * rows * columns
  }

  /// Copies the elements.
  package func encode(_ values: Span<Float>, rows: Int, columns: Int) -> EncodedTensor? {
    precondition(values.count == rows * columns)
    var codes = [UInt8](repeating: 0, count: 4 * values.count)
    var span = codes.mutableSpan
    var bytes = unsafe span.mutableBytes
    for i in values.indices {
      bytes.storeBytes(of: values[i].bitPattern.littleEndian, toByteOffset: 4 * i, as: UInt32.self)
    }
    return EncodedTensor(codes: codes, scales: [])
  }

  /// Copies the elements.
  ///
  /// - Throws: ``FormatError`` for an element that is not finite.
  package func decode(
    codes: RawSpan, scales: Span<Float>, rows: Int, columns: Int
  ) throws(FormatError) -> [Float] {
    precondition(codes.byteCount == 4 * rows * columns && scales.isEmpty)
    var values = [Float](repeating: 0, count: rows * columns)
    var span = values.mutableSpan
    decodeFloats(codes, elementType: .float32, into: &span)
    try requireFinite(values.span)
    return values
  }
}

/// Throws for an infinity or NaN.
func requireFinite(_ values: Span<Float>) throws(FormatError) {
  // Infinities and NaNs have the largest exponent.
  var largest: UInt32 = 0
  for i in values.indices { largest = max(largest, values[i].bitPattern & 0x7FFF_FFFF) }
  guard largest >= 0x7F80_0000, let i = values.indices.first(where: { !values[$0].isFinite }) else { return }
  throw FormatError(.malformed("element \(i) is \(values[i]), expected a finite number"))
}
