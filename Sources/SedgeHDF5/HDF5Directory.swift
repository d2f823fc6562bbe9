// The walk through a file's groups that finds its data sets.

internal import CHDF5
internal import SedgeTensor

/// A data set that is a tensor.
struct HDF5DataSet: Sendable {
  var info: TensorInfo
  /// The way from the root group, with slashes.
  var location: String
}

/// All data sets of a file, each found once.
///
/// Only hard links are followed, and every object once: there is no way to walk in circles or out of the file.
struct HDF5Directory: Sendable {
  private(set) var dataSets: [HDF5DataSet] = []
  private(set) var skipped: [SkippedObject] = []
  /// The ways to all groups, each with a slash behind it; empty for the root.
  private(set) var groups: [String] = []
  private let fileByteCount: Int
  private var linkCount = 0
  private var locationsByAddress: [haddr_t: String] = [:]
  private var locationsByName: [String: String] = [:]

  /// Groups inside one another; model files have fewer than ten.
  private static let maximumDepth = 64
  /// UTF-8 bytes of a location; it bounds what the names of a file can take.
  private static let maximumLocationByteCount = 1024

  /// Lists an open file.
  init(of file: hid_t, fileByteCount: Int) throws(FormatError) {
    self.fileByteCount = fileByteCount
    guard let root = unsafe HDF5Handle(H5Oopen(file, "/", hid_t(H5P_DEFAULT))) else {
      throw FormatError(.malformed(HDF5Library.lastMessage()))
    }
    locationsByAddress[sedge_object_address(root.id)] = "/"
    try list(root, prefix: "", depth: 0)
  }

  private mutating func list(_ group: borrowing HDF5Handle, prefix: String, depth: Int) throws(FormatError) {
    guard depth < Self.maximumDepth else {
      throw FormatError(
        .malformed("groups are nested deeper than \(Self.maximumDepth)"), tensor: dotted(prefix))
    }
    groups.append(prefix)
    for link in try links(of: group, prefix) {
      let location = prefix + link.name
      guard location.utf8.count <= Self.maximumLocationByteCount else {
        throw FormatError(.malformed("a name is longer than \(Self.maximumLocationByteCount) bytes"))
      }
      do {
        try follow(link, of: group, location, depth)
      } catch {
        var named = error
        named.tensor = error.tensor ?? dotted(location)
        throw named
      }
    }
  }

  private mutating func follow(
    _ link: HDF5Link, of group: borrowing HDF5Handle, _ location: String, _ depth: Int
  ) throws(FormatError) {
    switch link.kind {
    case H5L_TYPE_HARD:
      if let first = locationsByAddress.updateValue(location, forKey: link.address) {
        locationsByAddress[link.address] = first
        skip(location, "another link to \(first)")
      } else {
        try open(link, of: group, location, depth)
      }
    case H5L_TYPE_SOFT:
      skip(location, "a soft link")
    case H5L_TYPE_EXTERNAL:
      throw FormatError(.unsupported("an external link", advice: HDF5Storage.oneFileAdvice))
    default:
      throw FormatError(.unsupported("a link of a private kind", advice: HDF5Storage.oneFileAdvice))
    }
  }

  private mutating func open(
    _ link: HDF5Link, of group: borrowing HDF5Handle, _ location: String, _ depth: Int
  ) throws(FormatError) {
    guard let object = unsafe HDF5Handle(H5Oopen(group.id, link.name, hid_t(H5P_DEFAULT))) else {
      throw FormatError(.malformed(HDF5Library.lastMessage()))
    }
    switch H5Iget_type(object.id) {
    case H5I_GROUP: try list(object, prefix: location + "/", depth: depth + 1)
    case H5I_DATASET: try add(object, location)
    default: skip(location, "a data type")
    }
  }

