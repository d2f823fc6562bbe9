// Reading the messages of an ONNX file into a graph.

internal import SedgeTensor

/// Walks `ModelProto` and what is in it; field numbers as in `Schemas/onnx.proto`.
struct GraphParser {
  let reader: WireReader
  private var graph = Graph()
  private var hasGraph = false
  private var names: Set<String> = []
  private var branchCount = 0
  private var metadataByteCount = 0

  /// Prepares to read a file.
  init(_ file: InputFile) { reader = WireReader(file) }

  /// Reads the whole file but the elements of its tensors.
  mutating func parse() throws(FormatError) -> Graph {
    var model = WireMessage("ModelProto", in: 0..<reader.file.byteCount)
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
    var message = WireMessage("OperatorSetIdProto", in: extent)
    while let field = try reader.nextField(of: &message) {
      guard field.number == 1 else { continue }
      // ONNX Runtime imports all of its sets into what it writes.
      let domain = try reader.text(field, "OperatorSetIdProto.domain")
      if domain == "com.microsoft.nchwc" { graph.isOptimized = true }
    }
  }

  /// Reads the constants in the body of a function; those of a name that is taken already are passed over.
  private mutating func parseFunction(_ extent: Range<Int>) throws(FormatError) {
    var message = WireMessage("FunctionProto", in: extent)
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
    var message = WireMessage("GraphProto", in: extent)
    while let field = try reader.nextField(of: &message) {
      switch field.number {
      case 1: try addNode(try reader.bytes(field, "GraphProto.node"))
      case 5:
        let tensor = try TensorFields(try reader.bytes(field, "GraphProto.initializer"), reader)
        if let tensor = try parseTensor(tensor, name: nil) { graph.initializers.append(tensor) }
      case 15: try skipSparse(try reader.bytes(field, "GraphProto.sparse_initializer"))
      case 16: try parseGraphMetadata(try reader.bytes(field, "GraphProto.metadata_props"))
      default: break
      }
    }
  }

  /// Lists a sparse tensor, which has the name of its values.
  private mutating func skipSparse(_ extent: Range<Int>) throws(FormatError) {
    var name = ""
    var message = WireMessage("SparseTensorProto", in: extent)
    while let field = try reader.nextField(of: &message) {
      guard field.number == 1 else { continue }
      name = try TensorFields(try reader.bytes(field, "SparseTensorProto.values"), reader).name
    }
    graph.skipped.append(
      SkippedObject(
        name: name.isEmpty ? "a sparse initializer" : name, reason: "it is sparse; save it dense",
        isTensor: true))
  }

  /// Takes an entry of the model's metadata where it is a short text; others say nothing of a model's dimensions.
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

  // MARK: Nodes

  /// Lists what a node copies from a tensor of the file as one more tensor.
  private mutating func addCopies() {
    var stored = Dictionary(
      (graph.initializers + graph.constants).map { ($0.info.name, $0) },
      uniquingKeysWith: { first, _ in first })
    for node in graph.nodes where node.operation == "Identity" {
      guard let input = node.inputs.first, let original = stored[input], let name = node.outputs.first,
        !name.isEmpty, names.insert(name).inserted,
        let info = TensorInfo(
          name: name, elementType: original.info.elementType, shape: original.info.shape)
      else { continue }
      let copy = StoredTensor(info: info, payload: original.payload)
      stored[name] = copy
      graph.initializers.append(copy)
      graph.copies[name] = input
    }
  }

  private mutating func addNode(_ extent: Range<Int>) throws(FormatError) {
    let (node, value) = try parseNode(extent)
    graph.nodes.append(node)
    guard let value else { return }
    guard let name = node.outputs.first, !name.isEmpty else {
      throw FormatError(.malformed("a Constant node gives nothing"), byteOffset: extent.lowerBound)
    }
    if let tensor = try parseTensor(value, name: name) { graph.constants.append(tensor) }
  }

