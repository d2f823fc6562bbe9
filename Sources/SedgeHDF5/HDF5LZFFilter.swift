// The filter of LZF, which h5py writes and libhdf5 lacks.

internal import CSedgeHDF5
internal import SedgeTensor

/// LZF in libhdf5's pipeline of filters, for reading only.
///
/// h5py notes three numbers with a data set: the revisions of its filter and of LZF, and the bytes of a chunk.
enum HDF5LZFFilter {
  /// The number under which the HDF Group registered LZF.
  static let id: H5Z_filter_t = 32000
  /// Where among a data set's parameters for the filter the bytes of a chunk are.
  static let chunkByteCountIndex = 2

  /// Makes the filter known to libhdf5 (`H5Zregister`), unless the process has one; inside ``HDF5Library/locked(_:)``.
  static func register() -> Bool {
    if H5Zfilter_avail(id) > 0 { return true }
    let name: StaticString = "lzf"
    return name.withUTF8Buffer { buffer in
      unsafe buffer.withMemoryRebound(to: CChar.self) { text in
        var filter = unsafe H5Z_class2_t(
          version: H5Z_CLASS_T_VERS, id: id, encoder_present: 0, decoder_present: 1, name: text.baseAddress,
          can_apply: nil, set_local: nil,
          filter: { flags, count, parameters, byteCount, capacity, buffer in
            guard let parameters = unsafe parameters, let capacity = unsafe capacity,
              let buffer = unsafe buffer
            else { return 0 }
            guard flags & UInt32(H5Z_FLAG_REVERSE) != 0, count > HDF5LZFFilter.chunkByteCountIndex else {
              return 0
            }
            let chunkByteCount = unsafe Int(parameters[HDF5LZFFilter.chunkByteCountIndex])
            return unsafe HDF5LZFFilter.decode(buffer, byteCount, capacity, chunkByteCount)
          })
        return unsafe H5Zregister(&filter) >= 0
      }
    }
  }

  /// Replaces the bytes of a stored chunk by the decoded ones; 0 means failure to libhdf5.
  private static func decode(
    _ buffer: UnsafeMutablePointer<UnsafeMutableRawPointer?>, _ byteCount: Int,
    _ capacity: UnsafeMutablePointer<Int>, _ chunkByteCount: Int
  ) -> Int {
    guard let stored = unsafe buffer.pointee, byteCount > 0, chunkByteCount > 0,
      chunkByteCount / LZF.maximumExpansion <= byteCount,
      let chunk = unsafe H5allocate_memory(chunkByteCount, false)
    else { return 0 }
    let input = unsafe UnsafeBufferPointer(
      start: stored.assumingMemoryBound(to: UInt8.self), count: byteCount)
    let output = unsafe UnsafeMutableBufferPointer(
      start: chunk.bindMemory(to: UInt8.self, capacity: chunkByteCount), count: chunkByteCount)
    unsafe output.initialize(repeating: 0)
    var span = unsafe output.mutableSpan
    guard unsafe LZF.decode(input.span, into: &span) else {
      unsafe H5free_memory(chunk)
      return 0
    }
    unsafe H5free_memory(stored)
    unsafe buffer.pointee = chunk
    unsafe capacity.pointee = chunkByteCount
    return chunkByteCount
  }
}
