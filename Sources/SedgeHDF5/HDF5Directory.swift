// The walk through a file's groups that finds its data sets.

internal import CHDF5
internal import SedgeTensor

/// A data set that is a tensor.
struct HDF5DataSet: Sendable {
  var info: TensorInfo
  /// The way from the root group, with slashes.
  var location: String
}

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
      throw FormatError(.malformed(HDF5Library.lastMessage()))
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
      do {
        try follow(link, of: group, location)
      } catch {
        var named = error
        named.tensor = error.tensor ?? Self.dotted(location)
        throw named
      }
    }
  }

  private mutating func follow(
    _ link: HDF5Link, of group: borrowing HDF5Handle, _ location: String
  ) throws(FormatError) {
    switch link.kind {
    case H5L_TYPE_HARD, H5L_TYPE_SOFT:
      guard let object = HDF5Library.open(link.name, in: group.id) else {
        let message = HDF5Library.lastMessage()
        if HDF5Library.isOfUnknownVersion(message) {
          skip(location, Self.versionReason(message), isTensor: true)
        } else if link.kind == H5L_TYPE_SOFT {
          skip(location, "it is a soft link that leads to nothing in this file", isTensor: true)
        } else {
          throw FormatError(.malformed(message))
        }
        return
      }
      try add(object, location)
    case H5L_TYPE_EXTERNAL:
      skip(location, "it is a link into another file; \(HDF5Storage.oneFileAdvice)", isTensor: true)
    default:
      skip(location, "it is a link of a private kind; \(HDF5Storage.oneFileAdvice)", isTensor: true)
    }
  }

  private mutating func add(_ object: borrowing HDF5Handle, _ location: String) throws(FormatError) {
    let address = sedge_object_address(object.id)
    switch H5Iget_type(object.id) {
    case H5I_GROUP:
      if let around = groups.first(where: { $0.address == address }) {
        skip(location, "another link to \(around.location)")
      } else {
        try list(object, prefix: location + "/")
      }
    case H5I_DATASET: try add(dataSet: object, address, location)
    default: skip(location, "a data type")
    }
  }

  private mutating func add(
    dataSet: borrowing HDF5Handle, _ address: haddr_t, _ location: String
  ) throws(FormatError) {
    let name = Self.dotted(location)
    let description: Description
    do {
      description = try Self.describe(dataSet, name: name, fileByteCount: fileByteCount)
    } catch {
      guard case .malformed(let message) = error.kind, HDF5Library.isOfUnknownVersion(message) else {
        throw error
      }
      description = .unreadable(reason: Self.versionReason(message))
    }
    switch description {
    case .skipped(let reason): skip(location, reason)
    case .unreadable(let reason): skip(location, reason, isTensor: true)
    case .tensor(let info, let unbacked):
      if let other = originsByName.updateValue((location, address), forKey: name) {
        guard other.address != address else { return }
        throw FormatError(.malformed("the name stands for two data sets, \(other.location) and \(location)"))
      }
      guard unbacked <= Self.maximumUnbackedByteCount - unbackedByteCount else {
        let stored = try HDF5Storage(of: dataSet).storedByteCount
        skip(
          location,
          "\(stored) of its \(info.byteCount) bytes are stored, too few to take the others for its fill value; "
            + "write all of it", isTensor: true)
        return
      }
      unbackedByteCount += unbacked
      if try HDF5Storage(of: dataSet).isPartlyUnwritten(info, in: dataSet) { unwritten.append(name) }
      dataSets.append(HDF5DataSet(info: info, location: location))
    }
  }

  private static func versionReason(_ message: String) -> String {
    "libhdf5 \(HDF5Library.version) does not know how it is stored (\(message)); \(HDF5Library.rewritingAdvice)"
  }

  /// What one data set is.
  enum Description {
    /// A tensor, and how many bytes of it are on the file's word alone.
    case tensor(TensorInfo, unbackedByteCount: Int)
    /// Numbers that are not read: why, and what to do.
    case unreadable(reason: String)
    /// No numbers of a model.
    case skipped(reason: String)
  }

  /// Reads shape and type of a data set, and holds the one against what is stored.
  static func describe(
    _ dataSet: borrowing HDF5Handle, name: String, fileByteCount: Int
  ) throws(FormatError) -> Description {
    guard let type = HDF5Handle(H5Dget_type(dataSet.id)), let space = HDF5Handle(H5Dget_space(dataSet.id))
    else {
      throw FormatError(.malformed(HDF5Library.lastMessage()))
    }
    switch HDF5ElementFormat(of: type, in: dataSet) {
    case .other(let reason):
      return .skipped(reason: reason)
    case .unreadable(let what):
      return .unreadable(reason: "it is of \(what)")
    case .element(let elementType):
      let storage = try HDF5Storage(of: dataSet)
      if let place = storage.foreignPlace {
        return .unreadable(reason: "it is \(place); \(HDF5Storage.oneFileAdvice)")
      }
      guard let shape = try shape(of: space) else { return .skipped(reason: "no elements and no shape") }
      if !elementType.isFloatingPoint, shape.allSatisfy({ $0 == 1 }) {
        return .skipped(reason: "an integer beside the model")
      }
      guard let info = TensorInfo(name: name, elementType: elementType, shape: shape) else {
        throw FormatError(.malformed("\(shapeText(shape)) elements are more than memory can have"))
      }
      let unbacked = try storage.unbackedByteCount(info, fileByteCount: fileByteCount)
      if let filter = storage.missingFilter(in: dataSet) {
        return .unreadable(
          reason:
            "it is stored through the filter \(filter.name), which is not read; \(HDF5Storage.filterAdvice)")
      }
      return .tensor(info, unbackedByteCount: unbacked)
    }
  }

  /// The extents of a data space (`H5Sget_simple_extent_dims`); `nil` for the null space.
  private static func shape(of space: borrowing HDF5Handle) throws(FormatError) -> [Int]? {
    guard H5Sget_simple_extent_type(space.id) != H5S_NULL else { return nil }
    var extents = [hsize_t](repeating: 0, count: Int(H5S_MAX_RANK))
    let rank = Int(H5Sget_simple_extent_ndims(space.id))
    guard (0...extents.count).contains(rank), unsafe H5Sget_simple_extent_dims(space.id, &extents, nil) >= 0
    else {
      throw FormatError(.malformed(HDF5Library.lastMessage()))
    }
    var shape: [Int] = []
    for extent in extents.prefix(rank) {
      guard let extent = Int(exactly: extent) else {
        throw FormatError(.malformed("a dimension of \(extent) elements"))
      }
      shape.append(extent)
    }
    return shape
  }

  private mutating func skip(_ location: String, _ reason: String, isTensor: Bool = false) {
    skipped.append(SkippedObject(name: Self.dotted(location), reason: reason, isTensor: isTensor))
  }

  /// What errors call a group; `nil` for the root.
  private static func groupName(_ prefix: String) -> String? {
    prefix.isEmpty ? nil : dotted(String(prefix.dropLast()))
  }

  private static func dotted(_ location: String) -> String {
    String(decoding: location.utf8.map { $0 == UInt8(ascii: "/") ? UInt8(ascii: ".") : $0 }, as: UTF8.self)
  }

  /// The links of a group, sorted by name (`H5Literate`).
  private mutating func links(of group: borrowing HDF5Handle, _ prefix: String) throws(FormatError)
    -> [HDF5Link]
  {
    // libhdf5 1.10 can crash on a damaged group where it has to sort the links itself, so that is done here.
    // A link takes 8 bytes and more: a walk that meets more of them than fit the file runs in circles.
    var listing = HDF5Listing(capacity: fileByteCount / 8 - linkCount)
    let status = unsafe withUnsafeMutablePointer(to: &listing) { pointer in
      unsafe sedge_H5Literate(
        group.id,
        { _, name, info, context in
          guard let name = unsafe name, let info = unsafe info?.pointee,
            let listing = unsafe context?.assumingMemoryBound(to: HDF5Listing.self)
          else { return -1 }
          return unsafe listing.pointee.add(String(validatingCString: name), info.type) ? 0 : -1
        }, pointer)
    }
    if let fault = listing.fault { throw FormatError(.malformed(fault), tensor: Self.groupName(prefix)) }
    guard status >= 0 else {
      throw FormatError(.malformed(HDF5Library.lastMessage()), tensor: Self.groupName(prefix))
    }
    linkCount += listing.links.count
    return listing.links.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }
}

/// One entry of a group.
private struct HDF5Link {
  var name: String
  var kind: H5L_type_t
}

/// The entries of a group while they are counted up.
private struct HDF5Listing {
  var links: [HDF5Link] = []
  var capacity: Int
  var fault: String?

  init(capacity: Int) { self.capacity = capacity }

  /// Takes one more; `false` stops the listing.
  mutating func add(_ name: String?, _ kind: H5L_type_t) -> Bool {
    guard links.count < capacity else {
      fault = "groups have more entries than the file has room for"
      return false
    }
    guard let name else {
      fault = "a name is not UTF-8"
      return false
    }
    guard !name.isEmpty, name != ".", !name.utf8.contains(UInt8(ascii: "/")) else {
      fault = "a name is empty, a dot, or has a slash in it"
      return false
    }
    links.append(HDF5Link(name: name, kind: kind))
    return true
  }
}
