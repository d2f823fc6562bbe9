// The elements of an ONNX file's tensors.

internal import SedgeTensor

/// Reads elements, wherever the file has them.
struct ElementReader {
  let path: String
  let file: InputFile
  let externalFiles: ExternalFiles

  /// Reads one payload in the file's order.
  func read(_ tensor: StoredTensor, into destination: inout MutableRawSpan) throws(FormatError) {
    switch tensor.payload {
    case .raw, .external: try read(tensor, from: 0, into: &destination)
    case .typed(let field, let parts):
      var decoder = TypedElementDecoder(file, tensor.info.elementType, field)
      try decoder.decode(parts, into: &destination)
    }
  }

  /// Reads some bytes of a payload that is stored as bytes; any other traps.
  func read(
    _ tensor: StoredTensor, from start: Int, into destination: inout MutableRawSpan
  ) throws(FormatError) {
    switch tensor.payload {
    case .raw(let byteOffset): try file.read(at: byteOffset + start, into: &destination)
    case .external(let location, let byteOffset):
      try externalFiles.open(location).read(at: byteOffset + start, into: &destination)
    case .typed: preconditionFailure("\(tensor.info.name) is read as a whole")
    }
  }

  /// A whole payload.
  func bytes(of tensor: StoredTensor) throws(FormatError) -> [UInt8] {
    var stored = [UInt8](repeating: 0, count: tensor.info.byteCount)
    var span = stored.mutableSpan
    var raw = unsafe span.mutableBytes
    try read(tensor, into: &raw)
    return stored
  }

  /// Exporters repeat no parameter in constants that are larger together.
  static let maximumRepetitionByteCount = 1 << 24

  /// Whether all rows of a tensor are alike.
  ///
  /// - Parameter budget: How many bytes may be read; those of the tensor are taken from it.
  func isRepeated(_ tensor: StoredTensor, budget: inout Int) throws(FormatError) -> Bool {
    let byteCount = tensor.info.byteCount
    guard byteCount > 0, byteCount <= budget, let width = tensor.info.shape.last else { return false }
    budget -= byteCount
    return try FormatError.locating(path: path, tensor: tensor.info.name) { () throws(FormatError) in
      let bytes = try bytes(of: tensor)
      let rowByteCount = width * tensor.info.elementType.byteCount
      return bytes.dropFirst(rowByteCount).elementsEqual(bytes.dropLast(rowByteCount))
    }
  }
}
