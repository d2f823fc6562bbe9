// The links of an HDF5 group.

internal import CSedgeHDF5
internal import SedgeTensor

/// One entry of a group.
struct HDF5Link {
  var name: String
  var kind: H5L_type_t

  /// The links of a group, sorted by name (`H5Literate`).
  ///
  /// - Parameter capacity: The most links that the group may have.
  static func all(of group: borrowing HDF5Handle, capacity: Int) throws(FormatError) -> [HDF5Link] {
    // libhdf5 1.10 can crash on a damaged group where it has to sort the links itself, so that is done here.
    var listing = HDF5Listing(capacity: capacity)
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
    if let fault = listing.fault { throw FormatError(fault) }
    guard status >= 0 else { throw HDF5Library.lastError() }
    return listing.links.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }
}

/// The links of a group that were listed so far.
private struct HDF5Listing {
  var links: [HDF5Link] = []
  var capacity: Int
  var fault: FormatError.Kind?

  init(capacity: Int) { self.capacity = capacity }

  /// Takes one more; `false` stops the listing.
  mutating func add(_ name: String?, _ kind: H5L_type_t) -> Bool {
    guard links.count < capacity else {
      fault = .malformed("groups have more entries than the file has room for")
      return false
    }
    guard let name else {
      fault = .malformed("a name is not UTF-8")
      return false
    }
    guard !name.isEmpty, name != ".", !name.utf8.contains(UInt8(ascii: "/")) else {
      fault = .malformed("a name is empty, a dot, or has a slash in it")
      return false
    }
    guard !name.hasEndlessMarks else {
      fault = .endlessMarks("a name")
      return false
    }
    links.append(HDF5Link(name: name, kind: kind))
    return true
  }
}
