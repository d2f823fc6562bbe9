// What every codec offers.

public import SedgeTensor

/// A tensor's elements as a codec stores them.
public struct EncodedTensor: Hashable, Sendable {
  /// The elements' codes, little-endian.
  public var codes: [UInt8]
  /// The factors that the codes are multiplied by; empty where the codec has none.
  public var scales: [Float]

  /// Collects codes and scales.
  public init(codes: [UInt8], scales: [Float] = []) {
    self.codes = codes
    self.scales = scales
  }
}

/// A way to store float32 elements.
///
/// A codec sees a tensor as a matrix. Encoding is a pure function: the same elements give the same bytes, on every
/// processor.
public protocol TensorCodec: Sendable {
  /// The codec's name.
  var identifier: CodecIdentifier { get }

  /// Bytes that the codes of a matrix may have; its elements must be fewer than 2^41.
  ///
  /// The lower bound is such that no file takes memory out of proportion to its size.
  func codeByteCountRange(rows: Int, columns: Int) -> ClosedRange<Int>

  /// The number of scales of a matrix.
  func scaleCount(rows: Int, columns: Int) -> Int

  /// Stores a matrix.
  ///
  /// - Parameters:
  ///   - values: Finite numbers, row-major; any other count than `rows * columns` traps.
  /// - Returns: `nil` where the codec cannot hold the numbers.
  func encode(_ values: Span<Float>, rows: Int, columns: Int) -> EncodedTensor?

  /// The float32 elements that codes and scales stand for, row-major.
  ///
  /// Counts outside of ``codeByteCountRange(rows:columns:)`` and other than ``scaleCount(rows:columns:)`` trap.
  ///
  /// - Throws: ``FormatError`` for codes or a scale that no encoder writes.
  func decode(
    codes: RawSpan, scales: Span<Float>, rows: Int, columns: Int
  ) throws(FormatError) -> [Float]
}

extension TensorCodec {
  /// None.
  public func scaleCount(rows: Int, columns: Int) -> Int { 0 }

  /// Stores a matrix in an array.
  public func encode(_ values: [Float], rows: Int, columns: Int) -> EncodedTensor? {
    encode(values.span, rows: rows, columns: columns)
  }

  /// The float32 elements that an encoded matrix stands for.
  ///
  /// - Throws: ``FormatError`` for codes or a scale that no encoder writes.
  public func decode(_ encoded: EncodedTensor, rows: Int, columns: Int) throws(FormatError) -> [Float] {
    unsafe try decode(
      codes: encoded.codes.span.bytes, scales: encoded.scales.span, rows: rows, columns: columns)
  }
}

/// A shape as the matrix of its first dimension and all others.
public func matrixExtents(of shape: [Int]) -> (rows: Int, columns: Int) {
  guard let rows = shape.first else { return (1, 1) }
  return (rows, shape.dropFirst().reduce(1, *))
}
