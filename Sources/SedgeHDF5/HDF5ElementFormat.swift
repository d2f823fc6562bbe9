// The HDF5 data types that stand for a tensor's elements.

internal import CSedgeHDF5
internal import SedgeTensor

/// The element type of a data set, or why it is not read.
enum HDF5ElementFormat {
  case element(ElementType)
  /// Numbers of a type that is not read: what they are and what to do, worded to follow "it is".
  case unreadable(String)
  /// No numbers; the type in words.
  case other(String)

  /// Recognizes the type of a data set (`H5Tget_class`).
  init(of type: borrowing HDF5Handle, in dataSet: borrowing HDF5Handle) {
    let byteCount = H5Tget_size(type.id)
    switch H5Tget_class(type.id) {
    case H5T_FLOAT:
      self = Self.float(type, byteCount)
    case H5T_INTEGER:
      if byteCount <= 2, let marked = Self.markedType(of: dataSet, byteCount) {
        self = .element(marked)
      } else {
        self = Self.integer(isSigned: H5Tget_sign(type.id) != H5T_SGN_NONE, byteCount)
      }
    case H5T_OPAQUE:
      if byteCount <= 2, let marked = Self.markedType(of: dataSet, byteCount) {
        self = .element(marked)
      } else {
        self = .unreadable(
          "\(byteCount)-byte opaque values, as h5py stores bfloat16 and float8 of ml_dtypes; save it as float32, or "
            + "name the type: its attribute dtype = bfloat16, float8_e4m3fn or float8_e5m2")
      }
    case H5T_ENUM where Self.isBool(type):
      self = .element(.bool)
    case H5T_COMPOUND where Self.isComplex(type):
      self = .unreadable("complex numbers; save the real part")
    case Self.complexClass:
      self = .unreadable("complex numbers; save the real part")
    case H5T_ARRAY:
      self = .unreadable("arrays as elements; save it with their dimensions as its own")
    case H5T_VLEN:
      self = .unreadable("sequences of varying length; save it as one array")
    case let other:
      self = .other(Self.name(of: other))
    }
  }

  /// The little-endian type in memory that elements of `type` are read as, of the same size.
  static func memoryType(for type: borrowing HDF5Handle) -> HDF5Handle? {
    switch H5Tget_class(type.id) {
    case H5T_INTEGER:
      let isSigned = H5Tget_sign(type.id) != H5T_SGN_NONE
      switch H5Tget_size(type.id) {
      case 1: return HDF5Handle(H5Tcopy(isSigned ? sedge_H5T_STD_I8LE() : sedge_H5T_STD_U8LE()))
      case 2: return HDF5Handle(H5Tcopy(isSigned ? sedge_H5T_STD_I16LE() : sedge_H5T_STD_U16LE()))
      case 4: return HDF5Handle(H5Tcopy(isSigned ? sedge_H5T_STD_I32LE() : sedge_H5T_STD_U32LE()))
      default: return HDF5Handle(H5Tcopy(isSigned ? sedge_H5T_STD_I64LE() : sedge_H5T_STD_U64LE()))
      }
    case H5T_FLOAT:
      guard let copy = HDF5Handle(H5Tcopy(type.id)), H5Tset_order(copy.id, H5T_ORDER_LE) >= 0 else {
        return nil
      }
      return copy
    default:
      return HDF5Handle(H5Tcopy(type.id))
    }
  }

  private static func integer(isSigned: Bool, _ byteCount: Int) -> HDF5ElementFormat {
    switch byteCount {
    case 1: .element(isSigned ? .int8 : .uint8)
    case 2: .element(isSigned ? .int16 : .uint16)
    case 4: .element(isSigned ? .int32 : .uint32)
    case 8: .element(isSigned ? .int64 : .uint64)
    default: .unreadable("\(byteCount)-byte integers; save it as float32")
    }
  }

  private static func float(_ type: borrowing HDF5Handle, _ byteCount: Int) -> HDF5ElementFormat {
    let order = H5Tget_order(type.id)
    let layout = FloatLayout(of: type, byteCount)
    guard order == H5T_ORDER_LE || order == H5T_ORDER_BE, let layout else {
      return .unreadable("floating-point numbers in an order of bytes that is not known; save it as float32")
    }
    return switch layout {
    case .float8E4M3: .element(.float8E4M3)
    case .float8E5M2: .element(.float8E5M2)
    case .float16: .element(.float16)
    case .bfloat16: .element(.bfloat16)
    case .float32: .element(.float32)
    case .float64: .element(.float64)
    default:
      .unreadable(
        "\(byteCount)-byte floating-point numbers of \(layout.exponentBits) exponent bits (bias \(layout.bias)) and "
          + "\(layout.fractionBits) fraction bits; save it as float32")
    }
  }

