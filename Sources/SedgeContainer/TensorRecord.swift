// The record of a tensor in a .sedge file.

package import SedgeArchitecture
package import SedgeQuantization

/// The storage of one tensor.
package struct TensorRecord: Hashable, Sendable {
  /// Name, role, layout and shape.
  package var tensor: ModelTensor
  /// The codec of the elements.
  package var codec: CodecIdentifier
  /// Why the tensor is float32 although another format was requested; `nil` where it is as requested.
  package var floatReason: FloatReason?
  /// The codes.
  package var data: Segment
  /// The scales, little-endian float32, where the codec has any.
  package var scales: Segment?
  /// The largest absolute difference of a decoded element from the one before encoding.
  package var largestAbsoluteError: Double
  /// The root mean square of the differences over that of the elements before encoding.
  package var relativeRMSError: Double
  /// Squared error of the model's output for each unit of squared error of the elements, relative to the other tensors
  /// of the file; `nil` where it is not known, never 0.
  package var importance: Double?
  /// The estimated share of the output's squared error that this tensor's errors cause; `nil` where it is not known,
  /// never 0.
  package var errorShare: Double?

  /// Collects the fields.
  package init(
    tensor: ModelTensor, codec: CodecIdentifier, floatReason: FloatReason?, data: Segment, scales: Segment?,
    largestAbsoluteError: Double, relativeRMSError: Double, importance: Double? = nil,
    errorShare: Double? = nil
  ) {
    self.tensor = tensor
    self.codec = codec
    self.floatReason = floatReason
    self.data = data
    self.scales = scales
    self.largestAbsoluteError = largestAbsoluteError
    self.relativeRMSError = relativeRMSError
    self.importance = importance
    self.errorShare = errorShare
  }

  /// Bytes in the file, scales included.
  package var storedByteCount: Int { data.storedByteCount + (scales?.storedByteCount ?? 0) }
  /// Bits in the file for each element, scales included; small where many rows are zeros, which take almost no bits.
  package var bitsPerWeight: Double { 8 * Double(storedByteCount) / Double(max(tensor.elementCount, 1)) }
  /// Bytes after decompression, scales included.
  package var plainByteCount: Int { data.plainByteCount + (scales?.plainByteCount ?? 0) }
}
