// One attribute of an HDF5 object.

internal import CSedgeHDF5
internal import SedgeTensor

/// An open attribute and its type; to be used inside ``HDF5Library/locked(_:)``.
struct HDF5Attribute: ~Copyable {
  private let handle: HDF5Handle
  private let type: HDF5Handle
  /// The number of elements.
  let elementCount: Int
  /// Whether the attribute has no dimensions.
  let isScalar: Bool

  /// The longest list of numbers that is one setting.
  private static let maximumListCount = 16
  /// UTF-8 bytes of an attribute's name.
  private static let maximumNameByteCount = 256

  /// The attribute of a name (`H5Aopen`); `nil` where an object has none.
  init?(_ name: String, of object: borrowing HDF5Handle) {
    guard unsafe H5Aexists(object.id, name) > 0 else { return nil }
    unsafe self.init(H5Aopen(object.id, name, hid_t(H5P_DEFAULT)))
  }

  /// The attribute at an index (`H5Aopen_by_idx`).
  init?(at index: Int, of object: borrowing HDF5Handle) {
    unsafe self.init(
      H5Aopen_by_idx(
        object.id, ".", H5_INDEX_NAME, H5_ITER_NATIVE, hsize_t(index), hid_t(H5P_DEFAULT), hid_t(H5P_DEFAULT))
    )
  }

  /// An attribute that libhdf5 opened; `nil` where it has more than one dimension.
  private init?(_ id: hid_t) {
    guard let handle = HDF5Handle(id), let type = HDF5Handle(H5Aget_type(handle.id)),
      let space = HDF5Handle(H5Aget_space(handle.id)),
      [H5S_SCALAR, H5S_SIMPLE].contains(H5Sget_simple_extent_type(space.id)),
      (0...1).contains(H5Sget_simple_extent_ndims(space.id))
    else { return nil }
    elementCount = Int(H5Sget_simple_extent_npoints(space.id))
    isScalar = H5Sget_simple_extent_ndims(space.id) == 0
    self.handle = handle
    self.type = type
  }

  /// The name (`H5Aget_name`); `nil` where it is too long or not UTF-8.
  var name: String? {
    var bytes = [CChar](repeating: 0, count: Self.maximumNameByteCount + 1)
    let count = unsafe H5Aget_name(handle.id, bytes.count, &bytes)
    guard (1...Self.maximumNameByteCount).contains(count) else { return nil }
    return String(validating: bytes.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// The value as text: a number, a short list of numbers, or a string; `nil` for any other.
  var text: String? {
    guard (1...Self.maximumListCount).contains(elementCount) else { return nil }
    switch H5Tget_class(type.id) {
    case H5T_INTEGER where H5Tget_size(type.id) <= 8: return integers
    case H5T_FLOAT where H5Tget_size(type.id) <= 8: return floats
    default: return string
    }
  }

  private var integers: String? {
    var numbers = [Int64](repeating: 0, count: elementCount)
    guard unsafe H5Aread(handle.id, sedge_H5T_STD_I64LE(), &numbers) >= 0 else { return nil }
    return listText(numbers.map { String(Int64(littleEndian: $0)) })
  }

  private var floats: String? {
    var numbers = [UInt64](repeating: 0, count: elementCount)
    guard unsafe H5Aread(handle.id, sedge_H5T_IEEE_F64LE(), &numbers) >= 0 else { return nil }
    let values = numbers.map { Double(bitPattern: UInt64(littleEndian: $0)) }
    // A float32 is written as the shortest text that is the same float32.
    let isShort = H5Tget_size(type.id) <= 4
    return listText(values.map { isShort ? "\(Float($0))" : "\($0)" })
  }

  private func listText(_ numbers: [String]) -> String {
    isScalar ? numbers[0] : "[\(numbers.joined(separator: ", "))]"
  }

  /// The one string that the attribute is (`H5Aread`), without its padding; `nil` for any other value.
  var string: String? {
    guard elementCount == 1, H5Tget_class(type.id) == H5T_STRING else { return nil }
    if H5Tis_variable_str(type.id) > 0 {
      var pointer: UnsafeMutablePointer<CChar>?
      guard unsafe H5Aread(handle.id, type.id, &pointer) >= 0, let text = unsafe pointer else { return nil }
      defer { unsafe H5free_memory(text) }
      return unsafe String(validatingCString: text)
    }
    let byteCount = H5Tget_size(type.id)
    guard (1...StoredAttributes.maximumTextByteCount).contains(byteCount) else { return nil }
    var bytes = [UInt8](repeating: 0, count: byteCount)
    guard unsafe H5Aread(handle.id, type.id, &bytes) >= 0 else { return nil }
    return String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self).map { text in
      String(text.reversed().drop { $0 == " " }.reversed())
    }
  }
}
