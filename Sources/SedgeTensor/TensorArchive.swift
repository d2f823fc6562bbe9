// The interface of every checkpoint reader.

/// A read-only set of named tensors stored in one model file.
///
/// Opening an archive reads and validates its directory, never a payload.
package protocol TensorArchive: AnyObject {
  /// The file the tensors are read from, as it was named by the caller.
  var path: String { get }

  /// Every file that the tensors are read from, as it was when the archive was opened; none for tensors of memory.
  var files: [FileSnapshot] { get }

  /// The format's common name, such as `HDF5`.
  var formatName: String { get }

  /// The directory, in file order; names are unique.
  var tensors: [TensorInfo] { get }

  /// Tensors that are no parameters of a model, such as the shapes in a graph; they can be read like the others.
  var constants: [TensorInfo] { get }

  /// Recovered names: by name, the tensor's name in the file and the evidence.
  var recovered: [String: String] { get }

  /// Unresolved names: by the name in the file, the reason.
  var unresolved: [String: String] { get }

  /// Objects of the file that are not read, in file order.
  var skipped: [SkippedObject] { get }

  /// Notes on the file for the user, one clause each.
  var notes: [String] { get }

  /// Text attributes and metadata of the file.
  var attributes: [StoredAttributes] { get }

  /// Copies one payload, row-major and little-endian, into `destination`.
  ///
  /// - Parameters:
  ///   - info: An element of ``tensors`` or ``constants``.
  ///   - destination: Exactly `info.byteCount` bytes; any other size traps.
  /// - Throws: ``FormatError`` when the payload cannot be read or decoded.
  func read(_ info: TensorInfo, into destination: inout MutableRawSpan) throws(FormatError)

  /// Whether a payload can be read in parts, without taking the memory of the whole: ``read(_:rows:into:)``.
  func readsRows(of info: TensorInfo) -> Bool

  /// Copies some rows of one payload, the slices of its outermost dimension, row-major and little-endian.
  ///
  /// - Parameters:
  ///   - info: An element of ``tensors`` or ``constants`` with at least one dimension, for which ``readsRows(of:)`` is true.
  ///   - rows: At least one row of the tensor; any other range traps.
  ///   - destination: Exactly as many bytes as the rows have; any other size traps.
  /// - Throws: ``FormatError`` when the rows cannot be read or decoded.
  func read(
    _ info: TensorInfo, rows: Range<Int>, into destination: inout MutableRawSpan
  ) throws(FormatError)
}

extension TensorArchive {
  /// None: the tensors are in memory, or in another archive.
  package var files: [FileSnapshot] { [] }
  /// None: most formats know names only.
  package var constants: [TensorInfo] { [] }
  /// None: most formats have all names.
  package var recovered: [String: String] { [:] }
  /// None: most formats have all names.
  package var unresolved: [String: String] { [:] }
  /// None: most formats hold tensors only.
  package var skipped: [SkippedObject] { [] }
  /// None.
  package var notes: [String] { [] }
  /// None.
  package var attributes: [StoredAttributes] { [] }
  /// No: the payload is encoded as a whole.
  package func readsRows(of info: TensorInfo) -> Bool { false }

  /// Traps: no payload is read in parts.
  package func read(
    _ info: TensorInfo, rows: Range<Int>, into destination: inout MutableRawSpan
  ) throws(FormatError) {
    preconditionFailure("\(info.name) is read as a whole")
  }

  /// Makes sure that all that was read is of the files that were opened.
  ///
  /// - Throws: ``FormatError`` where one of them was written to, cut or replaced since.
  package func requireUnchanged() throws(FormatError) {
    for file in files { try file.requireUnchanged() }
  }

  /// One tensor as float32, row-major: float16 and bfloat16 exactly, float64 rounded to nearest.
  ///
  /// - Throws: ``FormatError`` when the payload cannot be read or its elements are not floating-point numbers.
  package func floats(_ info: TensorInfo) throws(FormatError) -> Tensor {
    guard info.elementType.isFloatingPoint else {
      throw FormatError(.unsupportedElementType(info.elementType.rawValue), path: path, tensor: info.name)
    }
    let values = try floats(info.elementType, count: info.elementCount) { bytes throws(FormatError) in
      try read(info, into: &bytes)
    }
    return Tensor(shape: info.shape, values: values)
  }

  /// Some rows of one tensor as float32; see ``floats(_:)`` and ``read(_:rows:into:)``.
  ///
  /// - Throws: ``FormatError`` when the rows cannot be read or their elements are not floating-point numbers.
  package func floats(_ info: TensorInfo, rows: Range<Int>) throws(FormatError) -> [Float] {
    guard info.elementType.isFloatingPoint else {
      throw FormatError(.unsupportedElementType(info.elementType.rawValue), path: path, tensor: info.name)
    }
    return try floats(info.elementType, count: rows.count * info.rowElementCount) {
      bytes throws(FormatError) in
      try read(info, rows: rows, into: &bytes)
    }
  }

  private func floats(
    _ elementType: ElementType, count: Int,
    _ fill: (_ bytes: inout MutableRawSpan) throws(FormatError) -> Void
  ) throws(FormatError) -> [Float] {
    var values = [Float](repeating: 0, count: count)
    if elementType == .float32 {
      var span = values.mutableSpan
      var bytes = unsafe span.mutableBytes
      try fill(&bytes)
    } else {
      var raw = [UInt8](repeating: 0, count: count * elementType.byteCount)
      var span = raw.mutableSpan
      var bytes = unsafe span.mutableBytes
      try fill(&bytes)
      var floats = values.mutableSpan
      unsafe decodeFloats(raw.span.bytes, elementType: elementType, into: &floats)
    }
    return values
  }

  /// One tensor's elements as integers.
  ///
  /// - Throws: ``FormatError`` when the payload cannot be read or its elements are not integers.
  package func integers(_ info: TensorInfo) throws(FormatError) -> [Int] {
    guard !info.elementType.isFloatingPoint else {
      throw FormatError(.unsupportedElementType(info.elementType.rawValue), path: path, tensor: info.name)
    }
    var raw = [UInt8](repeating: 0, count: info.byteCount)
    var span = raw.mutableSpan
    var bytes = unsafe span.mutableBytes
    try read(info, into: &bytes)
    return unsafe decodeIntegers(raw.span.bytes, elementType: info.elementType)
  }
}
