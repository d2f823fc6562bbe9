// A model's dimensions, from the shapes of its tensors.

import SedgeTensor

/// Infers each dimension from several tensors and takes the extent that most of them have.
struct DimensionInference {
  let shapes: [String: [Int]]
  let options: ArchitectureOptions
  var problems: [ContractProblem] = []

  /// Larger extents than any such model has; bounds the memory that a made-up file can ask for.
  static let largestExtent = 1 << 20
  /// A longer side than any such kernel has; the products of a filter's extents stay far from overflow.
  static let largestKernel = 255

  init(shapes: [String: [Int]], options: ArchitectureOptions) {
    self.shapes = shapes
    self.options = options
  }

  /// The dimensions; `nil` where ``problems`` has any.
  ///
  /// - Parameters:
  ///   - imageEncoder: The kind of the image encoder.
  ///   - segmenter: Whether there is anything of a segmenter.
  mutating func architecture(_ imageEncoder: ImageEncoderKind, hasSegmenter: Bool) -> Architecture? {
    let image: Architecture.ImageEncoder =
      switch imageEncoder {
      case .convNeXt: .convNeXt(convNeXt())
      case .transformer: .transformer(visionTransformer())
      }
    let text = textEncoder()
    let segmenter: Architecture.Segmenter? =
      switch imageEncoder {
      case _ where !hasSegmenter: nil
      case .convNeXt: .fusion(decoder())
      case .transformer: .aggregation(aggregation())
      }
    guard problems.isEmpty else { return nil }
    let architecture = Architecture(
      image: image, text: text, segmenter: segmenter,
      usesQuickGELU: options.quickGELU ?? (segmenter != nil && imageEncoder == .transformer))
    problems = architecture.inconsistencies
    return problems.isEmpty ? architecture : nil
  }

  private mutating func convNeXt() -> Architecture.ConvNeXt {
    let path = ModelPath.image
    let stages = (0..<4).map { path.stages[$0] }
    let depths = stages.map { count(of: $0.blocks) }
    let widths = stages.enumerated().map { index, stage in
      let block = stage.blocks[0]
      let first = index == 0 ? path.stem : stage.downsample
      return extent(
        stage.name,
        [
          (block.layerScale, 0), (block.depthwise.weight, 0), (block.depthwise.bias, 0),
          (block.norm.scale, 0), (block.fc2.weight, 0), (block.fc2.bias, 0), (first.weight, 0),
        ])
    }
    let projection = ModelPath.text.projection
    let embeddingWidth = extent(
      projection.name, [(projection.weight, 1), (path.projection.weight, 0), (path.fc2.weight, 0)])
    let kernels = stages.map(\.blocks[0].depthwise.weight)
    let kernel = extent(
      kernels[0].name, kernels.flatMap { [($0, 2), ($0, 3)] }, atMost: Self.largestKernel)
    return Architecture.ConvNeXt(
      depths: depths, widths: widths, head: head(), embeddingWidth: embeddingWidth, kernel: kernel,
      normEpsilon: options.normEpsilon
        ?? Architecture.ConvNeXt.defaultNormEpsilon(depths: depths, widths: widths))
  }

  private mutating func visionTransformer() -> Architecture.VisionTransformer {
    let path = ModelPath.vision
    let width = extent(
      path.finalNorm.scale.name,
      [
        (path.finalNorm.scale, 0), (path.finalNorm.shift, 0), (path.classEmbedding, 0),
        (path.positionalEmbedding, 1), (path.projection.weight, 0), (path.patches.weight, 0),
      ])
    let layers = count(of: path.blocks)
    let positions = extent(path.positionalEmbedding.name, [(path.positionalEmbedding, 0)])
    let grid = Int(Double(max(positions - 1, 0)).squareRoot().rounded())
    if positions > 0, grid == 0 || grid * grid + 1 != positions {
      problems.append(
        ContractProblem(
          tensor: path.positionalEmbedding.name,
          kind: .impossible("has \(positions) rows, expected one and a square")))
    }
    let projection = ModelPath.text.projection
    return Architecture.VisionTransformer(
      width: width,
      heads: options.imageHeads ?? Architecture.VisionTransformer.usualHeads(width: width, layers: layers),
      layers: layers,
      hiddenWidth: extent(
        path.blocks[0].fc1.weight.name,
        [(path.blocks[0].fc1.weight, 0), (path.blocks[0].fc1.bias, 0), (path.blocks[0].fc2.weight, 1)]),
      patch: extent(
        path.patches.weight.name, [(path.patches.weight, 2), (path.patches.weight, 3)],
        atMost: Self.largestKernel),
      grid: grid,
      embeddingWidth: extent(projection.name, [(projection.weight, 1), (path.projection.weight, 1)]),
      normEpsilon: options.normEpsilon ?? 1e-5)
  }

  private mutating func head() -> Architecture.VisualHead {
    let path = ModelPath.image
    let candidates = [(path.fc1.bias, 0), (path.fc1.weight, 0), (path.fc2.weight, 1)]
    guard candidates.contains(where: { shapes[$0.0.name] != nil }) else { return .linear }
    return .mlp(hiddenWidth: extent(path.fc1.weight.name, candidates))
  }

  private mutating func textEncoder() -> Architecture.TextEncoder {
    let path = ModelPath.text
    let width = extent(
      path.finalNorm.scale.name,
      [
        (path.finalNorm.scale, 0), (path.finalNorm.shift, 0), (path.tokenEmbedding, 1),
        (path.positionalEmbedding, 1), (path.projection.weight, 0),
      ])
    return Architecture.TextEncoder(
      width: width, heads: options.textHeads ?? max(1, width / 64), layers: count(of: path.blocks),
      contextLength: extent(path.positionalEmbedding.name, [(path.positionalEmbedding, 0)]),
      vocabularySize: extent(path.tokenEmbedding.name, [(path.tokenEmbedding, 0)]))
  }

