// The tensors that a model of given dimensions has, by name and shape.

extension Architecture {
  /// Every tensor of a checkpoint of these dimensions, in the order of the forward pass; names are unique.
  package var checkpointTensors: [CheckpointTensor] {
    var list = TensorList()
    switch image {
    case .convNeXt(let encoder): list.add(encoder)
    case .transformer(let encoder): list.add(encoder)
    }
    list.add(text, embeddingWidth: image.embeddingWidth)
    switch (segmenter, image) {
    case (.fusion(let decoder), .convNeXt(let encoder)):
      list.add(decoder, guidanceInputs: encoder.widths.prefix(3).reversed())
    case (.aggregation(let aggregation), .transformer(let encoder)):
      list.add(aggregation, imageWidth: encoder.width, embeddingWidth: encoder.embeddingWidth)
    // ``inconsistencies`` has every other pair.
    default: break
    }
    return list.tensors
  }

  /// Every tensor of a stored model of these dimensions that is not folded, in the order of the forward pass.
  package var modelTensors: [ModelTensor] { checkpointTensors.filter { !$0.isOptional }.map(\.modelTensor) }

  /// Names of parts of tensors that have no effect on any result, so that a file may be without them.
  ///
  /// The last block of CAT-Seg's image encoder uses the values of its attention alone; exporters leave out queries and keys.
  package var idleNames: Set<String> {
    guard aggregation != nil, let encoder = image.transformer else { return [] }
    let attention = "\(ModelPath.vision.blocks[encoder.layers - 1].name).attn"
    return Set(["q", "k"].flatMap { ["\(attention).\($0)_proj_weight", "\(attention).\($0)_proj_bias"] })
  }

  /// Every linear layer and convolution, in the order of the forward pass.
  package var layers: [LayerPath] { checkpointTensors.compactMap(\.layer) }

  /// The name of each layer's bias, whether or not the model has one, by the name of its weight.
  package var biasNames: [String: String] {
    Dictionary(layers.map { ($0.weight.name, $0.bias.name) }, uniquingKeysWith: { first, _ in first })
  }
}

extension TensorList {
  fileprivate mutating func add(_ encoder: Architecture.ConvNeXt) {
    let path = ModelPath.image
    convolution(path.stem, outputs: encoder.widths[0], inputs: 3, kernel: 4)
    norm(path.stemNorm, width: encoder.widths[0])
    for (index, width) in encoder.widths.enumerated() {
      let stage = path.stages[index]
      if index > 0 {
        let before = encoder.widths[index - 1]
        norm(stage.downsampleNorm, width: before)
        convolution(stage.downsample, outputs: width, inputs: before, kernel: 2)
      }
      for block in 0..<encoder.depths[index] {
        convNeXtBlock(stage.blocks[block], width: width, kernel: encoder.kernel)
      }
    }
    let last = encoder.widths[encoder.widths.count - 1]
    norm(path.headNorm, width: last)
    switch encoder.head {
    case .linear:
      linear(path.projection, outputs: encoder.embeddingWidth, inputs: last, bias: false)
    case .mlp(let hidden):
      linear(path.fc1, outputs: hidden, inputs: last)
      linear(path.fc2, outputs: encoder.embeddingWidth, inputs: hidden, bias: false)
    }
  }

  fileprivate mutating func add(_ encoder: Architecture.TextEncoder, embeddingWidth: Int) {
    let (path, width) = (ModelPath.text, encoder.width)
    add(path.tokenEmbedding, .embedding, [encoder.vocabularySize, width], .plain, [0, 1])
    add(path.positionalEmbedding, .positionalEmbedding, [encoder.contextLength, width], .plain, [0, 1])
    for index in 0..<encoder.layers { transformerBlock(path.blocks[index], width: width, hidden: 4 * width) }
    norm(path.finalNorm, width: width)
    projection(path.projection, outputs: embeddingWidth, inputs: width)
    add(ModelPath.logitScale, .scalar, [], .plain, [])
  }

  fileprivate mutating func add(_ encoder: Architecture.VisionTransformer) {
    let (path, width) = (ModelPath.vision, encoder.width)
    add(path.classEmbedding, .token, [width], .plain, [0])
    add(
      path.positionalEmbedding, .positionalEmbedding, [encoder.grid * encoder.grid + 1, width], .plain,
      [0, 1])
    projection(path.projection, outputs: encoder.embeddingWidth, inputs: width)
    convolution(path.patches, outputs: width, inputs: 3, kernel: encoder.patch, bias: false)
    norm(path.firstNorm, width: width)
    for index in 0..<encoder.layers {
      transformerBlock(path.blocks[index], width: width, hidden: encoder.hiddenWidth)
    }
    norm(path.finalNorm, width: width)
  }

  /// A block of either transformer.
  private mutating func transformerBlock(_ block: ModelPath.TransformerBlock, width: Int, hidden: Int) {
    norm(block.attentionNorm, width: width)
    linear(block.queryKeyValue, outputs: 3 * width, inputs: width)
    linear(block.attentionProjection, outputs: width, inputs: width)
    norm(block.mlpNorm, width: width)
    linear(block.fc1, outputs: hidden, inputs: width)
    linear(block.fc2, outputs: width, inputs: hidden)
  }

  /// The last layer of either transformer: a matrix of inputs x outputs, as no other in a checkpoint.
  private mutating func projection(_ layer: LayerPath, outputs: Int, inputs: Int) {
    add(layer.weight, .linear, [inputs, outputs], .oi, [1, 0], of: layer)
  }

