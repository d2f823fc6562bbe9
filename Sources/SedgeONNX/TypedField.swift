// The fields that ONNX keeps elements in which are not raw.

internal import SedgeTensor

/// The field of a `TensorProto` that elements of a type are in, where they are not raw.
enum TypedField: Int {
  case floatData = 4
  case int32Data = 5
  case int64Data = 7
  case doubleData = 10
  case uint64Data = 11

  /// Bytes of an element in the file, `nil` for varints.
  var fixedByteCount: Int? {
    switch self {
    case .floatData: 4
    case .doubleData: 8
    case .int32Data, .int64Data, .uint64Data: nil
    }
  }

  /// The field's name in the schema.
  var name: String {
    switch self {
    case .floatData: "float_data"
    case .int32Data: "int32_data"
    case .int64Data: "int64_data"
    case .doubleData: "double_data"
    case .uint64Data: "uint64_data"
    }
  }
}

extension ElementType {
  /// Where ONNX keeps elements of this type, unless they are raw.
  var typedField: TypedField {
    switch self {
    case .float32: .floatData
    case .float64: .doubleData
    case .int64: .int64Data
    case .uint32, .uint64: .uint64Data
    case .float8E4M3, .float8E5M2, .float16, .bfloat16, .int8, .int16, .int32, .uint8, .uint16, .bool:
      .int32Data
    }
  }
}