  /// Reads a node, and the tensor that it gives where it is a constant.
  private mutating func parseNode(
    _ extent: Range<Int>
  ) throws(FormatError) -> (node: GraphNode, value: TensorFields?) {
    var node = GraphNode()
    var value: TensorFields?
    var message = WireMessage("NodeProto", in: extent)
    while let field = try reader.nextField(of: &message) {
      switch field.number {
      case 1: node.inputs.append(try reader.text(field, "NodeProto.input"))
      case 2: node.outputs.append(try reader.text(field, "NodeProto.output"))
      case 3: node.name = try reader.text(field, "NodeProto.name")
      case 4: node.operation = try reader.text(field, "NodeProto.op_type")
      case 5:
        let attribute = try parseAttribute(try reader.bytes(field, "NodeProto.attribute"))
        if attribute.name == "transB" { node.transposesB = attribute.integer != 0 }
        if attribute.name == "value" { value = attribute.tensor }
        if attribute.name == "value_floats" { value = attribute.floats }
      case 9: try parseNodeMetadata(try reader.bytes(field, "NodeProto.metadata_props"), of: &node)
      default: break
      }
    }
    return (node, node.operation == "Constant" ? value : nil)
  }

  /// The parts of an `AttributeProto` that are of use.
  private struct Attribute {
    var name = ""
    var integer = 0
    var tensor: TensorFields?
    /// A list of float32 as a tensor of one dimension.
    var floats: TensorFields?
  }

  private mutating func parseAttribute(_ extent: Range<Int>) throws(FormatError) -> Attribute {
    var attribute = Attribute()
    var message = WireMessage("AttributeProto", in: extent)
    while let field = try reader.nextField(of: &message) {
      switch field.number {
      case 1: attribute.name = try reader.text(field, "AttributeProto.name")
      case 3: attribute.integer = try reader.integer(field, "AttributeProto.i")
      case 5: attribute.tensor = try TensorFields(try reader.bytes(field, "AttributeProto.t"), reader)
      case 6, 11: branchCount += 1
      case 7:
        var floats = attribute.floats ?? TensorFields()
        attribute.floats = nil  // so that its parts are not copied for each element
        try floats.addFloat(field, reader)
        attribute.floats = floats
      default: break
      }
    }
    return attribute
  }

  private func parseNodeMetadata(_ extent: Range<Int>, of node: inout GraphNode) throws(FormatError) {
    let (key, value) = try parseEntry(extent)
    guard let value else { return }
    switch key {
    case "pkg.torch.onnx.name_scopes":
      node.nameScopes = quotedStrings(in: try reader.text(value, key))
    case "pkg.torch.onnx.fx_node":
      node.sourceOperation = try reader.text(value, key, limit: 1 << 20)
    default: break
    }
  }