  private mutating func add(_ dataSet: borrowing HDF5Handle, _ location: String) throws(FormatError) {
    let name = dotted(location)
    switch try Self.describe(dataSet, name: name, fileByteCount: fileByteCount) {
    case .skipped(let reason):
      skip(location, reason)
    case .tensor(let info):
      if let other = locationsByName.updateValue(location, forKey: name) {
        throw FormatError(.malformed("the name stands for two data sets, \(other) and \(location)"))
      }
      dataSets.append(HDF5DataSet(info: info, location: location))
    }
  }

  /// What one data set is.
  enum Description {
    case tensor(TensorInfo)
    case skipped(reason: String)
  }

  /// Reads shape and type of a data set, and holds the one against what is stored.
  static func describe(
    _ dataSet: borrowing HDF5Handle, name: String, fileByteCount: Int
  ) throws(FormatError) -> Description {
    let storage = try HDF5Storage(of: dataSet)
    guard let type = HDF5Handle(H5Dget_type(dataSet.id)), let space = HDF5Handle(H5Dget_space(dataSet.id))
    else {
      throw FormatError(.malformed(HDF5Library.lastMessage()))
    }
    switch HDF5ElementFormat(of: type, in: dataSet) {
    case .other(let reason):
      return .skipped(reason: reason)
    case .element(let elementType):
      guard let shape = try shape(of: space) else { return .skipped(reason: "no elements and no shape") }
      guard let info = TensorInfo(name: name, elementType: elementType, shape: shape) else {
        throw FormatError(.malformed("\(shapeText(shape)) elements are more than memory can have"))
      }
      try storage.check(info, fileByteCount: fileByteCount)
      return .tensor(info)
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

  private mutating func skip(_ location: String, _ reason: String) {
    skipped.append(SkippedObject(name: dotted(location), reason: reason))
  }

  private func dotted(_ location: String) -> String {
    String(decoding: location.utf8.map { $0 == UInt8(ascii: "/") ? UInt8(ascii: ".") : $0 }, as: UTF8.self)
  }

  /// The links of a group, sorted by name (`H5Literate`).
  private mutating func links(of group: borrowing HDF5Handle, _ prefix: String) throws(FormatError)
    -> [HDF5Link]
  {
    // libhdf5 1.10 can crash on a damaged group where it has to sort the links itself, so that is done here.
    // A link takes 8 bytes and more: a group that has more of them than fit the file runs in circles.
    var listing = HDF5Listing(capacity: fileByteCount / 8 - linkCount)
    let status = unsafe withUnsafeMutablePointer(to: &listing) { pointer in
      unsafe sedge_H5Literate(
        group.id,
        { _, name, info, context in
          guard let name = unsafe name, let info = unsafe info?.pointee,
            let listing = unsafe context?.assumingMemoryBound(to: HDF5Listing.self)
          else { return -1 }
          let address = unsafe info.type == H5L_TYPE_HARD ? info.u.address : 0
          return unsafe listing.pointee.add(String(validatingCString: name), info.type, address) ? 0 : -1
        }, pointer)
    }
    if let fault = listing.fault { throw FormatError(.malformed(fault), tensor: dotted(prefix)) }
    guard status >= 0 else {
      throw FormatError(.malformed(HDF5Library.lastMessage()), tensor: dotted(prefix))
    }
    linkCount += listing.links.count
    return listing.links.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }
}

/// One entry of a group.
private struct HDF5Link {
  var name: String
  var kind: H5L_type_t
  /// The object's address in the file; 0 unless the link is hard.
  var address: haddr_t
}

/// The entries of a group while they are counted up.
private struct HDF5Listing {
  var links: [HDF5Link] = []
  var capacity: Int
  var fault: String?

  init(capacity: Int) { self.capacity = capacity }

  /// Takes one more; `false` stops the listing.
  mutating func add(_ name: String?, _ kind: H5L_type_t, _ address: haddr_t) -> Bool {
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
    links.append(HDF5Link(name: name, kind: kind, address: address))
    return true
  }
}