  fileprivate mutating func add(
    _ aggregation: Architecture.CostAggregation, imageWidth: Int, embeddingWidth: Int
  ) {
    let (path, width, guidance) = (ModelPath.aggregation, aggregation.hiddenWidth, aggregation.guidanceWidth)
    for (layer, (outputs, kernel)) in zip(path.upsampling, zip(aggregation.upsampledWidths, [2, 4])) {
      transposedConvolution(layer, outputs: outputs, inputs: imageWidth, kernel: kernel)
    }
    convolution(
      path.costEmbedding, outputs: width, inputs: aggregation.promptCount, kernel: aggregation.costKernel)
    convolution(path.guidance, outputs: guidance, inputs: embeddingWidth, kernel: 3)
    linear(path.textGuidance, outputs: guidance, inputs: embeddingWidth)
    for index in 0..<aggregation.layers {
      let layer = path.layers[index]
      norm(layer.guidanceNorm, width: guidance)
      for block in layer.windowBlocks { windowBlock(block, width: width, guidance: guidance) }
      add(layer.classBlock.paddingToken, .token, [1, 1, width], .plain, [2])
      add(layer.classBlock.paddingGuidance, .token, [1, 1, guidance], .plain, [2])
      classBlock(layer.classBlock, width: width, guidance: guidance)
    }
    for index in 0..<2 {
      convolution(
        path.decoderGuidance[index], outputs: aggregation.guidanceWidths[index],
        inputs: aggregation.upsampledWidths[index], kernel: 3)
    }
    for index in 0..<2 {
      upsamplingLayer(
        path.decoder[index], width: aggregation.inputWidths[index], outputs: aggregation.widths[index],
        guidance: aggregation.guidanceWidths[index], others: 0)
    }
    convolution(path.head, outputs: 1, inputs: aggregation.widths[1], kernel: 3)
  }

  private mutating func windowBlock(_ block: ModelPath.WindowBlock, width: Int, guidance: Int) {
    norm(block.attentionNorm, width: width)
    linear(block.query, outputs: width, inputs: width + guidance)
    linear(block.key, outputs: width, inputs: width + guidance)
    linear(block.value, outputs: width, inputs: width)
    linear(block.projection, outputs: width, inputs: width)
    norm(block.mlpNorm, width: width)
    linear(block.fc1, outputs: 4 * width, inputs: width)
    linear(block.fc2, outputs: width, inputs: 4 * width)
  }

  /// - Parameter guidance: Channels of the text guidance, which queries and keys see too; 0 in SED.
  private mutating func classBlock(_ block: ModelPath.ClassBlock, width: Int, guidance: Int) {
    norm(block.attentionNorm, width: width)
    linear(block.query, outputs: width, inputs: width + guidance)
    linear(block.key, outputs: width, inputs: width + guidance)
    linear(block.value, outputs: width, inputs: width)
    norm(block.mlpNorm, width: width)
    linear(block.fc1, outputs: 4 * width, inputs: width)
    linear(block.fc2, outputs: width, inputs: 4 * width)
  }

  /// - Parameter others: Channels that stand beside the upsampled ones and the guidance.
  private mutating func upsamplingLayer(
    _ layer: ModelPath.UpsamplingLayer, width: Int, outputs: Int, guidance: Int, others: Int
  ) {
    transposedConvolution(layer.upsample, outputs: width - guidance, inputs: width, kernel: 2)
    for (step, inputs) in zip(layer.fusion, [width + others, outputs]) {
      convolution(step.convolution, outputs: outputs, inputs: inputs, kernel: 3, bias: false)
      norm(step.norm, width: outputs)
    }
  }

  fileprivate mutating func add(_ decoder: Architecture.Decoder, guidanceInputs: [Int]) {
    let path = ModelPath.decoder
    convolution(
      path.costEmbedding, outputs: decoder.hiddenWidth, inputs: decoder.promptCount,
      kernel: decoder.costKernel)
    for (index, inputs) in guidanceInputs.enumerated() {
      convolution(path.guidance[index], outputs: decoder.guidanceWidths[index], inputs: inputs, kernel: 3)
    }
    for (index, inputs) in ([decoder.promptCount] + decoder.guidanceWidths.dropLast()).enumerated() {
      transposedConvolution(
        path.costPyramid[index], outputs: decoder.guidanceWidths[index], inputs: inputs, kernel: 2)
    }
    for (index, width) in decoder.inputWidths.enumerated() {
      decoderLayer(
        path.layers[index], width: width, outputs: decoder.widths[index],
        guidance: decoder.guidanceWidths[index], kernel: decoder.kernel)
    }
    convolution(path.head, outputs: 1, inputs: decoder.widths[2], kernel: 3)
    guard decoder.hasRejectionHeads else { return }
    for (index, width) in decoder.inputWidths.enumerated() {
      convolution(path.rejectionHeads[index], outputs: 1, inputs: width, kernel: 3)
    }
  }

  private mutating func decoderLayer(
    _ layer: ModelPath.DecoderLayer, width: Int, outputs: Int, guidance: Int, kernel: Int
  ) {
    convNeXtBlock(layer.spatialBlock, width: width, kernel: kernel)
    classBlock(layer.classBlock, width: width, guidance: 0)
    upsamplingLayer(
      ModelPath.UpsamplingLayer(name: layer.name), width: width, outputs: outputs, guidance: guidance,
      others: guidance)
  }

  private mutating func convNeXtBlock(_ block: ModelPath.ConvNeXtBlock, width: Int, kernel: Int) {
    depthwiseConvolution(block.depthwise, channels: width, kernel: kernel)
    norm(block.norm, width: width)
    linear(block.fc1, outputs: 4 * width, inputs: width)
    linear(block.fc2, outputs: width, inputs: 4 * width)
    add(block.layerScale, .layerScale, [width], .plain, [0])
  }
}
