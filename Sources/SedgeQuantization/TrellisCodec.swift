// Trellis-coded quantization.

import SedgeByteCompression
package import SedgeTensor

/// Stores elements in few bits: trellis-coded quantization with entropy coding.
///
/// Two quantizers of twice the step interleave, and one of eight states determines the quantizer of an element's level;
/// the level's parity leads to the next state (Marcellin and Fischer, "Trellis coded quantization of memoryless and
/// Gauss-Markov sources", 1990; states run down the columns). At the same bits the squared error is a
/// fifth smaller than that of the best uniform quantizer. Levels are coded by asymmetric numeral systems with
/// frequencies of the matrix's own.
package struct TrellisCodec: TensorCodec {
  /// The target of ``encode(_:rows:columns:)``.
  package var target: EncodingTarget

  /// Makes the codec; decoding needs no target.
  package init(_ target: EncodingTarget = .bits(8)) { self.target = target }

  /// The codec's name.
  package var identifier: CodecIdentifier { .trellis }

  /// A byte stands for at most so many elements: as far as a Zstandard frame expands.
  static let largestExpansion = ZstdFrame.largestExpansion / MemoryLayout<Float>.size

  /// From the bytes of ``largestExpansion`` to those of two words for each level, and the parameters.
  package func codeByteCountRange(rows: Int, columns: Int) -> ClosedRange<Int> {
    let elements = rows * columns
    return max(5, elements / Self.largestExpansion)...4 * elements + 64 * (rows + columns) + (1 << 16)
  }

  /// Encodes the matrix for the target.
  package func encode(_ values: Span<Float>, rows: Int, columns: Int) -> EncodedTensor? {
    let array = unsafe values.withUnsafeBufferPointer { unsafe Array($0) }
    return encoded(
      TrellisEncoder(array, rows: rows, columns: columns).encode(target), rows: rows, columns: columns)
  }

  /// A stream as an encoded tensor; `nil` where it is smaller than readers accept.
  package func encoded(_ stream: [UInt8]?, rows: Int, columns: Int) -> EncodedTensor? {
    guard let stream, codeByteCountRange(rows: rows, columns: columns).contains(stream.count) else {
      return nil
    }
    return EncodedTensor(codes: stream)
  }

  /// Decodes the levels and multiplies them by their steps.
  ///
  /// - Throws: ``FormatError`` for parameters out of range, or levels that do not end with the bytes. Within their limits
  ///   parameters give finite numbers.
  package func decode(
    codes: RawSpan, scales: Span<Float>, rows: Int, columns: Int
  ) throws(FormatError) -> [Float] {
    precondition(codeByteCountRange(rows: rows, columns: columns).contains(codes.byteCount) && scales.isEmpty)
    let bytes = unsafe codes.withUnsafeBytes { unsafe Array($0) }
    return try TrellisStream.decoded(bytes, rows: rows, columns: columns)
  }
}
