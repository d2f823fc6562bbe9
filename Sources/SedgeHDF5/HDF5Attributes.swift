// The attributes of groups: numbers and texts.

internal import CSedgeHDF5
internal import SedgeTensor

/// Numbers, short lists of numbers and texts among the attributes of groups.
///
/// An attribute of another kind, or one that cannot be read, is ignored: no tensor depends on it.
struct HDF5Attributes: Sendable {
  /// By the group's dotted name and the attribute's.
  private(set) var values: [String: String] = [:]

  /// Attributes of one group that are looked at.
  private static let maximumCountOfGroup = 256

  /// Reads the attributes of groups; to be called inside ``HDF5Library/locked(_:)``.
  ///
  /// - Parameters:
  ///   - groups: The ways from the root, each with a slash behind it; empty for the root.
  ///   - fileByteCount: Bytes of the file, the most that the texts may take: a group of many names has its texts once.
  init(of groups: [String], in file: hid_t, fileByteCount: Int) {
    var byteCount = 0
    for group in groups where values.count < StoredAttributes.maximumCount {
      guard let handle = unsafe HDF5Handle(H5Oopen(file, "/" + group, hid_t(H5P_DEFAULT))) else { continue }
      let prefix = String(group.map { $0 == "/" ? "." : $0 })
      let count = min(Int(H5Aget_num_attrs(handle.id)), Self.maximumCountOfGroup)
      for index in 0..<max(count, 0) {
        guard let attribute = HDF5Attribute(at: index, of: handle), let name = attribute.name,
          let text = attribute.text
        else { continue }
        byteCount += name.utf8.count + text.utf8.count
        guard byteCount <= fileByteCount else { return }
        values[prefix + name] = text
      }
    }
  }
}
