// One open HDF5 file.

internal import CSedgeHDF5
internal import SedgePlatform
internal import SedgeTensor

/// Owns an open file of libhdf5; closes it under the lock.
@safe final class HDF5File: HDF5Source {
  private let id: hid_t
  /// Bytes of the file when it was opened.
  private let byteCount: Int
  /// What libhdf5 reads; written under the lock only.
  nonisolated(unsafe) private let input: UnsafeMutablePointer<sedge_hdf5_input>

  /// Opens a file for reading (`H5Fopen`).
  ///
  /// - Parameter descriptor: Readable at offsets, and open as long as this object is.
  /// - Throws: ``FormatError`` without a path.
  init(descriptor: Int32, byteCount: Int) throws(FormatError) {
    let input = UnsafeMutablePointer<sedge_hdf5_input>.allocate(capacity: 1)
    unsafe input.initialize(to: sedge_hdf5_input())
    unsafe input.pointee.descriptor = descriptor
    unsafe input.pointee.byte_count = UInt64(byteCount)
    do {
      id = try unsafe Self.access(input) { () throws(FormatError) in
        let id = unsafe sedge_hdf5_open(input)
        guard id >= 0 else { throw HDF5Library.lastError() }
        return id
      }
    } catch {
      unsafe input.deallocate()
      throw error
    }
    self.byteCount = byteCount
    unsafe self.input = input
  }

  deinit {
    _ = try? HDF5Library.locked { H5Fclose(id) }
    unsafe input.deallocate()
  }

  func contents() throws(FormatError) -> HDF5Contents {
    try unsafe Self.access(input) { () throws(FormatError) in
      let directory = try HDF5Directory(of: id, fileByteCount: byteCount)
      let attributes = HDF5Attributes(of: directory.groupPrefixes, in: id, fileByteCount: byteCount)
      return HDF5Contents(
        dataSets: directory.dataSets, skipped: directory.skipped, unwritten: directory.unwritten,
        attributes: attributes.values)
    }
  }

  func read(
    _ dataSet: HDF5DataSet, rows: Range<Int>, into buffer: UnsafeMutableRawBufferPointer
  ) throws(FormatError) {
    try unsafe Self.access(input) { () throws(FormatError) in
      let payload = try HDF5Payload(of: dataSet, in: id, fileByteCount: byteCount)
      try unsafe payload.read(rows, into: buffer)
    }
  }

  /// Reads rows of a data set band by band.
  ///
  /// - Parameters:
  ///   - rows: At least one row of the data set.
  ///   - headByteCount: Bytes left free before each band.
  ///   - use: Takes each band, behind its free bytes.
  /// - Throws: ``FormatError`` without a path.
  func readBands(
    of dataSet: HDF5DataSet, rows: Range<Int>, headByteCount: Int,
    _ use: (UnsafeMutableRawBufferPointer) -> Void
  ) throws(FormatError) {
    try unsafe Self.access(input) { () throws(FormatError) in
      let payload = try HDF5Payload(of: dataSet, in: id, fileByteCount: byteCount)
      let capacity = headByteCount + payload.bands.largestByteCount
      guard let memory = unsafe malloc(capacity) else { throw HDF5Library.outOfMemory }
      defer { unsafe free(memory) }
      for rows in payload.bands.ranges(of: rows) {
        let count = headByteCount + rows.count * payload.bands.rowByteCount
        let buffer = unsafe UnsafeMutableRawBufferPointer(start: memory, count: count)
        try unsafe payload.read(rows, into: UnsafeMutableRawBufferPointer(rebasing: buffer[headByteCount...]))
        unsafe use(buffer)
      }
    }
  }

  /// Calls libhdf5, and throws what was wrong in reading the file instead of what libhdf5 made of it.
  private static func access<Value: Sendable>(
    _ input: UnsafeMutablePointer<sedge_hdf5_input>, _ body: () throws(FormatError) -> Value
  ) throws(FormatError) -> Value {
    try HDF5Library.locked { () throws(FormatError) in
      unsafe input.pointee.fault = Int32(SEDGE_INPUT_WHOLE)
      let result = Result { () throws(FormatError) in try body() }
      if let fault = unsafe fault(of: input.pointee) { throw fault }
      return try result.get()
    }
  }

  private static func fault(of input: sedge_hdf5_input) -> FormatError? {
    switch Int(input.fault) {
    case SEDGE_INPUT_ENDED:
      FormatError(.truncated(expectedBytes: Int(input.byte_count), actualBytes: Int(input.fault_offset)))
    case SEDGE_INPUT_REFUSED:
      FormatError(.cannotRead(reason: unsafe String(cString: strerror(input.error))))
    default: nil
    }
  }
}
