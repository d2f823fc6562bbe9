// The record of a tensor in a .sedge file.

public import SedgeArchitecture
public import SedgeQuantization

/// The storage of one tensor.
public struct TensorRecord: Hashable, Sendable {
  /// Name, role, layout and shape.
  public var tensor: ModelTensor
  /// The codec of the elements.
  public var codec: CodecIdentifier
  /// Why the tensor is float32 although another format was requested; `nil` where it is as requested.
  public var floatReason: FloatReason?
  /// The codes.
  public var data: Segment
  /// The scales, little-endian float32, where the codec has any.
  public var scales: Segment?
  /// The largest absolute difference of a decoded element from the one before encoding.
  public var largestAbsoluteError: Double
  /// The root mean square of the differences over that of the elements before encoding.
  public var relativeRMSError: Double
  /// Squared error of the model's output for each unit of squared error of the elements, relative to the other tensors
  /// of the file; `nil` where it is not known, never 0.
  public var importance: Double?
  /// The estimated share of the output's squared error that this tensor's errors cause; `nil` where it is not known,
  /// never 0.
  public var errorShare: Double?

  /// Collects the fields.
  public init(
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
  public var storedByteCount: Int { data.storedByteCount + (scales?.storedByteCount ?? 0) }
  /// Bits in the file for each element, scales included; small where many rows are zeros, which take almost no bits.
  public var bitsPerWeight: Double { 8 * Double(storedByteCount) / Double(max(tensor.elementCount, 1)) }
  /// Bytes after decompression, scales included.
  public var plainByteCount: Int { data.plainByteCount + (scales?.plainByteCount ?? 0) }
}
