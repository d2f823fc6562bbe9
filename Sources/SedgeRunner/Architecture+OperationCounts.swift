// The multiply-adds of a segmentation, stage by stage.

package import SedgeArchitecture

extension Architecture {
  /// The multiply-adds of a segmentation's matrix products and convolutions, stage by stage.
  ///
  /// - Parameters:
  ///   - resolution: Side of the encoder's input.
  ///   - classes: The number of classes at first, and in SED after each early rejection: four numbers.
  ///   - windows: The number of inputs of the image encoder: more than 1 for CAT-Seg's sliding windows.
  ///   - convolutions: Counts convolutions as they are executed.
  package func operationCounts(
    resolution: Int, classes: [Int], windows: Int = 1, _ convolutions: ConvolutionCounts = .direct
  ) -> [OperationCount] {
    switch (segmenter, image) {
    case (.fusion(let decoder), .convNeXt(let encoder)) where classes.count == 4:
      return Self.operationCounts(
        decoder, encoder, resolution: resolution, classes: classes, convolutions)
    case (.aggregation(let aggregation), .transformer(let encoder)) where !classes.isEmpty:
      return aggregation.operationCounts(encoder, classes: classes[0], convolutions).map {
        OperationCount($0.stage, $0.defined * windows, done: $0.done * windows)
      }
    case (nil, _) where !classes.isEmpty:
      let side = resolution / image.stride
      let costs = classes[0] * side * side * image.embeddingWidth
      switch image {
      case .convNeXt(let encoder):
        return [
          OperationCount("image encoder", encoder.operations(resolution: resolution)),
          OperationCount("cost map", costs),
        ]
      case .transformer(let encoder):
        return [
          OperationCount("image encoder", encoder.operations(side: side)), OperationCount("cost map", costs),
        ]
      }
    default: return []
    }
  }

  private static func operationCounts(
    _ decoder: Decoder, _ image: ConvNeXt, resolution: Int, classes: [Int],
    _ convolutions: ConvolutionCounts
  ) -> [OperationCount] {
    let side = resolution / 32
    var result = [OperationCount("image encoder", image.operations(resolution: resolution))]
    let levels = decoder.guidanceWidths.indices.map { level in
      DecoderLevel(decoder, level, side: side << level, convolutions)
    }
    result.append(
      OperationCount(
        "guidance", levels.enumerated().map { $1.guidance(stageWidth: image.widths[2 - $0]) }.reduce(0, +),
        done: levels.enumerated().map { $1.guidance(stageWidth: image.widths[2 - $0]) + $1.guidanceTerm }
          .reduce(0, +)))
    let costs = side * side * decoder.promptCount * image.embeddingWidth
    let embedding =
      side * side * decoder.costKernel * decoder.costKernel * decoder.promptCount * decoder.hiddenWidth
    result.append(OperationCount("cost map", classes[0] * costs))
    // The accelerated pass embeds only the classes that the first rejection keeps.
    let embeddingDone = convolutions.costEmbedding(
      side: side, kernel: decoder.costKernel, inputs: decoder.promptCount, outputs: decoder.hiddenWidth,
      inFloat32: false)
    result.append(OperationCount("cost embedding", classes[0] * embedding, done: classes[1] * embeddingDone))
    if decoder.hasRejectionHeads {
      let heads = levels.enumerated().map { classes[$0] * $1.pixels * 9 * $1.inputs }
      let side = decoder.costKernel + 2
      let short = classes[0] * levels[0].pixels * side * side * decoder.promptCount
      result.append(
        OperationCount("early rejection", heads.reduce(0, +), done: short + heads.dropFirst().reduce(0, +)))
    }
    for (index, level) in levels.enumerated() {
      let count = classes[index + 1]
      result.append(OperationCount("decoder \(index + 1), space", count * level.space))
      result.append(OperationCount("decoder \(index + 1), classes", count * level.classes))
      let head = index == 2 ? 4 * level.pixels * 9 * level.outputs : 0
      // The accelerated pass recomputes the cost pyramid at each level.
      let pyramids = levels[...index].map(\.pyramid)
      result.append(
        OperationCount(
          "decoder \(index + 1), fusion", count * (level.fusion + level.pyramid + head),
          done: count * (level.mergedFusion + pyramids.reduce(0, +) + head)))
    }
    return result
  }
}

extension Architecture.ConvNeXt {
  /// The multiply-adds of the encoder, every pixel of the last stage embedded.
  fileprivate func operations(resolution: Int) -> Int {
    var side = resolution / 4
    var total = side * side * 48 * widths[0]
    for (stage, width) in widths.enumerated() {
      if stage > 0 {
        side /= 2
        total += side * side * 4 * widths[stage - 1] * width
      }
      total += depths[stage] * side * side * width * (kernel * kernel + 8 * width)
    }
    switch head {
    case .linear: total += side * side * widths[3] * embeddingWidth
    case .mlp(let hidden): total += side * side * hidden * (widths[3] + embeddingWidth)
    }
    return total
  }
}

extension Architecture.VisionTransformer {
  /// The multiply-adds of the encoder with every patch embedded, the last block without attention.
  ///
  /// - Parameter side: Patches along a side.
  fileprivate func operations(side: Int) -> Int {
    let (patches, tokens) = (side * side, side * side + 1)
    let mlp = 2 * width * hiddenWidth
    let block = tokens * (4 * width * width + 2 * tokens * width + mlp)
    return patches * 3 * patch * patch * width + (layers - 1) * block + tokens * (2 * width * width + mlp)
      + tokens * width * embeddingWidth
  }
}