  /// Whether the type is how h5py stores Booleans: one byte, `FALSE` is 0 and `TRUE` is 1.
  private static func isBool(_ type: borrowing HDF5Handle) -> Bool {
    guard H5Tget_size(type.id) == 1, H5Tget_nmembers(type.id) == 2 else { return false }
    return ["FALSE", "TRUE"].enumerated().allSatisfy { value, expected in
      var byte = UInt8(value)
      var name = [CChar](repeating: 0, count: 8)
      let status = unsafe H5Tenum_nameof(type.id, &byte, &name, name.count - 1)
      return status >= 0 && name.map(UInt8.init(bitPattern:)).prefix { $0 != 0 }.elementsEqual(expected.utf8)
    }
  }

  /// The class of HDF5 2.0 for complex numbers.
  private static let complexClass = H5T_class_t(rawValue: 11)

  /// Whether the type is how h5py stores complex numbers: the members `r` and `i`.
  private static func isComplex(_ type: borrowing HDF5Handle) -> Bool {
    guard H5Tget_nmembers(type.id) == 2 else { return false }
    return unsafe H5Tget_member_index(type.id, "r") == 0 && H5Tget_member_index(type.id, "i") == 1
  }

  /// The type of so many bytes that the attribute `dtype` of the data set names, as Keras marks what HDF5 has no type
  /// for.
  private static func markedType(of dataSet: borrowing HDF5Handle, _ byteCount: Int) -> ElementType? {
    guard let name = HDF5Attribute("dtype", of: dataSet)?.string else { return nil }
    let marked: [ElementType] = [.bfloat16, .float8E4M3, .float8E5M2]
    return marked.first { $0.rawValue == name && $0.byteCount == byteCount }
  }

  private static func name(of kind: H5T_class_t) -> String {
    switch kind {
    case H5T_TIME: "times"
    case H5T_STRING: "strings"
    case H5T_BITFIELD: "bit fields"
    case H5T_COMPOUND: "compounds"
    case H5T_REFERENCE: "references"
    case H5T_ENUM: "an enumeration"
    default: "an unknown type"
    }
  }
}

/// The bit fields of a floating-point type, counted from the least significant bit.
private struct FloatLayout: Equatable {
  var byteCount: Int
  var precision: Int
  var offset = 0
  var sign: Int
  var exponentStart: Int
  var exponentBits: Int
  var fractionStart = 0
  var fractionBits: Int
  var bias: Int
  var hasImpliedOne = true

  static let float8E4M3 = FloatLayout(exponentBits: 4, fractionBits: 3)
  static let float8E5M2 = FloatLayout(exponentBits: 5, fractionBits: 2)
  static let float16 = FloatLayout(exponentBits: 5, fractionBits: 10)
  static let bfloat16 = FloatLayout(exponentBits: 8, fractionBits: 7)
  static let float32 = FloatLayout(exponentBits: 8, fractionBits: 23)
  static let float64 = FloatLayout(exponentBits: 11, fractionBits: 52)

  /// The IEEE 754 pattern: sign, exponent, fraction, without gaps.
  private init(exponentBits: Int, fractionBits: Int) {
    precision = 1 + exponentBits + fractionBits
    byteCount = precision / 8
    sign = precision - 1
    exponentStart = fractionBits
    self.exponentBits = exponentBits
    self.fractionBits = fractionBits
    bias = 1 << (exponentBits - 1) - 1
  }

  /// The pattern of a type of class `H5T_FLOAT` (`H5Tget_fields`).
  init?(of type: borrowing HDF5Handle, _ byteCount: Int) {
    (sign, exponentStart, exponentBits, fractionBits) = (0, 0, 0, 0)
    let status = unsafe H5Tget_fields(
      type.id, &sign, &exponentStart, &exponentBits, &fractionStart, &fractionBits)
    guard status >= 0, let bias = Int(exactly: H5Tget_ebias(type.id)) else { return nil }
    self.bias = bias
    self.byteCount = byteCount
    precision = H5Tget_precision(type.id)
    offset = Int(H5Tget_offset(type.id))
    hasImpliedOne = H5Tget_norm(type.id) == H5T_NORM_IMPLIED
  }
}
