// CLIP's vision transformer: an image to an embedding, or to one for each patch.

import SedgeArchitecture
import SedgeOperators
import SedgeTensor

/// CLIP's vision transformer.
struct VisionTransformerEncoder {
  let patches: Dense
  /// W.
  let classToken: Tensor
  /// (1 + grid²) x W: the class token's first.
  let positions: Tensor
  let firstNorm: Norm
  let blocks: [TransformerBlock]
  let finalNorm: Norm
  let projection: Dense
  /// Side of a patch in pixels.
  let patch: Int
  /// Side of the grid that ``positions`` are for.
  let grid: Int
  /// Whether positions become those of another grid with antialiasing, as in OpenCLIP; CAT-Seg's program has none.
  let antialiasesPositions: Bool
  /// The blocks whose outputs are guidance, counted from 0.
  let guidanceBlocks: [Int]

  /// What the encoder computes of an image's patches.
  struct Features {
    /// The first block's input: 1 x (1 + H W) x C.
    var tokens: Tensor
    /// The outputs of the guidance blocks, without the class token: 1 x H x W x C each.
    var guidance: [Tensor]
    /// The last block's output: 1 x (1 + H W) x C.
    var lastBlock: Tensor
    /// The embedding of each patch, not normalized: 1 x H x W x D.
    var embedding: Tensor
  }

  init(_ architecture: Architecture.VisionTransformer, _ loader: WeightLoader) throws {
    let (path, epsilon) = (ModelPath.vision, architecture.normEpsilon)
    patches = try loader.dense(path.patches)
    classToken = try loader.tensor(path.classEmbedding)
    positions = try loader.tensor(path.positionalEmbedding)
    firstNorm = try loader.norm(path.firstNorm, epsilon: epsilon)
    blocks = try (0..<architecture.layers).map {
      try loader.transformerBlock(
        path.blocks[$0], width: architecture.width, heads: architecture.heads, epsilon: epsilon)
    }
    finalNorm = try loader.norm(path.finalNorm, epsilon: epsilon)
    projection = try loader.dense(path.projection)
    (patch, grid) = (architecture.patch, architecture.grid)
    antialiasesPositions = loader.architecture.kind != .catSeg
    guidanceBlocks = Architecture.CostAggregation.guidanceBlocks(layers: architecture.layers)
  }

  /// Encodes an image as CLIP does.
  ///
  /// - Parameter input: 1 x H x W x 3, H and W multiples of the patch.
  /// - Returns: The embedding of the class token, 1 x D, not normalized.
  func pooled(_ input: Tensor, _ operators: any Operators, taps: Taps? = nil) -> Tensor {
    var x = tokens(of: input, operators)
    taps?.record("tokens", x)
    for (index, block) in blocks.enumerated() {
      attend(block, &x, operators)
      // After the last attention rows are independent, and only the class token's is read.
      if index == blocks.count - 1, taps?.wants("block\(index)") != true { x = classRow(of: x) }
      block.addMLP(to: &x, operators)
      if x.shape.count == 3 { taps?.record("block\(index)", x) }
    }
    return projection.linear(finalNorm(classRow(of: x), operators), operators)
  }

  /// Encodes each patch as CAT-Seg does: in the last block each token attends to itself alone, and the residual of all of them is the
  /// class token's.
  ///
  /// - Parameter input: 1 x H x W x 3, H and W multiples of the patch.
  func dense(_ input: Tensor, _ operators: any Operators) -> Features {
    var x = tokens(of: input, operators)
    let (height, width) = (input.shape[1] / patch, input.shape[2] / patch)
    let tokens = x
    var guidance: [Tensor] = []
    for (index, block) in blocks.enumerated() {
      if index < blocks.count - 1 {
        attend(block, &x, operators)
      } else {
        let values = block.value.linear(block.attentionNorm(x, operators), operators)
        x = repeated(x.values[..<classToken.count], shape: x.shape)
        block.add(attended: values, to: &x, operators)
      }
      block.addMLP(to: &x, operators)
      if guidanceBlocks.contains(index) { guidance.append(map(x, height: height, width: width)) }
    }
    let embedding = projection.linear(finalNorm(x, operators), operators)
    return Features(
      tokens: tokens, guidance: guidance, lastBlock: x,
      embedding: map(embedding, height: height, width: width))
  }

  /// The class token's row of any rows: 1 x C.
  private func classRow(of x: Tensor) -> Tensor {
    Tensor(shape: [1, classToken.count], values: Array(x.values[..<classToken.count]))
  }

  private func attend(_ block: TransformerBlock, _ x: inout Tensor, _ operators: any Operators) {
    let rows = block.queriesKeysValues(x, operators)
    let width = classToken.count
    let parts = (0..<3).map { part in rows.columns(part * width..<(part + 1) * width) }
    let attended = operators.attention(
      query: parts[0], key: parts[1], value: parts[2], heads: block.heads, scale: block.attentionScale,
      mask: nil)
    block.add(attended: attended, to: &x, operators)
  }

  /// The first block's input: 1 x (1 + patches) x C.
  private func tokens(of input: Tensor, _ operators: any Operators) -> Tensor {
    let map = patches.convolution(input, operators, stride: patch)
    let (height, width) = (map.shape[1], map.shape[2])
    var x = Tensor(shape: [1, 1 + height * width, classToken.count], values: classToken.values + map.values)
    let positions = positions(height: height, width: width)
    if let observer = operators as? any LayerObserver {
      let path = ModelPath.vision
      observer.observe(rows: classToken.reshaped([1, classToken.count]), of: path.classEmbedding.name)
      observer.observe(rows: positions, of: path.positionalEmbedding.name)
    }
    operators.add(positions.reshaped(x.shape), scale: nil, to: &x)
    return firstNorm(x, operators)
  }

  /// The positions of a grid of any size: (1 + height * width) x C.
  func positions(height: Int, width: Int) -> Tensor {
    guard (height, width) != (grid, grid) else { return positions }
    let channels = classToken.count
    let stored = Tensor(
      shape: [grid, grid, channels], values: Array(positions.values[channels...]))
    let resized = resizeBicubic(
      stored, height: height, width: width, coefficient: antialiasesPositions ? -0.5 : -0.75,
      antialiases: antialiasesPositions)
    return Tensor(
      shape: [1 + height * width, channels], values: positions.values[..<channels] + resized.values)
  }

  /// Rows of the patches as a map: 1 x (1 + H W) x C to 1 x H x W x C.
  private func map(_ x: Tensor, height: Int, width: Int) -> Tensor {
    let channels = x.shape[2]
    return Tensor(shape: [1, height, width, channels], values: Array(x.values[channels...]))
  }

  private func repeated(_ row: ArraySlice<Float>, shape: [Int]) -> Tensor {
    var values: [Float] = []
    values.reserveCapacity(shape.reduce(1, *))
    for _ in 0..<shape[1] { values += row }
    return Tensor(shape: shape, values: values)
  }
}

extension Tensor {
  /// Some columns of the last dimension.
  func columns(_ range: Range<Int>) -> Tensor {
    let width = shape[shape.count - 1]
    var result: [Float] = []
    result.reserveCapacity(count / width * range.count)
    for row in 0..<count / width {
      result += values[row * width + range.lowerBound..<row * width + range.upperBound]
    }
    return Tensor(shape: shape.dropLast() + [range.count], values: result)
  }
}
