// HDF5 files as archives of tensors.

internal import CSedgeHDF5
package import SedgeTensor

/// The tensors of an HDF5 file, read through libhdf5 in a process of its own.
///
/// Data sets are tensors. A tensor's name is the way to it from the root group with dots for slashes, so that the data
/// set `a.b.weight` in the root and the data set `weight` in the group `a/b` both are the tensor `a.b.weight`; a file
/// in which two data sets have one name is refused. A data set is listed under each of its names, hard and soft links
/// to it and to groups around it among them, in the order of names inside a group.
///
/// Elements are IEEE 754 floating-point numbers of 16, 32 and 64 bits, integers of 8 to 64 bits, h5py's Booleans, and
/// bfloat16 and the two 8-bit types of the Open Compute Project: either as floating-point types of that layout, or as
/// integers or opaque values with the attribute `dtype` = `bfloat16`, `float8_e4m3fn` or `float8_e5m2`, as Keras has
/// them. Other data sets are in ``skipped``, and single integers, which are step counters.
///
/// Elements that were never written read as the fill value, at most 512 MiB of a file; data sets beyond that are in
/// ``skipped``.
///
/// Nothing outside the file is read: external links, external raw storage and virtual data sets are in ``skipped``.
///
/// Chunks may be coded by the filters of libhdf5, those of its plug-ins, and LZF.
///
/// The file is the one that was opened, even where another takes its name later.
///
/// Source: HDF5 File Format Specification 3.0.
package final class HDF5Archive: TensorArchive {
  /// The file as the caller named it.
  package let path: String
  /// `HDF5`.
  package let formatName = "HDF5"
  /// The directory; sorted by name in every group.
  package let tensors: [TensorInfo]
  /// Skipped objects: data sets of other types, and links out of the file, to nothing and in circles.
  package let skipped: [SkippedObject]
  /// Whether MATLAB wrote the file, and which tensors were not written, or not wholly.
  package let notes: [String]

  /// The attributes of the root group and of all groups, by the group's dotted name and theirs.
  package let attributes: [StoredAttributes]

  /// The file.
  package let files: [FileSnapshot]

  private let input: InputFile
  let source: any HDF5Source
  private let dataSetsByName: [String: HDF5DataSet]

  /// Opens a file and lists its data sets; no payload is read.
  ///
  /// A superblock may be at byte 0, or behind a user block of 512, 1024, 2048 and so on bytes.
  ///
  /// - Parameter place: Where libhdf5 runs; `nil` for what ``HDF5Reading/use(_:)`` has set.
  /// - Throws: ``FormatError`` when the file is not HDF5, is cut short or damaged, is being written, or has two data sets
  ///   of one name.
  package init(
    path: String, place: HDF5Reading.Place? = nil, limits: ReaderLimits = ReaderLimits()
  ) throws(FormatError) {
    let input = try InputFile(path: path)
    let superblock = try HDF5Superblock(of: input)
    if let endOfFile = superblock.endOfFile, endOfFile > input.byteCount {
      throw FormatError(.truncated(expectedBytes: endOfFile, actualBytes: input.byteCount), path: path)
    }
    guard !superblock.isOpenForWriting else {
      throw FormatError(
        .cannotRead(
          reason:
            "a program has it open for writing, or did not close it; close it there, or remove the mark: "
            + "h5clear -s \(path)"), path: path)
    }
    let source = try FormatError.locating(path: path) { () throws(FormatError) in
      try Self.source(of: input, place ?? HDF5Reading.place, limits)
    }
    let contents = try FormatError.locating(path: path) { () throws(FormatError) in try source.contents() }
    self.path = path
    files = [input.snapshot]
    attributes = StoredAttributes.all(ofFile: path, contents.attributes)
    self.input = input
    self.source = source
    tensors = contents.dataSets.map(\.info)
    skipped = contents.skipped
    notes = [try Self.program(input, superblock), Self.note(onUnwritten: contents.unwritten)].compactMap(
      \.self)
    dataSetsByName = [String: HDF5DataSet](
      uniqueKeysWithValues: contents.dataSets.map { ($0.info.name, $0) })
  }

  private static func source(
    of input: InputFile, _ place: HDF5Reading.Place, _ limits: ReaderLimits
  ) throws(FormatError) -> any HDF5Source {
    switch place {
    case .thisProcess:
      try HDF5File(descriptor: input.descriptor, byteCount: input.byteCount)
    case .separateProcess(let program?):
      try ReaderProcess(program: program, input, limits: limits)
    case .separateProcess(nil):
      try ReaderProcess(program: try ReaderProgram.path(), input, limits: limits)
    }
  }

  /// A note on the program that wrote the file, from the user block.
  private static func program(
    _ input: InputFile, _ superblock: HDF5Superblock
  ) throws(FormatError) -> String? {
    guard superblock.byteOffset >= 128,
      try input.bytes(at: 0, count: 6).elementsEqual("MATLAB".utf8)
    else { return nil }
    return "written by MATLAB, which stores dimensions in reverse order"
  }

  private static func note(onUnwritten names: [String]) -> String? {
    guard !names.isEmpty else { return nil }
    let listed = names.prefix(3).joined(separator: ", ")
    return
      "\(names.count) \(names.count == 1 ? "data set has" : "data sets have") elements that were never written and "
      + "read as the fill value: \(listed)\(names.count > 3 ? " and others" : "")"
  }

  /// Whether a file that begins with these bytes may be HDF5.
  ///
  /// - Parameter prefix: The first bytes; the signature is looked for at 0, 512, 1024 and so on, as far as they reach.
  package static func recognizes(_ prefix: [UInt8]) -> Bool {
    var byteOffset = 0
    while byteOffset + HDF5Superblock.signature.count <= prefix.count {
      if prefix[byteOffset...].starts(with: HDF5Superblock.signature) { return true }
      byteOffset = byteOffset == 0 ? 512 : byteOffset * 2
    }
    return false
  }

  /// Reads one data set into `destination`, row-major and little-endian (`H5Dread`).
  ///
  /// - Parameters:
  ///   - info: An element of ``tensors``; any other traps.
  ///   - destination: Exactly `info.byteCount` bytes; any other size traps.
  /// - Throws: ``FormatError`` when the stored bytes are damaged, or coded by a filter that libhdf5 lacks, which is then
  ///   named.
  package func read(_ info: TensorInfo, into destination: inout MutableRawSpan) throws(FormatError) {
    guard let dataSet = dataSetsByName[info.name], dataSet.info == info else {
      preconditionFailure("\(info.name) is not in this archive")
    }
    precondition(destination.byteCount == info.byteCount)
    guard info.byteCount > 0 else { return }
    try FormatError.locating(path: path, tensor: info.name) { () throws(FormatError) in
      try unsafe destination.withUnsafeMutableBytes { buffer throws(FormatError) in
        try unsafe source.read(dataSet, rows: 0..<info.rowCount, into: buffer)
      }
    }
  }

  /// Where there are rows: libhdf5 reads parts of any layout.
  package func readsRows(of info: TensorInfo) -> Bool { !info.shape.isEmpty && info.byteCount > 0 }

  /// Reads some rows of one payload.
  package func read(
    _ info: TensorInfo, rows: Range<Int>, into destination: inout MutableRawSpan
  ) throws(FormatError) {
    guard let dataSet = dataSetsByName[info.name], dataSet.info == info else {
      preconditionFailure("\(info.name) is not in this archive")
    }
    info.require(rows, of: destination)
    try FormatError.locating(path: path, tensor: info.name) { () throws(FormatError) in
      try unsafe destination.withUnsafeMutableBytes { buffer throws(FormatError) in
        try unsafe source.read(dataSet, rows: rows, into: buffer)
      }
    }
  }
}
