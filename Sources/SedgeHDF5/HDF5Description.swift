// What one data set is to a model.

internal import CSedgeHDF5
internal import SedgeTensor

/// What one data set is to a model.
enum HDF5Description {
  /// A tensor, and how many bytes of it are on the file's word alone.
  case tensor(TensorInfo, unbackedByteCount: Int)
  /// Numbers that are not read: why, and what to do.
  case unreadable(reason: String)
  /// No numbers of a model.
  case skipped(reason: String)

  /// Reads type and shape of a data set, and checks the shape against the stored bytes.
  static func of(
    _ dataSet: borrowing HDF5Handle, name: String, fileByteCount: Int
  ) throws(FormatError) -> HDF5Description {
    guard let type = HDF5Handle(H5Dget_type(dataSet.id)), let space = HDF5Handle(H5Dget_space(dataSet.id))
    else {
      throw HDF5Library.lastError()
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
      throw HDF5Library.lastError()
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
}