extension Architecture.CostAggregation {
  /// The multiply-adds of CAT-Seg on one window.
  fileprivate func operationCounts(
    _ encoder: Architecture.VisionTransformer, classes: Int, _ convolutions: ConvolutionCounts
  ) -> [OperationCount] {
    let (pixels, width, seen) = (grid * grid, hiddenWidth, min(classes, classLength))
    let upsampling = zip(upsampledWidths, [4, 16]).reduce(0) { $0 + pixels * encoder.width * $1.0 * $1.1 }
    let projections = zip(zip(upsampledWidths, guidanceWidths), [4, 16]).reduce(0) {
      $0 + $1.1 * pixels * 9 * $1.0.0 * $1.0.1
    }
    let appearance = pixels * 9 * encoder.embeddingWidth * guidanceWidth
    // The accelerated pass multiplies the guidance's half of queries and keys once for all classes, or once for all pixels.
    let guided = 2 * width * guidanceWidth
    let mlp = 8 * width * width
    let space = 2 * pixels * (4 * width * width + 2 * window * window * width + mlp)
    let attention = pixels * (3 * width * width + 2 * width * (width / heads) + mlp)
    var result = [
      OperationCount("image encoder", encoder.operations(side: grid)),
      OperationCount(
        "guidance", upsampling + appearance + projections + seen * encoder.embeddingWidth * guidanceWidth),
      OperationCount("cost map", classes * pixels * promptCount * encoder.embeddingWidth),
      OperationCount(
        "cost embedding", seen * pixels * costKernel * costKernel * promptCount * width,
        done: seen
          * convolutions.costEmbedding(
            side: grid, kernel: costKernel, inputs: promptCount, outputs: width, inFloat32: true)),
    ]
    for layer in 1...layers {
      result.append(
        OperationCount(
          "aggregation \(layer), space", seen * (space + 2 * pixels * guided),
          done: seen * space + 2 * pixels * guided))
      result.append(
        OperationCount(
          "aggregation \(layer), classes", classLength * (attention + pixels * guided),
          done: seen * (attention + guided)))
    }
    for (index, outputs) in widths.enumerated() {
      let (inputs, places) = (inputWidths[index], pixels << (2 * index))
      let raised = places * inputs * 4 * (inputs - guidanceWidths[index])
      let head = index == widths.count - 1 ? 4 * places * 9 * outputs : 0
      // The accelerated pass merges the first convolution with the upsampling, and convolves the guidance once for all classes.
      let side = grid << index
      let guided = 4 * places * 9 * guidanceWidths[index] * outputs
      let merged =
        convolutions.upsampled(side: side, inputs: inputs, outputs: outputs)
        + convolutions.band(side: 2 * side, inputs: outputs, outputs: outputs)
      result.append(
        OperationCount(
          "decoder \(index + 1)", seen * (raised + 4 * places * 9 * (inputs + outputs) * outputs + head),
          done: seen * (merged + head) + guided))
    }
    return result
  }
}

/// The multiply-adds of one decoder layer for one class.
private struct DecoderLevel {
  let side: Int
  let convolutions: ConvolutionCounts
  let inputs: Int
  let outputs: Int
  let guidanceWidth: Int
  let kernel: Int
  let heads: Int
  let pyramidInputs: Int

  init(_ decoder: Architecture.Decoder, _ level: Int, side: Int, _ convolutions: ConvolutionCounts) {
    (self.side, self.convolutions) = (side, convolutions)
    inputs = decoder.inputWidths[level]
    outputs = decoder.widths[level]
    guidanceWidth = decoder.guidanceWidths[level]
    kernel = decoder.kernel
    heads = decoder.heads
    pyramidInputs = level == 0 ? decoder.promptCount : decoder.guidanceWidths[level - 1]
  }

  var pixels: Int { side * side }
  var space: Int { pixels * inputs * (kernel * kernel + 8 * inputs) }
  var classes: Int { pixels * inputs * (11 * inputs + 2 * (inputs / heads)) }
  var pyramid: Int { pixels * pyramidInputs * 4 * guidanceWidth }

  func guidance(stageWidth: Int) -> Int { 4 * pixels * 9 * stageWidth * guidanceWidth }
  /// The first convolution over the guidance.
  var guidanceTerm: Int { 4 * pixels * 9 * guidanceWidth * outputs }

  /// The transposed convolution, the convolution over the concatenated inputs, and the second convolution.
  var fusion: Int {
    pixels * inputs * 4 * (inputs - guidanceWidth) + 4 * pixels * 9 * (inputs + guidanceWidth) * outputs
      + 4 * pixels * 9 * outputs * outputs
  }
  /// ``fusion`` with the transposed convolution merged and without the convolution over the guidance, as it is executed.
  var mergedFusion: Int {
    convolutions.upsampled(side: side, inputs: inputs, outputs: outputs)
      + convolutions.band(side: 2 * side, inputs: guidanceWidth, outputs: outputs)
      + convolutions.band(side: 2 * side, inputs: outputs, outputs: outputs)
  }
}
