// One entry of a safetensors header.

internal import SedgeTensor

/// One tensor of the header.
struct SafetensorsEntry {
  var name: String
  /// `nil` for a tensor of an unsupported type.
  var info: TensorInfo?
  /// The format's name of the type.
  var typeName: String
  /// The payload, in bytes from the end of the header.
  var byteRange: Range<Int>
}
