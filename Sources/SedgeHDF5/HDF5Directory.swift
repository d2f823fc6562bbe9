// The walk through a file's groups that finds its data sets.

internal import CSedgeHDF5
internal import SedgeTensor

/// The data sets of a file under all of their names.
///
/// Hard links and soft links are followed, unless they lead to a group around them or out of the file. Several ways to
/// one object are several names of it; together they are bounded by the size of the file.
struct HDF5Directory: Sendable {
  private(set) var dataSets: [HDF5DataSet] = []
  private(set) var skipped: [SkippedObject] = []
  /// The ways to all groups, each with a slash behind it; empty for the root.
  private(set) var groupPrefixes: [String] = []
  /// Names of tensors that have elements which the file does not, and which read as the fill value.
  private(set) var unwritten: [String] = []
  private let fileByteCount: Int
  private var linkCount = 0
  private var unbackedByteCount = 0
  private var textByteCount = 0
  private var originsByName: [String: (location: String, address: haddr_t)] = [:]
  /// The groups that the walk is in, by address, and the way to each.
  private var groups: [(address: haddr_t, location: String)] = []

  /// Groups inside one another; model files have fewer than ten.
  private static let maximumDepth = 64
  /// UTF-8 bytes of a location; it bounds what the names of a file can take.
  private static let maximumLocationByteCount = 1024
  /// Bytes that data sets may have of the fill value, all of a file's together: more than the largest tensor of any such
  /// model takes in float64, and less than a machine notices.
  static let maximumUnbackedByteCount = 1 << 29

  /// Lists an open file.
  init(of file: hid_t, fileByteCount: Int) throws(FormatError) {
    self.fileByteCount = fileByteCount
    guard let root = HDF5Library.open("/", in: file) else {
      throw HDF5Library.lastError()
    }
    try list(root, prefix: "")
  }

  private mutating func list(_ group: borrowing HDF5Handle, prefix: String) throws(FormatError) {
    guard groups.count < Self.maximumDepth else {
      throw FormatError(
        .malformed("groups are nested deeper than \(Self.maximumDepth)"), tensor: Self.groupName(prefix))
    }
    groupPrefixes.append(prefix)
    groups.append((sedge_object_address(group.id), prefix.isEmpty ? "/" : String(prefix.dropLast())))
    defer { groups.removeLast() }
    for link in try links(of: group, prefix) {
      let location = prefix + link.name
      guard location.utf8.count <= Self.maximumLocationByteCount else {
        throw FormatError(.malformed("a name is longer than \(Self.maximumLocationByteCount) bytes"))
      }
      try FormatError.locating(tensor: Self.dotted(location)) { () throws(FormatError) in
        try follow(link, of: group, location)
      }
    }
  }

  private mutating func follow(
    _ link: HDF5Link, of group: borrowing HDF5Handle, _ location: String
  ) throws(FormatError) {
    switch link.kind {
    case H5L_TYPE_HARD, H5L_TYPE_SOFT:
      guard let object = HDF5Library.open(link.name, in: group.id) else {
        let error = HDF5Library.lastError()
        if let message = HDF5Library.unknownVersion(error) {
          try skip(location, Self.versionReason(message), isTensor: true)
        } else if link.kind == H5L_TYPE_SOFT, error != HDF5Library.outOfMemory {
          try skip(location, "it is a soft link that leads to nothing in this file", isTensor: true)
        } else {
          throw error
        }
        return
      }
      try add(object, location)
    case H5L_TYPE_EXTERNAL:
      try skip(location, "it is a link into another file; \(HDF5Storage.oneFileAdvice)", isTensor: true)
    default:
      try skip(location, "it is a link of a private kind; \(HDF5Storage.oneFileAdvice)", isTensor: true)
    }
  }

  private mutating func add(_ object: borrowing HDF5Handle, _ location: String) throws(FormatError) {
    let address = sedge_object_address(object.id)
    switch H5Iget_type(object.id) {
    case H5I_GROUP:
      if let around = groups.first(where: { $0.address == address }) {
        try skip(location, "another link to \(around.location)")
      } else {
        try list(object, prefix: location + "/")
      }
    case H5I_DATASET: try add(dataSet: object, address, location)
    default: try skip(location, "a data type")
    }
  }

  private mutating func add(
    dataSet: borrowing HDF5Handle, _ address: haddr_t, _ location: String
  ) throws(FormatError) {
    let name = Self.dotted(location)
    let description: HDF5Description
    do {
      description = try HDF5Description.of(dataSet, name: name, fileByteCount: fileByteCount)
    } catch {
      guard let message = HDF5Library.unknownVersion(error) else { throw error }
      description = .unreadable(reason: Self.versionReason(message))
    }
    switch description {
    case .skipped(let reason): try skip(location, reason)
    case .unreadable(let reason): try skip(location, reason, isTensor: true)
    case .tensor(let info, let unbacked):
      if let other = originsByName.updateValue((location, address), forKey: name) {
        guard other.address != address else { return }
        throw FormatError(.malformed("the name stands for two data sets, \(other.location) and \(location)"))
      }
      guard unbacked <= Self.maximumUnbackedByteCount - unbackedByteCount else {
        let stored = try HDF5Storage(of: dataSet).storedByteCount
        try skip(
          location,
          "\(stored) of its \(info.byteCount) bytes are stored, too few to take the others for its fill value; "
            + "write all of it", isTensor: true)
        return
      }
      unbackedByteCount += unbacked
      let storage = try HDF5Storage(of: dataSet)
      if try storage.isPartlyUnwritten(info, in: dataSet) { unwritten.append(name) }
      try count(name, location)
      dataSets.append(
        HDF5DataSet(info: info, location: location, workingByteCount: try storage.workingByteCount(info)))
    }
  }

  private static func versionReason(_ message: String) -> String {
    "libhdf5 \(HDF5Library.version) does not know how it is stored (\(message)); \(HDF5Library.rewritingAdvice)"
  }

  private mutating func skip(
    _ location: String, _ reason: String, isTensor: Bool = false
  ) throws(FormatError) {
    try count(location, reason)
    skipped.append(SkippedObject(name: Self.dotted(location), reason: reason, isTensor: isTensor))
  }

  /// Counts the texts of an entry, with the numbers beside them.
  private mutating func count(_ first: String, _ second: String) throws(FormatError) {
    textByteCount += first.utf8.count + second.utf8.count + 128
    let most = HDF5Contents.maximumByteCount(fileByteCount: fileByteCount)
    guard textByteCount <= most else {
      throw FormatError(.malformed("the names of its objects take more than \(most) bytes"))
    }
  }

  /// What errors call a group; `nil` for the root.
  private static func groupName(_ prefix: String) -> String? {
    prefix.isEmpty ? nil : dotted(String(prefix.dropLast()))
  }

  private static func dotted(_ location: String) -> String {
    String(decoding: location.utf8.map { $0 == UInt8(ascii: "/") ? UInt8(ascii: ".") : $0 }, as: UTF8.self)
  }

  /// The links of a group, sorted by name.
  private mutating func links(
    of group: borrowing HDF5Handle, _ prefix: String
  ) throws(FormatError) -> [HDF5Link] {
    // A link takes 8 bytes and more: a walk that meets more of them than fit the file runs in circles.
    let capacity = fileByteCount / 8 - linkCount
    let links = try FormatError.locating(tensor: Self.groupName(prefix)) { () throws(FormatError) in
      try HDF5Link.all(of: group, capacity: capacity)
    }
    linkCount += links.count
    return links
  }
}
