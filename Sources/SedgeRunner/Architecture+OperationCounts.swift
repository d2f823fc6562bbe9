// The multiply-adds of a segmentation, stage by stage.

package import SedgeArchitecture

extension Architecture {
  /// The multiply-adds of a segmentation's matrix products and convolutions, stage by stage.
  ///
  /// - Parameters:
  ///   - resolution: Side of the encoder's input.
  ///   - classes: The number of classes at first and after each early rejection: four numbers.
  package func operationCounts(resolution: Int, classes: [Int]) -> [OperationCount] {
    guard let decoder, let image = image.convNeXt, classes.count == 4 else { return [] }
    let side = resolution / 32
    var result = [OperationCount("image encoder", image.operations(resolution: resolution))]
    let levels = decoder.guidanceWidths.indices.map { level in
      DecoderLevel(decoder, level, pixels: side * side << (2 * level))
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
    result.append(OperationCount("cost embedding", classes[0] * embedding, done: classes[1] * embedding))
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

/// The multiply-adds of one decoder layer for one class.
private struct DecoderLevel {
  let pixels: Int
  let inputs: Int
  let outputs: Int
  let guidanceWidth: Int
  let kernel: Int
  let heads: Int
  let pyramidInputs: Int

  init(_ decoder: Architecture.Decoder, _ level: Int, pixels: Int) {
    self.pixels = pixels
    inputs = decoder.inputWidths[level]
    outputs = decoder.widths[level]
    guidanceWidth = decoder.guidanceWidths[level]
    kernel = decoder.kernel
    heads = decoder.heads
    pyramidInputs = level == 0 ? decoder.promptCount : decoder.guidanceWidths[level - 1]
  }

  var space: Int { pixels * inputs * (kernel * kernel + 8 * inputs) }
  var classes: Int { pixels * inputs * (11 * inputs + 2 * (inputs / heads)) }
  var pyramid: Int { pixels * pyramidInputs * 4 * guidanceWidth }

  func guidance(stageWidth: Int) -> Int { 4 * pixels * 9 * stageWidth * guidanceWidth }
  /// The first convolution over the guidance.
  var guidanceTerm: Int { 4 * pixels * 9 * guidanceWidth * outputs }

  private var second: Int { 4 * pixels * 9 * outputs * outputs }
  /// The transposed convolution, the convolution over the concatenated inputs, and the second convolution.
  var fusion: Int {
    pixels * inputs * 4 * (inputs - guidanceWidth) + 4 * pixels * 9 * (inputs + guidanceWidth) * outputs
      + second
  }
  /// ``fusion`` with the transposed convolution merged and without the convolution over the guidance.
  var mergedFusion: Int { 4 * pixels * (4 * inputs + 9 * guidanceWidth) * outputs + second }
}