  /// The key of an entry, and where its value is.
  private func parseEntry(_ extent: Range<Int>) throws(FormatError) -> (key: String, value: Range<Int>?) {
    var key = ""
    var value: Range<Int>?
    var message = WireMessage("StringStringEntryProto", in: extent)
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
  private mutating func parseTensor(
    _ fields: TensorFields, name outputName: String?
  ) throws(FormatError) -> StoredTensor? {
    var tensor = fields
    if let outputName { tensor.name = outputName }
    guard !tensor.name.isEmpty else {
      throw FormatError(.malformed("a tensor has no name"), byteOffset: tensor.byteOffset)
    }
    do throws(FormatError) {
      guard names.insert(tensor.name).inserted else {
        throw FormatError(.malformed("two tensors have this name"))
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
    } catch {
      throw FormatError(
        error.kind, path: error.path, tensor: tensor.name, byteOffset: error.byteOffset ?? tensor.byteOffset)
    }
  }
}

/// The fields of one `TensorProto`, before they are held against each other.
private struct TensorFields {
  var name = ""
  var shape: [Int] = []
  var dataType = 0
  var raw: Range<Int>?
  var typed: [TypedField: (parts: [StoredTensor.TypedPart], count: Int)] = [:]
  var external: [String: String] = [:]
  var isExternal = false
  var isSegmented = false
  /// Offset of the message in the file, in bytes.
  var byteOffset = 0

  /// Far more dimensions than any tensor has.
  private static let maximumRank = 64

  /// An empty list of float32.
  init() { (dataType, shape) = (1, [0]) }

  /// Adds an element, or packed ones, to a list of float32.
  mutating func addFloat(_ field: WireField, _ reader: WireReader) throws(FormatError) {
    byteOffset = byteOffset == 0 ? field.extent.lowerBound : byteOffset
    try readElements(field, of: .floatData, reader)
    shape = [typed[.floatData]?.count ?? 0]
  }

  init(_ extent: Range<Int>, _ reader: WireReader) throws(FormatError) {
    byteOffset = extent.lowerBound
    var message = WireMessage("TensorProto", in: extent)
    while let field = try reader.nextField(of: &message) {
      switch field.number {
      case 1: try readDimensions(field, reader)
      case 2: dataType = try reader.integer(field, "TensorProto.data_type")
      case 3: isSegmented = true
      case 8: name = try reader.text(field, "TensorProto.name")
      case 9:
        guard raw == nil else {
          throw FormatError(
            .malformed("a tensor has raw_data twice"), byteOffset: field.extent.lowerBound)
        }
        raw = try reader.bytes(field, "TensorProto.raw_data")
      case 13: try readExternalEntry(try reader.bytes(field, "TensorProto.external_data"), reader)
      case 14: isExternal = try reader.integer(field, "TensorProto.data_location") == 1
      default:
        if let typedField = TypedField(rawValue: field.number) {
          try readElements(field, of: typedField, reader)
        }
      }
    }
  }

  private mutating func readDimensions(_ field: WireField, _ reader: WireReader) throws(FormatError) {
    var packed = WireMessage("TensorProto.dims", in: field.payload)
    switch field.value {
    case .varint(let bits): shape.append(Int(truncatingIfNeeded: bits))
    case .bytes:
      while packed.byteOffset < packed.end, shape.count <= Self.maximumRank {
        shape.append(Int(truncatingIfNeeded: try reader.varint(in: &packed)))
      }
    case .fixed32, .fixed64: throw reader.wrongType(field, "TensorProto.dims")
    }
    guard shape.count <= Self.maximumRank else {
      throw FormatError(
        .malformed("a tensor has more than \(Self.maximumRank) dimensions"),
        byteOffset: field.extent.lowerBound)
    }
  }

  private mutating func readExternalEntry(
    _ extent: Range<Int>, _ reader: WireReader
  ) throws(FormatError) {
    var (key, value) = ("", "")
    var message = WireMessage("StringStringEntryProto", in: extent)
    while let field = try reader.nextField(of: &message) {
      switch field.number {
      case 1: key = try reader.text(field, "StringStringEntryProto.key")
      case 2: value = try reader.text(field, "StringStringEntryProto.value")
      default: break
      }
    }
    guard external.updateValue(value, forKey: key) == nil else {
      throw FormatError(
        .malformed("a tensor has \(key) of its external data twice"), byteOffset: extent.lowerBound)
    }
  }

  /// Notes where elements are; those that follow each other without packing become one part.
  private mutating func readElements(
    _ field: WireField, of typedField: TypedField, _ reader: WireReader
  ) throws(FormatError) {
    var (parts, count) = typed[typedField] ?? ([], 0)
    typed[typedField] = nil  // so that the array is not copied for each element
    switch field.value {
    case .bytes:
      count += try elementCount(in: field.payload, of: typedField, reader)
      parts.append(StoredTensor.TypedPart(extent: field.payload, isPacked: true))
    case .varint where typedField.fixedByteCount == nil, .fixed32 where typedField.fixedByteCount == 4,
      .fixed64 where typedField.fixedByteCount == 8:
      count += 1
      if let last = parts.indices.last, !parts[last].isPacked,
        parts[last].extent.upperBound == field.extent.lowerBound
      {
        parts[last].extent = parts[last].extent.lowerBound..<field.extent.upperBound
      } else {
        parts.append(StoredTensor.TypedPart(extent: field.extent, isPacked: false))
      }
    default: throw reader.wrongType(field, "TensorProto.\(typedField.name)")
    }
    typed[typedField] = (parts, count)
  }

  private func elementCount(
    in range: Range<Int>, of field: TypedField, _ reader: WireReader
  ) throws(FormatError) -> Int {
    guard let byteCount = field.fixedByteCount else { return try reader.varintCount(in: range, field.name) }
    guard range.count % byteCount == 0 else {
      throw FormatError(
        .malformed("\(field.name) has \(range.count) bytes, no multiple of \(byteCount)"),
        byteOffset: range.lowerBound)
    }
    return range.count / byteCount
  }

  /// Holds shape, type and elements against each other.
  func stored(_ type: ElementType, _ reader: WireReader) throws(FormatError) -> StoredTensor {
    guard let info = TensorInfo(name: name, elementType: type, shape: shape) else {
      throw FormatError(.malformed("the shape \(shapeText(shape)) cannot be"))
    }
    guard !isSegmented else {
      throw FormatError(.unsupported("a tensor in segments", advice: "save the model anew with its data"))
    }
    let filled = typed.filter { $0.value.count > 0 }
    guard (raw == nil ? 0 : 1) + filled.count + (isExternal ? 1 : 0) <= 1 else {
      throw FormatError(.malformed("its elements are in more than one place"))
    }
    if isExternal { return StoredTensor(info: info, payload: try externalPayload(info)) }
    if let raw {
      guard raw.count == info.byteCount else {
        throw FormatError(
          .malformed(
            "raw_data has \(raw.count) bytes, \(shapeText(shape)) of \(type.rawValue) takes \(info.byteCount)"
          ), byteOffset: raw.lowerBound)
      }
      return StoredTensor(info: info, payload: .raw(byteOffset: raw.lowerBound))
    }
    return StoredTensor(info: info, payload: try typedPayload(info, filled))
  }

  private func typedPayload(
    _ info: TensorInfo, _ filled: [TypedField: (parts: [StoredTensor.TypedPart], count: Int)]
  ) throws(FormatError) -> StoredTensor.Payload {
    let field = info.elementType.typedField
    if let other = filled.keys.first, other != field {
      throw FormatError(
        .malformed("elements of type \(info.elementType.rawValue) are in \(other.name), not in \(field.name)")
      )
    }
    let (parts, count) = filled[field] ?? ([], 0)
    guard count == info.elementCount else {
      throw FormatError(
        .malformed("\(field.name) has \(count) elements, \(shapeText(shape)) takes \(info.elementCount)"))
    }
    return .typed(field, parts)
  }

  private func externalPayload(_ info: TensorInfo) throws(FormatError) -> StoredTensor.Payload {
    guard let location = external["location"] else {
      throw FormatError(.malformed("its external data has no location"))
    }
    let offset = try externalNumber("offset") ?? 0
    let length = try externalNumber("length") ?? info.byteCount
    guard length == info.byteCount else {
      throw FormatError(
        .malformed(
          "its external data has \(length) bytes, \(shapeText(shape)) of \(info.elementType.rawValue) takes "
            + "\(info.byteCount)"))
    }
    return .external(location: location, byteOffset: offset)
  }

  private func externalNumber(_ key: String) throws(FormatError) -> Int? {
    guard let text = external[key] else { return nil }
    guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int(text) else {
      throw FormatError(.malformed("the \(key) of its external data is \(text.debugDescription)"))
    }
    return number
  }
}