  private mutating func decoder() -> Architecture.Decoder {
    let path = ModelPath.decoder
    let (layers, cost) = (path.layers, path.costEmbedding)
    let hidden = extent(
      cost.weight.name, [(cost.bias, 0), (cost.weight, 0), (layers[0].spatialBlock.layerScale, 0)])
    let widths = layers.map { layer in
      let norms = layer.fusion.map(\.norm.scale)
      return extent(norms[0].name, norms.map { ($0, 0) })
    }
    let guidance = zip(path.guidance, path.costPyramid).map { guidance, pyramid in
      extent(guidance.bias.name, [(guidance.bias, 0), (pyramid.bias, 0)])
    }
    let kernels = layers.map(\.spatialBlock.depthwise.weight)
    return Architecture.Decoder(
      promptCount: extent(cost.weight.name, [(cost.weight, 1), (path.costPyramid[0].weight, 0)]),
      hiddenWidth: hidden, widths: widths, guidanceWidths: guidance, heads: options.heads ?? 4,
      kernel: extent(kernels[0].name, kernels.flatMap { [($0, 2), ($0, 3)] }, atMost: Self.largestKernel),
      costKernel: extent(
        cost.weight.name, [(cost.weight, 2), (cost.weight, 3)], atMost: Self.largestKernel),
      pooling: options.pooling ?? 1,
      hasRejectionHeads: shapes.keys.contains { ModelPart(ofTensor: $0) == .rejection })
  }

  private mutating func aggregation() -> Architecture.CostAggregation {
    let path = ModelPath.aggregation
    let (cost, layer) = (path.costEmbedding, path.layers[0])
    let mask = shapes[layer.windowBlocks[1].mask.name]
    let usual = Architecture.CostAggregation()
    // The mask is windows x pixels x pixels; a grid of one window has none.
    let window = mask.flatMap { $0.count == 3 ? Self.root(of: $0[1]) : nil } ?? usual.window
    let windows = mask.flatMap { $0.count == 3 ? Self.root(of: $0[0]) : nil } ?? 2
    if let mask,
      mask.count != 3 || mask[1] != mask[2] || mask != [windows * windows, window * window, window * window]
    {
      problems.append(
        ContractProblem(
          tensor: layer.windowBlocks[1].mask.name,
          kind: .impossible("is of no square windows of pixels"), cause: "found \(shapeText(mask))"))
    }
    return Architecture.CostAggregation(
      promptCount: extent(cost.weight.name, [(cost.weight, 1)]),
      hiddenWidth: extent(
        cost.weight.name, [(cost.bias, 0), (cost.weight, 0), (layer.classBlock.attentionNorm.scale, 0)]),
      guidanceWidth: extent(
        path.guidance.bias.name,
        [(path.guidance.bias, 0), (path.textGuidance.bias, 0), (layer.guidanceNorm.scale, 0)]),
      layers: count(of: path.layers), heads: options.heads ?? usual.heads, grid: window * windows,
      window: window,
      costKernel: extent(cost.weight.name, [(cost.weight, 2), (cost.weight, 3)], atMost: Self.largestKernel),
      pooling: options.pooling ?? usual.pooling, classLength: options.classLength ?? usual.classLength,
      upsampledWidths: path.upsampling.map { extent($0.weight.name, [($0.bias, 0), ($0.weight, 1)]) },
      widths: path.decoder.map { layer in
        let norms = layer.fusion.map(\.norm.scale)
        return extent(norms[0].name, norms.map { ($0, 0) })
      }, guidanceWidths: path.decoderGuidance.map { extent($0.bias.name, [($0.bias, 0), ($0.weight, 0)]) })
  }

  /// The root of a square; `nil` for any other number.
  private static func root(of square: Int) -> Int? {
    guard (1...largestExtent).contains(square) else { return nil }
    let root = Int(Double(square).squareRoot().rounded())
    return root * root == square ? root : nil
  }

  /// The extent that most of several dimensions have; a problem where none of the tensors exists.
  private mutating func extent(
    _ representative: String, _ candidates: [(tensor: ParameterPath, axis: Int)],
    atMost limit: Int = largestExtent
  ) -> Int {
    var votes: [(extent: Int, count: Int)] = []
    for candidate in candidates {
      guard let shape = shapes[candidate.tensor.name], candidate.axis < shape.count else { continue }
      let extent = shape[candidate.axis]
      if let known = votes.firstIndex(where: { $0.extent == extent }) {
        votes[known].count += 1
      } else {
        votes.append((extent, 1))
      }
    }
    guard let winner = votes.max(by: { $0.count < $1.count }) else {
      problems.append(
        ContractProblem(
          tensor: representative,
          kind: .impossible("neither it nor a related tensor determines the dimension")))
      return 0
    }
    guard (1...limit).contains(winner.extent) else {
      problems.append(
        ContractProblem(tensor: representative, kind: .impossible("has an extent of \(winner.extent)")))
      return 0
    }
    return winner.extent
  }

  /// The number of modules in a list: one more than the largest number of a module with a tensor.
  ///
  /// A number as large as twice the count of numbers is ignored, so that one name cannot ask for thousands of blocks.
  private mutating func count<Element>(of list: ModuleList<Element>) -> Int {
    let numbers = Set(shapes.keys.compactMap(list.index(ofTensor:)))
    let count = (numbers.filter { $0 < 2 * numbers.count }.max() ?? -1) + 1
    if count == 0 {
      problems.append(
        ContractProblem(tensor: list[0].name, kind: .impossible("expected, found no tensor of it")))
    }
    return count
  }
}
