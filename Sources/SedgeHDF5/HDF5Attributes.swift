// The attributes of groups: numbers and texts that writers leave beside the data sets.

internal import CHDF5
internal import SedgeTensor

/// Numbers, short lists of numbers and texts among the attributes of groups.
///
/// An attribute of another kind, or one that cannot be read, is passed over: no tensor depends on it.
struct HDF5Attributes: Sendable {
  /// By the group's dotted name and the attribute's.
  private(set) var values: [String: String] = [:]

  /// Attributes of one group that are looked at.
  private static let maximumCountOfGroup = 256
  /// The longest list of numbers that is one setting.
  private static let maximumListCount = 16
  /// UTF-8 bytes of an attribute's name.
  private static let maximumNameByteCount = 256

  /// Reads the attributes of groups; to be called inside ``HDF5Library/locked(_:)``.
  ///
  /// - Parameter groups: The ways from the root, each with a slash behind it; empty for the root.
  init(of groups: [String], in file: hid_t) {
    for group in groups where values.count < StoredAttributes.maximumCount {
      guard let handle = unsafe HDF5Handle(H5Oopen(file, "/" + group, hid_t(H5P_DEFAULT))) else { continue }
      let prefix = String(group.map { $0 == "/" ? "." : $0 })
      let count = min(Int(H5Aget_num_attrs(handle.id)), Self.maximumCountOfGroup)
      for index in 0..<max(count, 0) {
        let attribute = unsafe HDF5Handle(
          H5Aopen_by_idx(
            handle.id, ".", H5_INDEX_NAME, H5_ITER_NATIVE, hsize_t(index), hid_t(H5P_DEFAULT),
            hid_t(H5P_DEFAULT)))
        guard let attribute, let name = Self.name(of: attribute), let text = Self.text(of: attribute) else {
          continue
        }
        values[prefix + name] = text
      }
    }
  }

  private static func name(of attribute: borrowing HDF5Handle) -> String? {
    var bytes = [CChar](repeating: 0, count: maximumNameByteCount + 1)
    let count = unsafe H5Aget_name(attribute.id, bytes.count, &bytes)
    guard (1...maximumNameByteCount).contains(count) else { return nil }
    return String(validating: bytes.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  private static func text(of attribute: borrowing HDF5Handle) -> String? {
    guard let type = HDF5Handle(H5Aget_type(attribute.id)),
      let space = HDF5Handle(H5Aget_space(attribute.id)),
      [H5S_SCALAR, H5S_SIMPLE].contains(H5Sget_simple_extent_type(space.id)),
      (0...1).contains(H5Sget_simple_extent_ndims(space.id))
    else { return nil }
    let count = Int(H5Sget_simple_extent_npoints(space.id))
    guard (1...maximumListCount).contains(count) else { return nil }
    let isScalar = H5Sget_simple_extent_ndims(space.id) == 0
    switch H5Tget_class(type.id) {
    case H5T_INTEGER where H5Tget_size(type.id) <= 8:
      var numbers = [Int64](repeating: 0, count: count)
      guard unsafe H5Aread(attribute.id, sedge_H5T_STD_I64LE(), &numbers) >= 0 else { return nil }
      return listText(numbers.map { String(Int64(littleEndian: $0)) }, isScalar: isScalar)
    case H5T_FLOAT where H5Tget_size(type.id) <= 8:
      var numbers = [UInt64](repeating: 0, count: count)
      guard unsafe H5Aread(attribute.id, sedge_H5T_IEEE_F64LE(), &numbers) >= 0 else { return nil }
      let values = numbers.map { Double(bitPattern: UInt64(littleEndian: $0)) }
      // A float32 is written as the shortest text that is the same float32.
      let isShort = H5Tget_size(type.id) <= 4
      return listText(values.map { isShort ? "\(Float($0))" : "\($0)" }, isScalar: isScalar)
    case H5T_STRING where count == 1:
      return string(of: attribute, type)
    default:
      return nil
    }
  }

  private static func listText(_ numbers: [String], isScalar: Bool) -> String {
    isScalar ? numbers[0] : "[\(numbers.joined(separator: ", "))]"
  }

  private static func string(of attribute: borrowing HDF5Handle, _ type: borrowing HDF5Handle) -> String? {
    if H5Tis_variable_str(type.id) > 0 {
      var pointer: UnsafeMutablePointer<CChar>?
      guard unsafe H5Aread(attribute.id, type.id, &pointer) >= 0, let text = unsafe pointer else {
        return nil
      }
      defer { unsafe H5free_memory(text) }
      return unsafe String(validatingCString: text)
    }
    let byteCount = H5Tget_size(type.id)
    guard (1...StoredAttributes.maximumTextByteCount).contains(byteCount) else { return nil }
    var bytes = [UInt8](repeating: 0, count: byteCount)
    guard unsafe H5Aread(attribute.id, type.id, &bytes) >= 0 else { return nil }
    let text = bytes.prefix { $0 != 0 }
    return String(validating: text, as: UTF8.self).map { text in
      String(text.reversed().drop { $0 == " " }.reversed())
    }
  }
}
