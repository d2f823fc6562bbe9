// How ONNX numbers its element types and where it keeps their elements.

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
