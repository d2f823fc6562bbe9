// Reading the messages of an ONNX file into a graph.

internal import SedgeTensor

/// Walks `ModelProto` and its messages; field numbers as in `Schemas/onnx.proto`.
struct GraphParser {
  let reader: WireReader
  var graph = Graph()
  private var hasGraph = false
  var names: Set<String> = []
  var branchCount = 0
  private var metadataByteCount = 0

  /// Prepares to read a file.
  init(_ file: InputFile) { reader = WireReader(file) }

  /// Reads the whole file but the elements of its tensors.
  mutating func parse() throws(FormatError) -> Graph {
    var model = reader.message("ModelProto", in: 0..<reader.file.byteCount)
    var version: Int?
    var operatorSetCount = 0
    var functions: [Range<Int>] = []
    while let field = try reader.nextField(of: &model) {
      switch field.number {
      case 1: version = try reader.integer(field, "ModelProto.ir_version")
      case 7: try parseGraph(try reader.bytes(field, "ModelProto.graph"))
      case 8:
        try parseOperatorSet(try reader.bytes(field, "ModelProto.opset_import"))
        operatorSetCount += 1
      case 14: parseModelMetadata(field)
      case 25: functions.append(try reader.bytes(field, "ModelProto.functions"))
      default: break
      }
    }
    guard let version, version > 0 else { throw FormatError(.malformed("it has no ir_version")) }
    guard version <= Self.newestVersion else {
      throw FormatError(.newerVersion(found: version, supported: Self.newestVersion))
    }
    guard hasGraph else { throw FormatError(.malformed("it has no graph")) }
    guard operatorSetCount > 0 || version < 3 else {
      throw FormatError(.malformed("it has no opset_import, which follows the graph; it may be cut short"))
    }
    addCopies()
    for function in functions { try parseFunction(function) }
    if branchCount > 0 {
      graph.notes.append(
        "\(branchCount) \(branchCount == 1 ? "graph" : "graphs") of branches and loops, not read")
    }
    if !functions.isEmpty {
      graph.notes.append(
        "\(functions.count) \(functions.count == 1 ? "function, of which" : "functions, of which") constants are read only"
      )
    }
    if graph.isOptimized {
      graph.notes.append(
        "optimized by ONNX Runtime, which may merge, reorder and rename weights; the file that was exported has them all"
      )
    }
    return graph
  }

  private mutating func parseOperatorSet(_ extent: Range<Int>) throws(FormatError) {
    var message = reader.message("OperatorSetIdProto", in: extent)
    while let field = try reader.nextField(of: &message) {
      guard field.number == 1 else { continue }
      // ONNX Runtime imports all of its sets into what it writes.
      let domain = try reader.text(field, "OperatorSetIdProto.domain")
      if domain == "com.microsoft.nchwc" { graph.isOptimized = true }
    }
  }

  /// Reads the constants in the body of a function; those of a name that is taken already are skipped.
  private mutating func parseFunction(_ extent: Range<Int>) throws(FormatError) {
    var message = reader.message("FunctionProto", in: extent)
    while let field = try reader.nextField(of: &message) {
      guard field.number == 7 else { continue }
      let (node, value) = try parseNode(try reader.bytes(field, "FunctionProto.node"))
      guard let value, let name = node.outputs.first, !names.contains(name) else { continue }
      if let tensor = try parseTensor(value, name: name) { graph.functionConstants.append(tensor) }
    }
  }

  /// The newest version of the format (`ir_version`) that is known.
  static let newestVersion = 14

  private mutating func parseGraph(_ extent: Range<Int>) throws(FormatError) {
    guard !hasGraph else {
      throw FormatError(.malformed("it has two graphs"), byteOffset: extent.lowerBound)
    }
    hasGraph = true
    var message = reader.message("GraphProto", in: extent)
    while let field = try reader.nextField(of: &message) {
      switch field.number {
      case 1: try addNode(try reader.bytes(field, "GraphProto.node"))
      case 5:
        let tensor = try TensorFields(try reader.bytes(field, "GraphProto.initializer"), reader)
        if let tensor = try parseTensor(tensor, name: nil) { graph.initializers.append(tensor) }
      case 13: try parseValueInfo(try reader.bytes(field, "GraphProto.value_info"))
      case 15: try skipSparse(try reader.bytes(field, "GraphProto.sparse_initializer"))
      case 16: try parseGraphMetadata(try reader.bytes(field, "GraphProto.metadata_props"))
      default: break
      }
    }
  }

