// A tensor packed for the file.

package import SedgeArchitecture
import SedgeByteCompression
package import SedgeQuantization
package import SedgeTensor

/// Whether a file's segments are compressed.
public enum StorageMode: Hashable, Sendable {
  /// Stored uncompressed.
  case raw
  /// Zstandard frames of a level in 1...19; a segment that does not become smaller is stored uncompressed.
  case zstd(level: Int)

  /// Zstandard at the level that suits model weights.
  public static let compressed = StorageMode.zstd(level: 3)

  /// The mode for text, which the highest level compresses further.
  public var forText: StorageMode { self == .raw ? .raw : .zstd(level: 19) }
}

/// The bytes of a segment before it is placed in a file.
package struct PackedSegment: Hashable, Sendable {
  /// The bytes of the file.
  package let stored: [UInt8]
  /// Bytes after decompression.
  package let plainByteCount: Int
  /// How the bytes are stored.
  package let compression: Segment.Compression
  /// XXH3 (64 bits, seed 0) of ``stored``.
  package let checksum: UInt64

  /// Compresses bytes where the mode requests it and they become smaller.
  ///
  /// - Throws: ``FormatError`` when there is no memory for it.
  package init(_ plain: [UInt8], storage: StorageMode) throws(FormatError) {
    var stored = plain
    var compression = Segment.Compression.raw
    if case .zstd(let level) = storage {
      let frame = unsafe try ZstdFrame.compress(plain.span.bytes, level: level)
      if frame.count < plain.count { (stored, compression) = (frame, .zstd) }
    }
    self.stored = stored
    self.plainByteCount = plain.count
    self.compression = compression
    self.checksum = unsafe SedgeContainer.checksum(stored.span.bytes)
  }

  /// A segment of compressed bytes: one whole Zstandard frame with its content size.
  package init(frame: [UInt8], plainByteCount: Int) {
    stored = frame
    self.plainByteCount = plainByteCount
    compression = .zstd
    checksum = unsafe SedgeContainer.checksum(frame.span.bytes)
  }
}

extension PackedSegment {
  /// The bytes after decompression.
  fileprivate func plain() throws(FormatError) -> [UInt8] {
    guard compression == .zstd else { return stored }
    return unsafe try ZstdFrame.decompress(stored.span.bytes, plainByteCount: plainByteCount)
  }
}

/// A tensor that is encoded and compressed, ready for ``SedgeWriter/append(_:)``.
///
/// Packing depends on its arguments alone, so that several tensors can be packed in parallel.
package struct PackedTensor: Hashable, Sendable {
  /// Name, role, layout and shape.
  package let tensor: ModelTensor
  /// The codec of the elements.
  package let codec: CodecIdentifier
  /// Why the tensor is float32 although another format was requested.
  package let floatReason: FloatReason?
  /// The deviation of decoded elements from those before encoding.
  package let error: Deviation
  /// Rows of its matrix that are all zeros and take no codes; 0 for codecs that code them like any other.
  package let zeroRowCount: Int
  /// The codes.
  package let data: PackedSegment
  /// The scales, where the codec has any.
  package let scales: PackedSegment?

  /// Encodes and compresses a tensor; a shape other than the tensor's traps.
  ///
  /// A tensor that the codec cannot represent, such as one with an element beyond 65,504 as float16, becomes float32.
  ///
  /// - Parameters:
  ///   - choice: The codec and its target.
  ///   - floatReason: Why the codec is a float codec although integers were requested.
  ///   - encoded: Codes of values near the tensor's, where the codec has already encoded them.
  /// - Throws: ``FormatError`` for an element that is not finite.
  package init(
    _ tensor: ModelTensor, values: Tensor, choice: CodecChoice, floatReason: FloatReason? = nil,
    encoded: EncodedTensor? = nil, storage: StorageMode
  ) throws(FormatError) {
    precondition(tensor.shape == values.shape, "\(tensor.name) has shape \(values.shape)")
    if let i = values.values.firstIndex(where: { !$0.isFinite }) {
      throw FormatError(
        .malformed("element \(i) is \(values.values[i]), expected a finite number"), tensor: tensor.name)
    }
    let (used, encoded) =
      encoded.map { (choice, $0) } ?? Self.encoded(tensor, values: values, choice: choice, storage: storage)
    let extents = tensor.matrix(for: used.identifier)
    let codec = used.codec
    do throws(FormatError) {
      let decoded = try codec.decode(encoded, rows: extents.rows, columns: extents.columns)
      self.error = Deviation(reference: values.values, actual: decoded)
      self.data = try PackedSegment(encoded.codes, storage: codec.identifier.isCompact ? .raw : storage)
      self.scales =
        encoded.scales.isEmpty ? nil : try PackedSegment(littleEndianBytes(encoded.scales), storage: storage)
    } catch {
      throw FormatError(error.kind, tensor: tensor.name)
    }
    self.tensor = tensor
    self.codec = codec.identifier
    self.zeroRowCount =
      codec.identifier == .trellis ? values.values.zeroRowCount(columns: extents.columns) : 0
    self.floatReason =
      used == choice
      ? floatReason : [.f16, .f16Planes].contains(choice.identifier) ? .overflow : .proportion
  }

  /// The values that a reader decodes.
  package func decoded() throws(FormatError) -> Tensor {
    let (rows, columns) = tensor.matrix(for: codec)
    let bytes = try scales?.plain() ?? []
    var factors = [Float](repeating: 0, count: bytes.count / 4)
    var span = factors.mutableSpan
    unsafe decodeFloats(bytes.span.bytes, elementType: .float32, into: &span)
    let encoded = EncodedTensor(codes: try data.plain(), scales: factors)
    return Tensor(shape: tensor.shape, values: try codec.codec.decode(encoded, rows: rows, columns: columns))
  }

  /// Bytes in the file, scales included.
  package var storedByteCount: Int { data.stored.count + (scales?.stored.count ?? 0) }

  /// Encodes by the codec, or as float32 where it cannot represent the values.
  private static func encoded(
    _ tensor: ModelTensor, values: Tensor, choice: CodecChoice, storage: StorageMode
  ) -> (choice: CodecChoice, encoded: EncodedTensor) {
    let spare: [CodecChoice] = storage == .raw ? [.f32] : [.f32Planes, .f32]
    for choice in [choice] + spare {
      let (rows, columns) = tensor.matrix(for: choice.identifier)
      if let encoded = choice.codec.encode(values.values, rows: rows, columns: columns) {
        return (choice, encoded)
      }
    }
    preconditionFailure("float32 holds every number")
  }
}

/// Float32 numbers in little-endian bytes.
private func littleEndianBytes(_ values: [Float]) -> [UInt8] {
  var bytes: [UInt8] = []
  bytes.reserveCapacity(4 * values.count)
  for value in values { bytes.append(littleEndian: value.bitPattern) }
  return bytes
}

extension [Float] {
  /// Rows of a matrix, row-major, in which every element is zero.
  package func zeroRowCount(columns: Int) -> Int {
    stride(from: 0, to: count, by: Swift.max(columns, 1)).count { start in
      self[start..<Swift.min(start + columns, count)].allSatisfy { $0 == 0 }
    }
  }
}
