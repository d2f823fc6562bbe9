// The storage of a data set: layout, filters, and the bytes that they can stand for.

internal import CSedgeHDF5
internal import SedgeTensor

/// The layout and the filters of one data set.
struct HDF5Storage {
  /// One step of the pipeline that a chunk goes through.
  struct Filter {
    var id: Int32
    /// The name in the file; often empty.
    var storedName: String
    /// The numbers that the filter is to work with.
    var parameters: [UInt32]

    /// The filter's common name and registered number.
    ///
    /// Source: the HDF Group's list of registered filters.
    var name: String {
      let name = Self.registeredNames[id] ?? (storedName.isEmpty ? "without a name" : storedName)
      return "\(name) (number \(id))"
    }

    /// Common names by registered numbers.
    static let registeredNames: [Int32: String] = [
      1: "gzip", 4: "szip", 305: "LZO", 307: "bzip2", 32000: "LZF", 32001: "Blosc", 32004: "LZ4",
      32008: "bitshuffle", 32013: "ZFP", 32015: "Zstandard", 32017: "SZ", 32026: "Blosc2",
    ]

    /// How many bytes one stored byte can stand for, at most.
    ///
    /// The bound of deflate stands for the filters that have none of their own, too.
    var maximumExpansion: Int {
      switch id {
      case H5Z_FILTER_SHUFFLE, H5Z_FILTER_FLETCHER32: 1
      case H5Z_FILTER_NBIT: 64
      case HDF5LZFFilter.id: LZF.maximumExpansion
      default: HDF5Storage.maximumExpansion
      }
    }
  }

  /// How many bytes one stored byte can stand for, all filters together: deflate codes 258 bytes in 2 bits.
  static let maximumExpansion = 1032

  let filters: [Filter]
  /// Bytes in the file, after the filters (`H5Dget_storage_size`).
  let storedByteCount: UInt64
  /// Elements of a chunk (`H5Pget_chunk`); `nil` for the layouts that have none.
  let chunkShape: [Int]?

  /// Where the bytes are, if they are not in the file itself: worded to follow "it is".
  let foreignPlace: String?

  /// Reads the properties of a data set.
  ///
  /// - Throws: ``FormatError`` (without a path) where libhdf5 cannot.
  init(of dataSet: borrowing HDF5Handle) throws(FormatError) {
    guard let properties = HDF5Handle(H5Dget_create_plist(dataSet.id)) else {
      throw HDF5Library.lastError()
    }
    let layout = H5Pget_layout(properties.id)
    foreignPlace =
      if layout == H5D_VIRTUAL {
        "a virtual data set, made of others"
      } else if H5Pget_external_count(properties.id) != 0 {
        "kept in another file"
      } else {
        nil
      }
    chunkShape = layout == H5D_CHUNKED ? try Self.chunkShape(properties) : nil
    filters = try Self.filters(properties)
    storedByteCount = foreignPlace == nil ? H5Dget_storage_size(dataSet.id) : 0
  }

  static let oneFileAdvice = "copy all the data into one file"
  static let filterAdvice =
    "rewrite the file where that filter is installed: h5repack -f GZIP=4 OLD.h5 NEW.h5"

  private static func chunkShape(_ properties: borrowing HDF5Handle) throws(FormatError) -> [Int] {
    var extents = [hsize_t](repeating: 0, count: Int(H5S_MAX_RANK))
    let rank = Int(unsafe H5Pget_chunk(properties.id, H5S_MAX_RANK, &extents))
    guard (1...extents.count).contains(rank) else { throw HDF5Library.lastError() }
    return extents.prefix(rank).map { Int(clamping: $0) }
  }

  private static func filters(_ properties: borrowing HDF5Handle) throws(FormatError) -> [Filter] {
    let count = H5Pget_nfilters(properties.id)
    guard count >= 0 else { throw HDF5Library.lastError() }
    var filters: [Filter] = []
    for index in 0..<UInt32(count) {
      var flags: UInt32 = 0
      var configuration: UInt32 = 0
      var parameters = [UInt32](repeating: 0, count: 16)
      var parameterCount = parameters.count
      var name = [CChar](repeating: 0, count: 64)
      let id = unsafe H5Pget_filter2(
        properties.id, index, &flags, &parameterCount, &parameters, name.count - 1, &name, &configuration)
      guard id >= 0 else { throw HDF5Library.lastError() }
      let bytes = name.map(UInt8.init(bitPattern:)).prefix { $0 != 0 }
      filters.append(
        Filter(
          id: id, storedName: String(decoding: bytes, as: UTF8.self),
          parameters: Array(parameters.prefix(parameterCount))))
    }
    return filters
  }

