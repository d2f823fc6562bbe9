// The numbers of ONNX's element types.

internal import SedgeTensor

/// `TensorProto.DataType`.
enum ElementFormat: Hashable {
  /// A type that is read.
  case read(ElementType)
  /// A type that no checkpoint of such a model has, by its name in the standard.
  case other(String)

  /// The type of a number.
  init(dataType: Int) {
    let read: [Int: ElementType] = [
      1: .float32, 2: .uint8, 3: .int8, 4: .uint16, 5: .int16, 6: .int32, 7: .int64, 9: .bool, 10: .float16,
      11: .float64, 12: .uint32, 13: .uint64, 16: .bfloat16, 17: .float8E4M3, 19: .float8E5M2,
    ]
    let other = [
      0: "UNDEFINED", 8: "STRING", 14: "COMPLEX64", 15: "COMPLEX128", 18: "FLOAT8E4M3FNUZ",
      20: "FLOAT8E5M2FNUZ", 21: "UINT4", 22: "INT4", 23: "FLOAT4E2M1", 24: "FLOAT8E8M0",
      25: "UINT2", 26: "INT2",
    ]
    if let type = read[dataType] {
      self = .read(type)
    } else {
      self = .other(other[dataType] ?? "number \(dataType), which is not known")
    }
  }
}
