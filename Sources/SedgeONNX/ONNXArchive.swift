// ONNX files as archives of tensors.

package import SedgeTensor

/// The tensors of an ONNX file.
///
/// Only the parameters are listed; other constants of a graph (shapes, axes, scales) are in ``constants`` and can be read the
/// same way; a graph without parameters of PyTorch's modules has all listed. Exporters rename and transpose some parameters;
/// their names are recovered from the graph, with the evidence in ``recovered``. Elements are located when the file is opened
/// and read on demand.
///
/// The messages are walked by field numbers of `Schemas/onnx.proto`. A protobuf library is not used: it would take all
/// weights into memory twice.
///
/// Source: the ONNX standard, "Open Neural Network Exchange Intermediate Representation Specification".
package final class ONNXArchive: TensorArchive {
  /// The file as the caller named it.
  package let path: String
  /// The file and the external files of its weights.
  package let files: [FileSnapshot]
  /// `ONNX`.
  package let formatName = "ONNX"
  /// The parameters, under the names and in the shapes that they had in PyTorch, in the file's order.
  package let tensors: [TensorInfo]
  /// Tensors that are no parameters, under their names in the graph.
  package let constants: [TensorInfo]
  /// How a tensor's name is known, by that name, where the file does not have it: what the file calls it, and the
  /// evidence, in words.
  package let recovered: [String: String]
  /// Why the name of a parameter is not known, by its name in ``tensors``, which is the exporter's.
  package let unresolved: [String: String]
  /// Tensors that are not read, by their names in the graph, and why.
  package let skipped: [SkippedObject]
  /// What else the file has and is not read, one clause each.
  package let notes: [String]
  /// The model's `metadata_props`, those that are short; and what the graph says.
  package let attributes: [StoredAttributes]

  private let reader: ElementReader
  private let entries: [String: Entry]

  /// A tensor as it is given out.
  private struct Entry {
    var info: TensorInfo
    var stored: StoredTensor
    var isTransposed = false
    /// The first row, where the rest is stored transposed.
    var firstRow: StoredTensor?
    /// Whether the file has it many times.
    var isRepeated = false

    /// Whether its bytes are in the file as they are given out.
    var isPlain: Bool { !isTransposed && !isRepeated }
  }

  /// Opens a file, reads its graph, and finds every tensor's elements and name.
  ///
  /// - Throws: ``FormatError`` at the first breach of the format, or where a file of weights beside it is missing, too
  ///   short or not to be followed.
  package init(path: String) throws(FormatError) {
    let file = try InputFile(path: path)
    let externalFiles = ExternalFiles(beside: path)
    let graph = try FormatError.locating(path: path) { () throws(FormatError) in
      var parser = GraphParser(file)
      let graph = try parser.parse()
      try Self.check(graph.tensors, externalFiles)
      return graph
    }
    self.path = path
    let locations = Set(graph.tensors.compactMap(\.location))
    files = [file.snapshot] + locations.sorted().compactMap(externalFiles.snapshot)
    let quantized = QuantizedTensors(graph)
    skipped = graph.skipped + quantized.skipped
    notes = graph.notes + quantized.notes
    let recovery = NameRecovery(graph, isQuantized: quantized.names.contains)
    let parameters = recovery.parameters()
    attributes =
      StoredAttributes.all(ofFile: path, graph.metadata)
      + (recovery.hasQuickGELU ? StoredAttributes.all(ofFile: path, ["quick_gelu": "true"]) : [])
    var listed: [TensorInfo] = []
    var unlisted: [TensorInfo] = []
    var recovered: [String: String] = [:]
    var unresolved: [String: String] = [:]
    var entries: [String: Entry] = [:]
    var repetitionBudget = ElementReader.maximumRepetitionByteCount
    let reader = ElementReader(path: path, file: file, externalFiles: externalFiles)
    let stored = Dictionary(
      graph.tensors.map { ($0.info.name, $0) }, uniquingKeysWith: { first, _ in first })
    for tensor in graph.tensors {
      let type = tensor.info.elementType
      for var parameter in parameters[tensor.info.name] ?? [] {
        if parameter.isRepeated, !(try reader.isRepeated(tensor, budget: &repetitionBudget)) {
          parameter = NameRecovery.Parameter(
            name: tensor.info.name, shape: tensor.info.shape,
            doubt: "it may be \(parameter.name), repeated, but its rows differ or are too many")
        }
        guard let info = TensorInfo(name: parameter.name, elementType: type, shape: parameter.shape) else {
          preconditionFailure("a shape of as many elements as another fits as it does")
        }
        listed.append(info)
        recovered[info.name] = parameter.evidence
        unresolved[info.name] = parameter.doubt
        entries[info.name] = Entry(
          info: info, stored: tensor, isTransposed: parameter.isTransposed,
          firstRow: parameter.firstRow.flatMap { stored[$0] }, isRepeated: parameter.isRepeated)
      }
      if parameters[tensor.info.name] == nil, graph.copies[tensor.info.name] == nil {
        unlisted.append(tensor.info)
        entries[tensor.info.name] = Entry(info: tensor.info, stored: tensor)
      }
    }
    tensors = listed
    constants = unlisted
    self.recovered = recovered
    self.unresolved = unresolved
    self.entries = entries
    self.reader = reader
  }

  /// Whether the files of weights are there, and have as many bytes as the tensors need.
  private static func check(_ tensors: [StoredTensor], _ externalFiles: ExternalFiles) throws(FormatError) {
    var needed: [String: Int] = [:]
    for (location, end) in tensors.compactMap(\.externalEnd) {
      needed[location] = max(needed[location] ?? 0, end)
    }
    for tensor in tensors {
      guard let (location, end) = tensor.externalEnd, let byteCount = needed[location] else { continue }
      try FormatError.locating(tensor: tensor.info.name) { () throws(FormatError) in
        let file = try externalFiles.open(location, byteCount: byteCount)
        guard end <= file.byteCount else { throw externalFiles.shortage(of: file, byteCount: byteCount) }
      }
    }
  }

  /// Whether a file that begins with these bytes may be an ONNX model.
  ///
  /// - Parameter prefix: The file's first bytes; some tens of them, or all.
  package static func recognizes(_ prefix: [UInt8]) -> Bool {
    guard prefix.count > 3 else { return false }
    // Fields may come in any order; all that the prefix has must be such as ModelProto has.
    var position = 0
    var hasVersion = false
    while position < prefix.count {
      let tag = prefix[position]
      guard let (value, next) = varint(prefix, from: position + 1) else { return hasVersion }
      switch tag {
      case 0x08:  // ir_version
        guard value > 0, value < 1 << 16 else { return false }
        hasVersion = true
        position = next
      case 0x28: position = next  // model_version
      // producer and its version, domain, doc_string, opset_import, metadata
      case 0x12, 0x1A, 0x22, 0x32, 0x42, 0x72:
        guard value < 1 << 31 else { return false }
        position = next + Int(value)
        if position > prefix.count { return hasVersion }
      case 0x3A:  // graph; in it most often a node, else its name, an initializer, an input or an output
        guard value > 0, next < prefix.count else { return hasVersion }
        return hasVersion || beginsGraph(prefix, at: next, byteCount: value)
      default: return false
      }
    }
    return hasVersion
  }

  /// Whether bytes begin a graph with a node whose first field is a name, or with an initializer's dimension.
  private static func beginsGraph(_ prefix: [UInt8], at position: Int, byteCount: UInt64) -> Bool {
    guard [0x0A, 0x2A].contains(prefix[position]), let (inner, next) = varint(prefix, from: position + 1),
      inner > 0, inner < byteCount, next < prefix.count
    else { return false }
    return prefix[position] == 0x0A
      ? [0x0A, 0x12, 0x1A, 0x22].contains(prefix[next]) : [0x08, 0x0A, 0x10, 0x42].contains(prefix[next])
  }

  private static func varint(_ bytes: [UInt8], from start: Int) -> (value: UInt64, next: Int)? {
    var value: UInt64 = 0
    for (index, byte) in bytes.dropFirst(start).prefix(9).enumerated() {
      value |= UInt64(byte & 0x7F) << (7 * UInt64(index))
      if byte & 0x80 == 0 { return (value, start + index + 1) }
    }
    return nil
  }

  /// Reads one payload into `destination`, transposed where the exporter transposed it.
  ///
  /// - Parameters:
  ///   - info: An element of ``tensors`` or ``constants``; any other traps.
  ///   - destination: Exactly `info.byteCount` bytes; any other size traps.
  /// - Throws: ``FormatError`` when a file has shrunk since it was opened, or an element does not fit its type.
  package func read(_ info: TensorInfo, into destination: inout MutableRawSpan) throws(FormatError) {
    guard let entry = entries[info.name] else {
      preconditionFailure("\(info.name) is not in this archive")
    }
    precondition(destination.byteCount == info.byteCount)
    try FormatError.locating(path: path, tensor: info.name) { () throws(FormatError) in
      if entry.isTransposed {
        try readTransposed(entry, into: &destination)
      } else if entry.isRepeated {
        let stored = try reader.bytes(of: entry.stored)
        for (offset, byte) in stored.prefix(info.byteCount).enumerated() {
          destination.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
        }
      } else {
        try reader.read(entry.stored, into: &destination)
      }
    }
  }

  /// Where the elements are stored as bytes and in PyTorch's order.
  package func readsRows(of info: TensorInfo) -> Bool {
    guard let entry = entries[info.name], entry.isPlain else { return false }
    return switch entry.stored.payload {
    case .raw, .external: true
    case .typed: false
    }
  }

  /// Reads some rows of one payload.
  package func read(
    _ info: TensorInfo, rows: Range<Int>, into destination: inout MutableRawSpan
  ) throws(FormatError) {
    guard let entry = entries[info.name] else {
      preconditionFailure("\(info.name) is not in this archive")
    }
    info.require(rows, of: destination)
    let start = rows.lowerBound * info.rowByteCount
    try FormatError.locating(path: path, tensor: info.name) { () throws(FormatError) in
      try reader.read(entry.stored, from: start, into: &destination)
    }
  }

  /// Reads a matrix and writes it column by column.
  private func readTransposed(
    _ entry: Entry, into destination: inout MutableRawSpan
  ) throws(FormatError) {
    let stored = try reader.bytes(of: entry.stored)
    let row = try entry.firstRow.map { row throws(FormatError) in try reader.bytes(of: row) } ?? []
    for (offset, byte) in row.enumerated() {
      destination.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
    }
    let source = unsafe stored.span.bytes
    let rows = entry.info.shape[0] - (row.isEmpty ? 0 : 1)
    let columns = entry.info.shape[1]
    switch entry.info.elementType.byteCount {
    case 1: transpose(source, as: UInt8.self, rows: rows, columns: columns, into: &destination, at: row.count)
    case 2:
      transpose(source, as: UInt16.self, rows: rows, columns: columns, into: &destination, at: row.count)
    case 4:
      transpose(source, as: UInt32.self, rows: rows, columns: columns, into: &destination, at: row.count)
    default:
      transpose(source, as: UInt64.self, rows: rows, columns: columns, into: &destination, at: row.count)
    }
  }
}

/// Fills a matrix of `rows` by `columns` from its transpose, from `byteOffset` on.
private func transpose<Bits: FixedWidthInteger & BitwiseCopyable>(
  _ source: RawSpan, as type: Bits.Type, rows: Int, columns: Int, into destination: inout MutableRawSpan,
  at byteOffset: Int
) {
  let size = MemoryLayout<Bits>.size
  for row in 0..<rows {
    for column in 0..<columns {
      let bits = unsafe source.unsafeLoadUnaligned(
        fromByteOffset: (column * rows + row) * size, as: Bits.self)
      destination.storeBytes(
        of: bits, toByteOffset: byteOffset + (row * columns + column) * size, as: Bits.self)
    }
  }
}
