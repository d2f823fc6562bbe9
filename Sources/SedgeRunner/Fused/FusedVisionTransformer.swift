// CLIP's vision transformer on the kernels.

import SedgeOperators
import SedgeTensor

/// The vision transformer with packed weights, for images of one size; computes the same function as ``VisionTransformerEncoder``.
struct FusedVisionTransformer {
  /// What the encoder is for: the last block differs.
  enum Purpose {
    /// The embedding of the class token.
    case pooled
    /// The embedding of each patch.
    case dense
  }

  private enum LastBlock {
    case pooled(FusedTransformerBlock)
    case dense(FusedDenseBlock)
  }

  private let workers: Workers
  private let patches: PackedLinear
  private let patch: Int
  /// The rows of the first block's input that are the same for all images: the class token's, normalized, and the positions of patches.
  private let start: FloatBuffer
  private let firstNorm: FusedNorm
  private let blocks: [FusedTransformerBlock]
  /// `nil` in an encoder without blocks.
  private let last: LastBlock?
  private let finalNorm: FusedNorm
  private let projection: PackedLinear
  private let guidanceBlocks: [Int]
  /// The width of a row.
  let width: Int
  /// Patches along a side.
  let grid: Int

  /// The number of values of an embedding.
  var embeddingWidth: Int { projection.outputs }
  /// Rows of an image: the class token and the patches.
  private var length: Int { 1 + grid * grid }

  /// Packs the weights.
  ///
  /// - Parameter side: The side of images in pixels; what is left of the last whole patch is ignored.
  init(_ encoder: VisionTransformerEncoder, side: Int, for purpose: Purpose, _ context: ExecutionContext) {
    precondition(side >= encoder.patch)
    workers = context.workers
    (patch, grid, width) = (encoder.patch, side / encoder.patch, encoder.classToken.count)
    // The stem and the head stay in float32, as in SED.
    patches = PackedLinear(
      float32: encoder.patches.weight.values.span, outputs: width, bias: encoder.patches.bias?.values,
      context)
    projection = PackedLinear(
      float32: encoder.projection.weight.values.span, outputs: encoder.projection.weight.shape[0],
      bias: encoder.projection.bias?.values, context)
    firstNorm = FusedNorm(encoder.firstNorm, context.kernels)
    finalNorm = FusedNorm(encoder.finalNorm, context.kernels)
    start = FloatBuffer(encoder.positions(height: grid, width: grid).values)
    context.kernels.add(FloatBuffer(encoder.classToken.values), width, to: start)
    firstNorm(start, 1, width: width)
    blocks = encoder.blocks.dropLast().map { FusedTransformerBlock($0, context) }
    last = encoder.blocks.last.map { block in
      purpose == .dense
        ? .dense(FusedDenseBlock(block, context)) : .pooled(FusedTransformerBlock(block, context))
    }
    guidanceBlocks = encoder.guidanceBlocks
  }

  /// The features of the patches of some images, in buffers from the pool.
  struct Features {
    /// The outputs of the guidance blocks without the class token: images x h x w x C each.
    var guidance: [FloatBuffer]
    /// The embedding of each patch: images x h x w x D, not normalized.
    var embedding: FloatBuffer

    /// Gives the buffers back to the pool.
    func giveBack(to pool: BufferPool) { for buffer in guidance + [embedding] { pool.give(buffer) } }
  }

  /// Encodes each patch of some images.
  ///
  /// - Parameters:
  ///   - input: images x side x side x 3.
  ///   - record: Receives the first block's input, `tokens`, and the last block's output, `last_block`: images x (1 + h w) x C.
  func dense(
    _ input: Tensor, _ pool: BufferPool, record: (_ name: String, _ tensor: () -> Tensor) -> Void
  ) -> Features {
    let images = input.shape[0]
    let x = tokens(of: input, pool)
    defer { pool.give(x) }
    let rows = { Tensor(shape: [images, length, width], values: x.values(0, images * length * width)) }
    record("tokens", rows)
    var guidance: [FloatBuffer] = []
    for (index, block) in blocks.enumerated() {
      block(x, sets: images, length: length, pool)
      if guidanceBlocks.contains(index) { guidance.append(patches(of: x, images: images, pool)) }
    }
    switch last {
    case .dense(let block): block(x, sets: images, length: length, pool)
    case .pooled: preconditionFailure("the encoder is for class tokens")
    case nil: break
    }
    if guidanceBlocks.contains(blocks.count) { guidance.append(patches(of: x, images: images, pool)) }
    record("last_block", rows)
    let embedding = pool.take(images * (length - 1) * embeddingWidth)
    for image in 0..<images {
      embed(
        x, at: (image * length + 1) * width, length - 1, into: embedding,
        at: image * (length - 1) * embeddingWidth)
    }
    return Features(guidance: guidance, embedding: embedding)
  }

