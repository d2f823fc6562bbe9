// Dimensions that contradict each other.

extension Architecture {
  /// Every dimension that no model can have together with the others; empty for a sound architecture.
  package var inconsistencies: [ContractProblem] {
    var problems: [ContractProblem] = []
    let check = { (holds: Bool, tensor: String, what: String, remedy: Remedy?) in
      if !holds { problems.append(ContractProblem(tensor: tensor, kind: .impossible(what), remedy: remedy)) }
    }
    check(
      text.heads > 0 && text.width % text.heads == 0, ModelPath.text.blocks[0].queryKeyValue.weight.name,
      "\(text.heads) heads do not divide a width of \(text.width)", .set(.textHeads))
    switch image {
    case .convNeXt(let encoder):
      check(
        encoder.kernel % 2 == 1, ModelPath.image.stages[0].blocks[0].depthwise.weight.name,
        "has an even kernel", nil)
    case .transformer(let encoder):
      check(
        encoder.heads > 0 && encoder.width % encoder.heads == 0,
        ModelPath.vision.blocks[0].queryKeyValue.weight.name,
        "\(encoder.heads) heads do not divide a width of \(encoder.width)", .set(.imageHeads))
    }
    check(
      segmenter == nil || (decoder != nil) == (image.kind == .convNeXt),
      ModelPath.decoder.costEmbedding.weight.name,
      "\(kind.rawValue) does not go with this image encoder", nil)
    if let aggregation { problems += Self.inconsistencies(of: aggregation) }
    if aggregation != nil, let encoder = image.transformer {
      check(
        encoder.layers >= CostAggregation.fewestLayers, ModelPath.vision.blocks[0].name,
        "\(encoder.layers) layers, expected \(CostAggregation.fewestLayers) or more: two of them guide the decoder",
        nil)
    }
    guard let decoder else { return problems }
    let path = ModelPath.decoder
    check(
      decoder.kernel % 2 == 1, path.layers[0].spatialBlock.depthwise.weight.name, "has an even kernel", nil)
    check(decoder.costKernel % 2 == 1, path.costEmbedding.weight.name, "has an even kernel", nil)
    check(
      decoder.pooling > 0, path.layers[0].classBlock.name,
      "pooling is \(decoder.pooling), expected 1 or more", nil)
    for (index, layer) in path.layers.enumerated() {
      let (width, guidance) = (decoder.inputWidths[index], decoder.guidanceWidths[index])
      check(
        decoder.heads > 0 && width % decoder.heads == 0, layer.classBlock.query.weight.name,
        "\(decoder.heads) heads do not divide a width of \(width)", .set(.heads))
      check(
        guidance < width, layer.upsample.weight.name,
        "guidance of \(guidance) channels leaves none of \(width)", nil)
      check(
        decoder.widths[index] % Decoder.channelsPerGroup == 0, layer.fusion[0].norm.scale.name,
        "\(decoder.widths[index]) channels are no multiple of \(Decoder.channelsPerGroup), a group's size",
        nil)
    }
    return problems
  }
  private static func inconsistencies(of aggregation: CostAggregation) -> [ContractProblem] {
    var problems: [ContractProblem] = []
    let check = { (holds: Bool, tensor: String, what: String, remedy: Remedy?) in
      if !holds { problems.append(ContractProblem(tensor: tensor, kind: .impossible(what), remedy: remedy)) }
    }
    let path = ModelPath.aggregation
    check(aggregation.costKernel % 2 == 1, path.costEmbedding.weight.name, "has an even kernel", nil)
    check(
      aggregation.heads > 0 && aggregation.hiddenWidth % aggregation.heads == 0,
      path.layers[0].classBlock.query.weight.name,
      "\(aggregation.heads) heads do not divide a width of \(aggregation.hiddenWidth)", .set(.heads))
    check(
      aggregation.window > 0 && aggregation.grid % aggregation.window == 0,
      path.layers[0].windowBlocks[1].mask.name,
      "windows of \(aggregation.window) do not divide a grid of \(aggregation.grid)", nil)
    check(
      (1...aggregation.grid).contains(aggregation.pooling), path.layers[0].classBlock.name,
      "pooling is \(aggregation.pooling), expected 1...\(aggregation.grid)", nil)
    check(
      aggregation.classLength > 0, path.layers[0].classBlock.name,
      "\(aggregation.classLength) classes, expected 1 or more", nil)
    for (index, layer) in path.decoder.enumerated() {
      let (width, guidance) = (aggregation.inputWidths[index], aggregation.guidanceWidths[index])
      check(
        guidance < width, layer.upsample.weight.name,
        "guidance of \(guidance) channels leaves none of \(width)", nil)
      check(
        aggregation.widths[index] % Decoder.channelsPerGroup == 0, layer.fusion[0].norm.scale.name,
        "\(aggregation.widths[index]) channels are no multiple of \(Decoder.channelsPerGroup), a group's size",
        nil)
    }
    return problems
  }
}
