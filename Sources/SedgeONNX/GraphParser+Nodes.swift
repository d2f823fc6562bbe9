// The nodes of a graph, and the tensors that they give.

internal import SedgeTensor

extension GraphParser {
  /// Lists what a node copies from a tensor of the file as one more tensor.
  mutating func addCopies() {
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

  mutating func addNode(_ extent: Range<Int>) throws(FormatError) {
    let (node, value) = try parseNode(extent)
    guard graph.nodes.count < Graph.maximumNodeCount else {
      throw FormatError(
        .unsupported(
          "a graph of more than \(Graph.maximumNodeCount) nodes", advice: "export the model without training"),
        byteOffset: extent.lowerBound)
    }
    graph.nodes.append(node)
    guard let value else { return }
    guard let name = node.outputs.first, !name.isEmpty else {
      throw FormatError(.malformed("a Constant node gives nothing"), byteOffset: extent.lowerBound)
    }
    if let tensor = try parseTensor(value, name: name) { graph.constants.append(tensor) }
  }

  /// Reads a node, and the tensor that it gives where it is a constant.
  mutating func parseNode(
    _ extent: Range<Int>
  ) throws(FormatError) -> (node: GraphNode, value: TensorFields?) {
    var node = GraphNode()
    var value: TensorFields?
    var message = reader.message("NodeProto", in: extent)
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
    var message = reader.message("AttributeProto", in: extent)
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
}