  /// The embedding of each patch of one image: 1 x h x w x D, not normalized.
  func embedding(of input: Tensor, _ pool: BufferPool) -> Tensor {
    let features = dense(input, pool) { _, _ in }
    defer { features.giveBack(to: pool) }
    return Tensor(
      shape: [1, grid, grid, embeddingWidth],
      values: features.embedding.values(0, grid * grid * embeddingWidth))
  }

  /// Encodes images as CLIP does: images x D, not normalized.
  ///
  /// - Parameters:
  ///   - input: images x side x side x 3.
  ///   - taps: Records the first block's input, `tokens`, and the blocks' outputs, `block0`...: images x (1 + h w) x C.
  func pooled(_ input: Tensor, _ pool: BufferPool, taps: Taps?) -> Tensor {
    let images = input.shape[0]
    let x = tokens(of: input, pool)
    defer { pool.give(x) }
    let record = { (name: String) in
      taps?.record(
        name, Tensor(shape: [images, length, width], values: x.values(0, images * length * width)))
    }
    record("tokens")
    for (index, block) in blocks.enumerated() {
      block(x, sets: images, length: length, pool)
      record("block\(index)")
    }
    let name = "block\(blocks.count)"
    switch last {
    case .pooled(let block) where taps?.wants(name) != true:
      // After the last attention rows are independent, and only the class token's is read.
      block.firstRows(x, sets: images, length: length, pool)
    case .pooled(let block):
      block(x, sets: images, length: length, pool)
      record(name)
      keepFirstRows(x, images: images)
    case .dense: preconditionFailure("the encoder is for patches")
    case nil: keepFirstRows(x, images: images)
    }
    let embedding = FloatBuffer(count: images * embeddingWidth)
    embed(x, at: 0, images, into: embedding, at: 0)
    return Tensor(shape: [images, embeddingWidth], values: embedding.values)
  }

  /// Moves the class tokens' rows to the front.
  private func keepFirstRows(_ x: FloatBuffer, images: Int) {
    for image in 0..<images { x.copy(to: image * width, from: x, at: image * length * width, width) }
  }

  /// The first block's input: images x (1 + h w) x C, in a buffer from the pool.
  private func tokens(of input: Tensor, _ pool: BufferPool) -> FloatBuffer {
    let (images, height, lineCount, run) = (input.shape[0], input.shape[1], input.shape[2] * 3, patch * 3)
    precondition(height / patch == grid && input.shape[2] / patch == grid)
    let x = pool.take(images * length * width)
    let scratch = workers.scratch(for: images * grid) {
      (
        rows: FloatBuffer(count: grid * patch * run),
        converted: PackedLinear.Scratch(rowCount: grid, width: patch * run)
      )
    }
    for image in 0..<images { x.copy(to: image * length * width, from: start, at: 0, width) }
    FloatBuffer.lending(input.values) { pixels in
      workers.run(images * grid) { worker, item in
        let (rows, converted) = scratch[worker]
        let (image, y) = (item / grid, item % grid)
        for column in 0..<grid {
          for line in 0..<patch {
            rows.copy(
              to: (column * patch + line) * run, from: pixels,
              at: (image * height + y * patch + line) * lineCount + column * run, run)
          }
        }
        let first = 1 + y * grid
        let place = (image * length + first) * width
        patches(
          rows, grid, addend: Kernels.Place(start, at: first * width, stride: width),
          into: Kernels.Place(x, at: place, stride: width), converted)
        firstNorm(x, at: place, grid, width: width, into: x, at: place)
      }
    }
    return x
  }

  /// The rows of the patches, without the class tokens, in a buffer from the pool.
  private func patches(of x: FloatBuffer, images: Int, _ pool: BufferPool) -> FloatBuffer {
    let count = (length - 1) * width
    let result = pool.take(images * count)
    for image in 0..<images {
      result.copy(to: image * count, from: x, at: (image * length + 1) * width, count)
    }
    return result
  }

  /// The final norm and the projection of adjacent rows.
  private func embed(
    _ x: FloatBuffer, at start: Int, _ count: Int, into output: FloatBuffer, at place: Int
  ) {
    workers.forEachRows(of: count, size: 96) {
      (
        normalized: FloatBuffer(count: $0 * width),
        converted: PackedLinear.Scratch(rowCount: $0, width: width)
      )
    } _: { scratch, part in
      finalNorm(
        x, at: start + part.lowerBound * width, part.count, width: width, into: scratch.normalized, at: 0)
      projection(
        scratch.normalized, part.count,
        into: Kernels.Place(
          output, at: place + part.lowerBound * embeddingWidth, stride: embeddingWidth), scratch.converted)
    }
  }
}
