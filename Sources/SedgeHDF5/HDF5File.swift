// One open HDF5 file.

internal import CHDF5
internal import SedgeTensor

/// Owns an open file of libhdf5; closes it under the lock.
final class HDF5File: Sendable {
  let id: hid_t
  /// Bytes of the file when it was opened.
  let byteCount: Int

  /// Opens a file for reading (`H5Fopen`), without the lock on it that libhdf5 would take: some file systems have none.
  init(path: String, byteCount: Int) throws(FormatError) {
    id = try HDF5Library.locked { () throws(FormatError) in
      guard let access = HDF5Handle(H5Pcreate(sedge_H5P_FILE_ACCESS())),
        H5Pset_file_locking(access.id, false, true) >= 0
      else { throw FormatError(.cannotRead(reason: HDF5Library.lastMessage()), path: path) }
      let id = unsafe H5Fopen(path, sedge_H5F_ACC_RDONLY(), access.id)
      guard id >= 0 else { throw FormatError(.malformed(HDF5Library.lastMessage()), path: path) }
      return id
    }
    self.byteCount = byteCount
  }

  deinit {
    _ = try? HDF5Library.locked { H5Fclose(id) }
  }

  /// Reads all elements of a data set (`H5Dread`); to be called inside ``HDF5Library/locked(_:)``.
  ///
  /// - Parameter buffer: As many bytes as the tensor has.
  /// - Throws: ``FormatError`` (without a path) when that fails, or the data set is not what it was at opening.
  func read(_ dataSet: HDF5DataSet, into buffer: UnsafeMutableRawBufferPointer) throws(FormatError) {
    guard let handle = HDF5Library.open(dataSet.location, in: id), H5Iget_type(handle.id) == H5I_DATASET,
      let type = HDF5Handle(H5Dget_type(handle.id)), let memoryType = HDF5ElementFormat.memoryType(for: type)
    else { throw FormatError(.malformed(HDF5Library.lastMessage())) }
    guard
      case .tensor(let info, _) = try HDF5Description.of(
        handle, name: dataSet.info.name, fileByteCount: byteCount),
      info == dataSet.info, H5Tget_size(memoryType.id) == info.elementType.byteCount
    else { throw FormatError(.cannotRead(reason: "the file has changed since it was opened")) }
    // Where a data set has neither bytes nor a fill value, libhdf5 leaves the memory as it is.
    unsafe buffer.initializeMemory(as: UInt8.self, repeating: 0)
    let status = unsafe H5Dread(
      handle.id, memoryType.id, hid_t(H5S_ALL), hid_t(H5S_ALL), hid_t(H5P_DEFAULT), buffer.baseAddress)
    guard status < 0 else { return }
    let message = HDF5Library.lastMessage()
    if let filter = try HDF5Storage(of: handle).missingFilter {
      throw FormatError(.unsupported("the filter \(filter.name)", advice: HDF5Storage.filterAdvice))
    }
    throw FormatError(.malformed(message))
  }
}
