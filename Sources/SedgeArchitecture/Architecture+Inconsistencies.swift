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
    check(
      image.kernel % 2 == 1, ModelPath.image.stages[0].blocks[0].depthwise.weight.name, "has an even kernel",
      nil)
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
}
