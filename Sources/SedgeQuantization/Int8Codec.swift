// The int8 codec.

package import SedgeTensor

/// Stores each element as an integer `q` in -127...127 of value `q * scale`, with one scale for each row.
///
/// Symmetric: zero stays zero. The scale of a row is the one with the least squared error among the
/// candidates of ``scale(for:)``; 1 byte an element and 4 a row. Products are rounded to float32.
package struct Int8Codec: TensorCodec {
  /// The largest code.
  package static let largestCode: Float = 127
  /// The largest scale whose product with ``largestCode`` is finite.
  package static let largestScale: Float = 0x1.020406p121

  /// Makes the codec.
  package init() {}

  /// The codec's name.
  package var identifier: CodecIdentifier { .int8 }

  /// One byte an element.
  package func codeByteCountRange(rows: Int, columns: Int) -> ClosedRange<Int> {
    rows * columns...rows * columns
  }

  /// One scale a row.
  package func scaleCount(rows: Int, columns: Int) -> Int { rows }

  /// Chooses every row's scale and rounds the elements to its multiples.
  package func encode(_ values: Span<Float>, rows: Int, columns: Int) -> EncodedTensor? {
    precondition(values.count == rows * columns)
    var codes = [UInt8](repeating: 0, count: values.count)
    var scales = [Float](repeating: 0, count: rows)
    var output = codes.mutableSpan
    for row in 0..<rows {
      let elements = values.extracting(row * columns..<(row + 1) * columns)
      let scale = Self.scale(for: elements)
      scales[row] = scale
      if scale > 0 { Self.round(elements, scale: scale, into: &output, at: row * columns) }
    }
    return EncodedTensor(codes: codes, scales: scales)
  }

  /// Multiplies codes by scales.
  ///
  /// - Throws: ``FormatError`` for the code -128, and for a scale that is negative or beyond ``largestScale``.
  package func decode(
    codes: RawSpan, scales: Span<Float>, rows: Int, columns: Int
  ) throws(FormatError) -> [Float] {
    precondition(codes.byteCount == rows * columns && scales.count == rows)
    for row in scales.indices where !(scales[row] >= 0 && scales[row] <= Self.largestScale) {
      throw FormatError(
        .malformed("the scale of row \(row) is \(scales[row]), expected 0...\(Self.largestScale)"))
    }
    var values = [Float](repeating: 0, count: rows * columns)
    var output = values.mutableSpan
    var smallestCode: Int8 = 0
    for row in 0..<rows {
      let scale = scales[row]
      for i in row * columns..<(row + 1) * columns {
        let code = codes.littleEndian(at: i, as: Int8.self)
        smallestCode = min(smallestCode, code)
        output[i] = Float(code) * scale
      }
    }
    guard smallestCode >= -127 else {
      throw FormatError(.malformed("there is a code of -128, expected -127...127"))
    }
    return values
  }
}