  /// Checks the size of a tensor against the stored bytes, before memory is allocated.
  ///
  /// What is not stored reads as the fill value, so less may be stored than a tensor has.
  ///
  /// - Returns: Bytes that reading takes on the file's word alone: 0 where the stored bytes can make up the tensor and a
  ///   chunk of it.
  /// - Throws: ``FormatError`` (without a path) when more are stored than the file has, or more than the chunks could
  ///   ever fill.
  func unbackedByteCount(_ info: TensorInfo, fileByteCount: Int) throws(FormatError) -> Int {
    guard info.byteCount > 0 else { return 0 }
    guard storedByteCount <= UInt64(fileByteCount), let stored = Int(exactly: storedByteCount) else {
      throw FormatError(.malformed("\(storedByteCount) bytes are stored in a file of \(fileByteCount)"))
    }
    let chunkByteCount = saturatingProduct(chunkShape ?? [], info.elementType.byteCount)
    if chunkShape != nil {
      let chunkCount = try chunkCount(info)
      let room = saturatingProduct(
        [chunkCount], max(chunkByteCount, chunkByteCount / 8 &+ chunkByteCount &+ 1024))
      guard stored <= room else {
        throw FormatError(.malformed("\(stored) bytes are stored, more than \(chunkCount) chunks can hold"))
      }
      for filter in filters where filter.id == HDF5LZFFilter.id {
        let parameters = filter.parameters.dropFirst(HDF5LZFFilter.chunkByteCountIndex)
        let count = parameters.first.map { Int($0) } ?? 0
        guard count == chunkByteCount else {
          throw FormatError(
            .malformed("LZF is set for chunks of \(count) bytes, expected \(chunkByteCount)"))
        }
      }
    }
    let claimed = max(info.byteCount, chunkShape == nil ? 0 : chunkByteCount)
    let expansion = min(saturatingProduct(filters.map(\.maximumExpansion), 1), Self.maximumExpansion)
    return saturatingProduct([expansion], stored) >= claimed ? 0 : claimed
  }

  /// The bands in which a tensor that has elements is read.
  func bands(_ info: TensorInfo) -> HDF5Bands {
    HDF5Bands(info, chunkRowCount: chunkShape?.first ?? 1)
  }

  /// Bytes of memory that reading a tensor takes at most, beside the tensor's own: a chunk before, between and behind
  /// its filters, and what libhdf5 notes for each chunk of a band.
  func workingByteCount(_ info: TensorInfo) throws(FormatError) -> Int {
    guard let chunkShape, info.byteCount > 0 else { return 0 }
    let chunks = saturatingProduct([3], saturatingProduct(chunkShape, info.elementType.byteCount))
    let (sum, overflow) = chunks.addingReportingOverflow(saturatingProduct([1024], try chunkCount(info)))
    return overflow ? Int.max : sum
  }

  /// Chunks that a tensor has when all of it is written.
  private func chunkCount(_ info: TensorInfo) throws(FormatError) -> Int {
    guard let chunkShape else { return 0 }
    guard chunkShape.count == info.shape.count, !chunkShape.contains(0) else {
      throw FormatError(.malformed("chunks of \(shapeText(chunkShape)) elements in \(shapeText(info.shape))"))
    }
    return saturatingProduct(zip(info.shape, chunkShape).map { ($0 - 1) / $1 + 1 }, 1)
  }

  /// Whether elements of a tensor are not in the file, judged by the number of chunks (`H5Dget_num_chunks`).
  func isPartlyUnwritten(_ info: TensorInfo, in dataSet: borrowing HDF5Handle) throws(FormatError) -> Bool {
    guard info.byteCount > 0 else { return false }
    if chunkShape == nil { return storedByteCount == 0 }
    var written: hsize_t = 0
    guard let space = HDF5Handle(H5Dget_space(dataSet.id)),
      unsafe H5Dget_num_chunks(dataSet.id, space.id, &written) >= 0
    else {
      throw HDF5Library.lastError()
    }
    return try written < UInt64(chunkCount(info))
  }

  /// The first filter that libhdf5 has neither built in nor as a plug-in (`H5Zfilter_avail`).
  var missingFilter: Filter? {
    filters.first { H5Zfilter_avail($0.id) <= 0 }
  }

  /// The filter that libhdf5 lacks, where the first chunk went through it (`H5Dget_chunk_info`): one that does not help
  /// may be left out of a chunk.
  func missingFilter(in dataSet: borrowing HDF5Handle) -> Filter? {
    guard let chunkShape, storedByteCount > 0,
      let index = filters.firstIndex(where: { H5Zfilter_avail($0.id) <= 0 }), index < 32,
      let space = HDF5Handle(H5Dget_space(dataSet.id))
    else { return nil }
    var origin = [hsize_t](repeating: 0, count: chunkShape.count)
    var (omitted, address, byteCount): (UInt32, haddr_t, hsize_t) = (0, 0, 0)
    guard unsafe H5Dget_chunk_info(dataSet.id, space.id, 0, &origin, &omitted, &address, &byteCount) >= 0
    else { return nil }
    return omitted & (1 << UInt32(index)) == 0 ? filters[index] : nil
  }
}

/// The product of non-negative factors, or `Int.max` where it is greater.
func saturatingProduct(_ factors: [Int], _ first: Int) -> Int {
  factors.reduce(first) { product, factor in
    let (result, overflow) = product.multipliedReportingOverflow(by: factor)
    return overflow ? Int.max : result
  }
}
