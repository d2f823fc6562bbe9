// The tensors that a model of given dimensions has, by name and shape.

extension Architecture {
  /// Every tensor of a checkpoint of these dimensions, in the order of the forward pass; names are unique.
  package var checkpointTensors: [CheckpointTensor] {
    var list = TensorList()
    list.add(image)
    list.add(text, embeddingWidth: image.embeddingWidth)
    if let decoder { list.add(decoder, guidanceInputs: image.widths.prefix(3).reversed()) }
    return list.tensors
  }

  /// Every tensor of a stored model of these dimensions that is not folded, in the order of the forward pass.
  package var modelTensors: [ModelTensor] { checkpointTensors.filter { !$0.isOptional }.map(\.modelTensor) }

  /// Every linear layer and convolution, in the order of the forward pass.
  package var layers: [LayerPath] { checkpointTensors.compactMap(\.layer) }

  /// The name of each layer's bias, whether or not the model has one, by the name of its weight.
  package var biasNames: [String: String] {
    Dictionary(layers.map { ($0.weight.name, $0.bias.name) }, uniquingKeysWith: { first, _ in first })
  }
}

extension TensorList {
  fileprivate mutating func add(_ encoder: Architecture.ImageEncoder) {
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
    for index in 0..<encoder.layers {
      let block = path.blocks[index]
      norm(block.attentionNorm, width: width)
      linear(block.queryKeyValue, outputs: 3 * width, inputs: width)
      linear(block.attentionProjection, outputs: width, inputs: width)
      norm(block.mlpNorm, width: width)
      linear(block.fc1, outputs: 4 * width, inputs: width)
      linear(block.fc2, outputs: width, inputs: 4 * width)
    }
    norm(path.finalNorm, width: width)
    // The only matrix of inputs x outputs in the checkpoint.
    add(path.projection.weight, .linear, [width, embeddingWidth], .oi, [1, 0], of: path.projection)
    add(ModelPath.logitScale, .scalar, [], .plain, [])
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
    let block = layer.classBlock
    norm(block.attentionNorm, width: width)
    for projection in [block.query, block.key, block.value] {
      linear(projection, outputs: width, inputs: width)
    }
    norm(block.mlpNorm, width: width)
    linear(block.fc1, outputs: 4 * width, inputs: width)
    linear(block.fc2, outputs: width, inputs: 4 * width)
    transposedConvolution(layer.upsample, outputs: width - guidance, inputs: width, kernel: 2)
    for (step, inputs) in zip(layer.fusion, [width + guidance, outputs]) {
      convolution(step.convolution, outputs: outputs, inputs: inputs, kernel: 3, bias: false)
      norm(step.norm, width: outputs)
    }
  }

  private mutating func convNeXtBlock(_ block: ModelPath.ConvNeXtBlock, width: Int, kernel: Int) {
    depthwiseConvolution(block.depthwise, channels: width, kernel: kernel)
    norm(block.norm, width: width)
    linear(block.fc1, outputs: 4 * width, inputs: width)
    linear(block.fc2, outputs: width, inputs: 4 * width)
    add(block.layerScale, .layerScale, [width], .plain, [0])
  }
}
