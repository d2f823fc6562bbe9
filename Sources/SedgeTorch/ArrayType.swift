// Element types of NumPy's arrays.

internal import SedgeTensor

/// What NumPy calls a dtype.
struct ArrayType {
  let elementType: TorchElementType
  /// Whether elements of several bytes begin with the highest.
  var isBigEndian: Bool

  /// The type of a name such as `f4` or `<f4`.
  ///
  /// Source: the array interface of NumPy, https://numpy.org/doc/stable/reference/arrays.interface.html.
  init(name: String) {
    isBigEndian = name.hasPrefix(">")
    let code = String(name.drop { "<>|=".contains($0) })
    elementType = Self.types[code].map { .read($0) } ?? .unread(name: code, byteCount: 0)
  }

  /// The type that a class outside of NumPy stands for, such as `ml_dtypes.bfloat16`.
  init(className: String) {
    isBigEndian = false
    let name = className.split(separator: ".").last.map(String.init) ?? className
    let type = className.hasPrefix("ml_dtypes.") ? ElementType(rawValue: name) : nil
    elementType = type.map { .read($0) } ?? .unread(name: className, byteCount: 0)
  }

  private static let types: [String: ElementType] = [
    "f2": .float16, "f4": .float32, "f8": .float64, "i1": .int8, "i2": .int16, "i4": .int32, "i8": .int64,
    "u1": .uint8, "u2": .uint16, "u4": .uint32, "u8": .uint64, "b1": .bool, "?": .bool,
  ]
}
