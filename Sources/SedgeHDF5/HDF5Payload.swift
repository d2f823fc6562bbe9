// The elements of one data set.

internal import CSedgeHDF5
internal import SedgeTensor

/// An open data set whose elements are to be read; to be made, used and destroyed inside ``HDF5Library/locked(_:)``.
struct HDF5Payload: ~Copyable {
  let bands: HDF5Bands
  private let info: TensorInfo
  private let handle: HDF5Handle
  private let memoryType: HDF5Handle

  /// Opens a data set that has elements.
  ///
  /// - Throws: ``FormatError`` (without a path) when that fails, or the data set is not what it was at opening.
  init(of dataSet: HDF5DataSet, in file: hid_t, fileByteCount: Int) throws(FormatError) {
    guard let handle = HDF5Library.open(dataSet.location, in: file), H5Iget_type(handle.id) == H5I_DATASET,
      let type = HDF5Handle(H5Dget_type(handle.id)), let memoryType = HDF5ElementFormat.memoryType(for: type)
    else { throw HDF5Library.lastError() }
    guard
      case .tensor(let info, _) = try HDF5Description.of(
        handle, name: dataSet.info.name, fileByteCount: fileByteCount),
      info == dataSet.info, info.byteCount > 0, H5Tget_size(memoryType.id) == info.elementType.byteCount
    else { throw FormatError(.cannotRead(reason: "the file has changed since it was opened")) }
    let bands = try HDF5Storage(of: handle).bands(info)
    self.bands = bands
    self.info = info
    self.handle = handle
    self.memoryType = memoryType
  }

  /// Reads all elements (`H5Dread`).
  ///
  /// - Parameter buffer: As many bytes as the tensor has.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(FormatError) {
    try unsafe read(in: hid_t(H5S_ALL), from: hid_t(H5S_ALL), into: buffer)
  }

  /// Reads some rows (`H5Sselect_hyperslab`, `H5Dread`).
  ///
  /// - Parameter buffer: As many bytes as the rows have.
  func read(_ rows: Range<Int>, into buffer: UnsafeMutableRawBufferPointer) throws(FormatError) {
    guard rows.count < bands.rowCount else { return try unsafe read(into: buffer) }
    let rank = info.shape.count
    var start = [hsize_t](repeating: 0, count: rank)
    start[0] = hsize_t(rows.lowerBound)
    var extents = info.shape.map { hsize_t($0) }
    extents[0] = hsize_t(rows.count)
    guard let stored = HDF5Handle(H5Dget_space(handle.id)),
      unsafe H5Sselect_hyperslab(stored.id, H5S_SELECT_SET, &start, nil, &extents, nil) >= 0,
      let read = unsafe HDF5Handle(H5Screate_simple(Int32(rank), &extents, nil))
    else { throw HDF5Library.lastError() }
    try unsafe self.read(in: read.id, from: stored.id, into: buffer)
  }

  private func read(
    in space: hid_t, from stored: hid_t, into buffer: UnsafeMutableRawBufferPointer
  ) throws(FormatError) {
    // Where a data set has neither bytes nor a fill value, libhdf5 leaves the memory as it is.
    unsafe buffer.initializeMemory(as: UInt8.self, repeating: 0)
    let status = unsafe H5Dread(
      handle.id, memoryType.id, space, stored, hid_t(H5P_DEFAULT), buffer.baseAddress)
    guard status < 0 else { return }
    let error = HDF5Library.lastError()
    if let filter = try HDF5Storage(of: handle).missingFilter {
      throw FormatError(.unsupported("the filter \(filter.name)", advice: HDF5Storage.filterAdvice))
    }
    throw error
  }
}
