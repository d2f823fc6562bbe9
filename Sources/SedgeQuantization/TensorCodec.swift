// The requirements of a codec.

package import SedgeTensor

/// A tensor's elements as a codec stores them.
package struct EncodedTensor: Hashable, Sendable {
  /// The elements' codes, little-endian.
  package var codes: [UInt8]
  /// The factors that the codes are multiplied by; empty where the codec has none.
  package var scales: [Float]

  /// Collects codes and scales.
  package init(codes: [UInt8], scales: [Float] = []) {
    self.codes = codes
    self.scales = scales
  }
}

/// A way to store float32 elements.
///
/// A codec takes a tensor as a matrix. Encoding is deterministic: the same elements give the same bytes on every processor.
package protocol TensorCodec: Sendable {
  /// The codec's name.
  var identifier: CodecIdentifier { get }

  /// The accepted byte counts of a matrix's codes; the matrix must have fewer than 2^41 elements.
  ///
  /// The lower bound limits the memory that decoding takes for each byte of a file.
  func codeByteCountRange(rows: Int, columns: Int) -> ClosedRange<Int>

  /// The number of scales of a matrix.
  func scaleCount(rows: Int, columns: Int) -> Int

  /// Stores a matrix.
  ///
  /// - Parameters:
  ///   - values: Finite numbers, row-major; any other count than `rows * columns` traps.
  /// - Returns: `nil` where the codec cannot represent the numbers.
  func encode(_ values: Span<Float>, rows: Int, columns: Int) -> EncodedTensor?

  /// Decodes codes and scales to float32 elements, row-major.
  ///
  /// Counts outside of ``codeByteCountRange(rows:columns:)`` and other than ``scaleCount(rows:columns:)`` trap.
  ///
  /// - Throws: ``FormatError`` for codes or scales that no encoder writes.
  func decode(
    codes: RawSpan, scales: Span<Float>, rows: Int, columns: Int
  ) throws(FormatError) -> [Float]
}

extension TensorCodec {
  /// No scales.
  package func scaleCount(rows: Int, columns: Int) -> Int { 0 }

  /// Encodes a matrix given as an array.
  package func encode(_ values: [Float], rows: Int, columns: Int) -> EncodedTensor? {
    encode(values.span, rows: rows, columns: columns)
  }

  /// Decodes an encoded matrix to float32 elements.
  ///
  /// - Throws: ``FormatError`` for codes or scales that no encoder writes.
  package func decode(_ encoded: EncodedTensor, rows: Int, columns: Int) throws(FormatError) -> [Float] {
    unsafe try decode(
      codes: encoded.codes.span.bytes, scales: encoded.scales.span, rows: rows, columns: columns)
  }
}

/// The extents of a tensor as a matrix: its first dimension, and the product of all others.
package func matrixExtents(of shape: [Int]) -> (rows: Int, columns: Int) {
  guard let rows = shape.first else { return (1, 1) }
  return (rows, shape.dropFirst().reduce(1, *))
}
