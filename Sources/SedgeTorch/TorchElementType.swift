// PyTorch's element types, those that are read and the others by name.

internal import SedgeTensor

/// The type of a storage's elements.
enum TorchElementType: Hashable {
  case read(ElementType)
  /// A type that no tensor here can have: PyTorch's name and the bytes of an element.
  case unread(name: String, byteCount: Int)
  /// A storage of bytes, to which a tensor gives the type.
  case untyped

  /// Bytes of one element.
  var byteCount: Int {
    switch self {
    case .read(let type): type.byteCount
    case .unread(_, let byteCount): byteCount
    case .untyped: 1
    }
  }

  var name: String {
    switch self {
    case .read(let type): type.rawValue
    case .unread(let name, _): name
    case .untyped: "bytes without a type"
    }
  }

  /// Classes of typed storages, in the module `torch`.
  static let storageClasses: [String: TorchElementType] = [
    "DoubleStorage": .read(.float64), "FloatStorage": .read(.float32), "HalfStorage": .read(.float16),
    "BFloat16Storage": .read(.bfloat16), "LongStorage": .read(.int64), "IntStorage": .read(.int32),
    "ShortStorage": .read(.int16), "CharStorage": .read(.int8), "ByteStorage": .read(.uint8),
    "BoolStorage": .read(.bool),
    "ComplexFloatStorage": .unread(name: "complex64", byteCount: 8),
    "ComplexDoubleStorage": .unread(name: "complex128", byteCount: 16),
    "QInt8Storage": .unread(name: "qint8", byteCount: 1),
    "QUInt8Storage": .unread(name: "quint8", byteCount: 1),
    "QInt32Storage": .unread(name: "qint32", byteCount: 4),
    "QUInt4x2Storage": .unread(name: "quint4x2", byteCount: 1),
    "QUInt2x4Storage": .unread(name: "quint2x4", byteCount: 1),
  ]

  /// Names of dtypes, in the module `torch`.
  static let dtypes: [String: TorchElementType] = {
    let others = [
      "complex32": 4, "complex64": 8, "complex128": 16, "qint8": 1, "quint8": 1, "qint32": 4, "quint4x2": 1,
      "quint2x4": 1, "float8_e4m3fnuz": 1, "float8_e5m2fnuz": 1,
      "float8_e8m0fnu": 1, "float4_e2m1fn_x2": 1, "bits8": 1, "bits16": 2, "bits1x8": 1, "bits2x4": 1,
      "bits4x2": 1, "uint1": 1, "uint2": 1, "uint3": 1,
      "uint4": 1, "uint5": 1, "uint6": 1, "uint7": 1, "int1": 1, "int2": 1, "int3": 1, "int4": 1, "int5": 1,
      "int6": 1, "int7": 1,
    ]
    var dtypes: [String: TorchElementType] = [:]
    for type in ElementType.allCases { dtypes[type.rawValue] = .read(type) }
    for (name, byteCount) in others { dtypes[name] = .unread(name: name, byteCount: byteCount) }
    return dtypes
  }()
}
