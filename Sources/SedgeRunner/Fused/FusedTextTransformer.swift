// The layers of CLIP's text encoder on the kernels.

import SedgeOperators
import SedgeTensor

/// The text encoder with packed weights; computes the same function as ``TextTransformer``.
struct FusedTextTransformer {
  private let workers: Workers
  private let embedding: TextTransformer.Embedding
  private let blocks: [FusedTransformerBlock]
  private let finalNorm: FusedNorm
  private let projection: PackedLinear

  /// Packs the weights.
  init(_ transformer: TextTransformer, _ context: ExecutionContext) {
    workers = context.workers
    embedding = transformer.embedding
    blocks = transformer.blocks.map { FusedTransformerBlock($0, context) }
    finalNorm = FusedNorm(transformer.finalNorm, context.kernels)
    // The head stays in float32, as the image encoder's.
    projection = PackedLinear(
      float32: transformer.projection.weight.values.span, outputs: transformer.projection.weight.shape[0],
      bias: transformer.projection.bias?.values, context)
  }

  /// The embeddings of a tree's prompts, not normalized: prompts x embedding.
  func callAsFunction(_ tree: PrefixTree, _ pool: BufferPool) -> Tensor {
    let (rows, paths, width) = (embedding(tree), tree.paths, projection.inputs)
    let x = pool.take(rows.count)
    defer { pool.give(x) }
    x.set(0, to: rows.values.span)
    for block in blocks.dropLast() { block(x, paths: paths, pool) }
    let ends = pool.take(tree.ends.count * width)
    defer { pool.give(ends) }
    for (index, row) in tree.ends.enumerated() {
      ends.copy(to: index * width, from: x, at: row * width, width)
    }
    // After the last attention rows are independent, and only the end tokens are read.
    blocks.last?(x, paths: paths, only: tree.ends, into: ends, pool)
    return project(ends, count: tree.ends.count)
  }

  /// The final norm and the projection; the rows are normalized in place.
  private func project(_ rows: FloatBuffer, count: Int) -> Tensor {
    let (width, outputs) = (projection.inputs, projection.outputs)
    let values = FloatBuffer.array(count: count * outputs) { output in
      workers.forEachRows(of: count, size: 96) { _ in
        PackedLinear.Scratch(rowCount: 0, width: 0)
      } _: { scratch, part in
        let start = part.lowerBound * width
        finalNorm(rows, at: start, part.count, width: width, into: rows, at: start)
        projection(
          rows, at: start, part.count,
          into: Kernels.Place(output, at: part.lowerBound * outputs, stride: outputs), scratch)
      }
    }
    return Tensor(shape: [count, outputs], values: values)
  }
}