  /// Longer than any list of what a parameter passes through.
  private static let maximumOriginByteCount = 1 << 14

  /// Takes what a value was folded from, where that is noted in a list of ordinary length.
  private mutating func parseValueInfo(_ extent: Range<Int>) throws(FormatError) {
    var name: Range<Int>?
    var note: Range<Int>?
    var message = reader.message("ValueInfoProto", in: extent)
    while let field = try reader.nextField(of: &message) {
      switch field.number {
      case 1: name = try reader.bytes(field, "ValueInfoProto.name")
      case 4:
        let (key, value) = try parseEntry(try reader.bytes(field, "ValueInfoProto.metadata_props"))
        if key == "pkg.onnxscript.optimizer.folded_from" { note = value }
      default: break
      }
    }
    guard let name, let note, note.count <= Self.maximumOriginByteCount,
      graph.origins.count < Graph.maximumTensorCount
    else { return }
    graph.origins[try reader.text(name, "ValueInfoProto.name")] = try reader.text(note, "folded_from")
  }

  /// Lists a sparse tensor, which has the name of its values.
  private mutating func skipSparse(_ extent: Range<Int>) throws(FormatError) {
    var name = ""
    var message = reader.message("SparseTensorProto", in: extent)
    while let field = try reader.nextField(of: &message) {
      guard field.number == 1 else { continue }
      name = try TensorFields(try reader.bytes(field, "SparseTensorProto.values"), reader).name
    }
    graph.skipped.append(
      SkippedObject(
        name: name.isEmpty ? "a sparse initializer" : name, reason: "it is sparse; save it dense",
        isTensor: true))
  }

  /// Takes an entry of the model's metadata if it is a short text; long ones do not describe dimensions.
  private mutating func parseModelMetadata(_ field: WireField) {
    guard graph.metadata.count < StoredAttributes.maximumCount,
      metadataByteCount + field.payload.count <= StoredAttributes.maximumTextByteCount,
      let extent = try? reader.bytes(field, "ModelProto.metadata_props"),
      let (key, value) = try? parseEntry(extent), let value,
      let text = try? reader.text(value, "metadata")
    else { return }
    metadataByteCount += field.payload.count
    graph.metadata[key] = text
  }

  private mutating func parseGraphMetadata(_ extent: Range<Int>) throws(FormatError) {
    let (key, value) = try parseEntry(extent)
    guard key == "pkg.torch.export.ExportedProgram.graph_signature", let value else { return }
    graph.signature = parameterNames(ofSignature: try reader.text(value, "graph_signature", limit: 1 << 26))
  }

  /// The key of an entry, and where its value is.
  func parseEntry(_ extent: Range<Int>) throws(FormatError) -> (key: String, value: Range<Int>?) {
    var key = ""
    var value: Range<Int>?
    var message = reader.message("StringStringEntryProto", in: extent)
    while let field = try reader.nextField(of: &message) {
      switch field.number {
      case 1: key = try reader.text(field, "StringStringEntryProto.key")
      case 2: value = try reader.bytes(field, "StringStringEntryProto.value")
      default: break
      }
    }
    return (key, value)
  }

  // MARK: Tensors

  /// Reads a tensor; `nil` where its type is not read, which is noted.
  mutating func parseTensor(
    _ fields: TensorFields, name outputName: String?
  ) throws(FormatError) -> StoredTensor? {
    var tensor = fields
    if let outputName { tensor.name = outputName }
    guard !tensor.name.isEmpty else {
      throw FormatError(.malformed("a tensor has no name"), byteOffset: tensor.byteOffset)
    }
    return try FormatError.locating(tensor: tensor.name, byteOffset: tensor.byteOffset) {
      () throws(FormatError) in
      guard names.insert(tensor.name).inserted else {
        throw FormatError(.malformed("two tensors have this name"))
      }
      guard names.count <= Graph.maximumTensorCount else {
        throw FormatError(
          .unsupported(
            "a graph of more than \(Graph.maximumTensorCount) tensors",
            advice: "export the model without training"))
      }
      switch ElementFormat(dataType: tensor.dataType) {
      case .read(let type): return try tensor.stored(type, reader)
      case .other(let typeName):
        graph.skipped.append(
          SkippedObject(
            name: tensor.name, reason: "its elements are of type \(typeName); save it as float32",
            isTensor: true))
        return nil
      }
    }
  }
}
