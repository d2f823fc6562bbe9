// How a data set's bytes are stored, and whether there can be as many as it claims.

internal import CHDF5
internal import SedgeTensor

/// The layout and the filters of one data set.
struct HDF5Storage {
  /// One step of the pipeline that a chunk goes through.
  struct Filter {
    var id: Int32
    /// The name in the file; often empty.
    var storedName: String

    /// What people call it, with its registered number.
    ///
    /// Source: the HDF Group's list of registered filters.
    var name: String {
      let registered: [Int32: String] = [
        1: "gzip", 4: "szip", 305: "LZO", 307: "bzip2", 32000: "LZF", 32001: "Blosc", 32004: "LZ4",
        32008: "bitshuffle", 32013: "ZFP", 32015: "Zstandard", 32017: "SZ", 32026: "Blosc2",
      ]
      return "\(registered[id] ?? (storedName.isEmpty ? "without a name" : storedName)) (number \(id))"
    }

    /// How many bytes one stored byte can stand for, at most.
    ///
    /// Deflate codes 258 bytes in 2 bits, hence 1032; the bound stands for the filters that have none of their own, too.
    var maximumExpansion: Int {
      switch id {
      case H5Z_FILTER_SHUFFLE, H5Z_FILTER_FLETCHER32: 1
      case H5Z_FILTER_NBIT: 64
      default: 1032
      }
    }
  }

  let filters: [Filter]
  /// Bytes in the file, after the filters (`H5Dget_storage_size`).
  let storedByteCount: UInt64
  /// Elements of a chunk (`H5Pget_chunk`); `nil` for the layouts that have none.
  let chunkShape: [Int]?

  /// Reads the properties of a data set that must keep its bytes in the file itself.
  ///
  /// - Throws: ``FormatError`` (without a path) where it is virtual or its bytes are in other files.
  init(of dataSet: borrowing HDF5Handle) throws(FormatError) {
    guard let properties = HDF5Handle(H5Dget_create_plist(dataSet.id)) else {
      throw FormatError(.malformed(HDF5Library.lastMessage()))
    }
    let layout = H5Pget_layout(properties.id)
    guard layout != H5D_VIRTUAL else {
      throw FormatError(.unsupported("a virtual data set", advice: Self.oneFileAdvice))
    }
    guard H5Pget_external_count(properties.id) == 0 else {
      throw FormatError(.unsupported("external raw storage", advice: Self.oneFileAdvice))
    }
    chunkShape = layout == H5D_CHUNKED ? try Self.chunkShape(properties) : nil
    filters = try Self.filters(properties)
    storedByteCount = H5Dget_storage_size(dataSet.id)
  }

  static let oneFileAdvice = "copy all the data into one file"

  private static func chunkShape(_ properties: borrowing HDF5Handle) throws(FormatError) -> [Int] {
    var extents = [hsize_t](repeating: 0, count: Int(H5S_MAX_RANK))
    let rank = Int(unsafe H5Pget_chunk(properties.id, H5S_MAX_RANK, &extents))
    guard (1...extents.count).contains(rank) else { throw FormatError(.malformed(HDF5Library.lastMessage())) }
    return extents.prefix(rank).map { Int(clamping: $0) }
  }

  private static func filters(_ properties: borrowing HDF5Handle) throws(FormatError) -> [Filter] {
    let count = H5Pget_nfilters(properties.id)
    guard count >= 0 else { throw FormatError(.malformed(HDF5Library.lastMessage())) }
    var filters: [Filter] = []
    for index in 0..<UInt32(count) {
      var flags: UInt32 = 0
      var configuration: UInt32 = 0
      var parameterCount = 0
      var name = [CChar](repeating: 0, count: 64)
      let id = unsafe H5Pget_filter2(
        properties.id, index, &flags, &parameterCount, nil, name.count - 1, &name, &configuration)
      guard id >= 0 else { throw FormatError(.malformed(HDF5Library.lastMessage())) }
      let bytes = name.map(UInt8.init(bitPattern:)).prefix { $0 != 0 }
      filters.append(Filter(id: id, storedName: String(decoding: bytes, as: UTF8.self)))
    }
    return filters
  }

  /// Refuses sizes that the stored bytes cannot bear out, before memory is taken for them.
  ///
  /// - Throws: ``FormatError`` (without a path) when fewer bytes are stored than the tensor or one chunk needs, when
  ///   more are stored than the file has, or more than the chunks could ever fill.
  func check(_ info: TensorInfo, fileByteCount: Int) throws(FormatError) {
    guard info.byteCount > 0 else { return }
    guard storedByteCount <= UInt64(fileByteCount), let stored = Int(exactly: storedByteCount) else {
      throw FormatError(.malformed("\(storedByteCount) bytes are stored in a file of \(fileByteCount)"))
    }
    let chunkByteCount = saturatingProduct(chunkShape ?? [], info.elementType.byteCount)
    let claimed = max(info.byteCount, chunkShape == nil ? 0 : chunkByteCount)
    guard saturatingProduct(filters.map(\.maximumExpansion), stored) >= claimed else {
      throw FormatError(
        .malformed("\(claimed) bytes are claimed, but \(stored) are stored, which cannot hold them"))
    }
    guard let chunkShape else { return }
    guard chunkShape.count == info.shape.count, !chunkShape.contains(0) else {
      throw FormatError(.malformed("chunks of \(shapeText(chunkShape)) elements in \(shapeText(info.shape))"))
    }
    let chunkCount = saturatingProduct(zip(info.shape, chunkShape).map { ($0 - 1) / $1 + 1 }, 1)
    let room = saturatingProduct(
      [chunkCount], max(chunkByteCount, chunkByteCount / 8 &+ chunkByteCount &+ 1024))
    guard stored <= room else {
      throw FormatError(.malformed("\(stored) bytes are stored, more than \(chunkCount) chunks can hold"))
    }
  }

  /// The first filter that libhdf5 has neither built in nor as a plug-in (`H5Zfilter_avail`).
  var missingFilter: Filter? {
    filters.first { H5Zfilter_avail($0.id) <= 0 }
  }
}

/// The product of non-negative factors, or `Int.max` where it is greater.
private func saturatingProduct(_ factors: [Int], _ first: Int) -> Int {
  factors.reduce(first) { product, factor in
    let (result, overflow) = product.multipliedReportingOverflow(by: factor)
    return overflow ? Int.max : result
  }
}
