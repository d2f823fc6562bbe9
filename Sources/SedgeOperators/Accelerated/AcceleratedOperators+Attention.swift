// Attention: causal softmax over the tokens of prompts, softmax in sets, linear over classes.

package import SedgeTensor

extension AcceleratedOperators {
  /// Softmax by head and row, with the largest product subtracted; sums run from the root to the row.
  package func causalAttention(queryKeyValue: Tensor, parents: [Int], heads: Int, scale: Float) -> Tensor {
    let width = queryKeyValue.shape[1] / 3
    precondition(queryKeyValue.shape == [parents.count, 3 * width] && width % heads == 0)
    precondition(parents.indices.allSatisfy { (-1..<$0).contains(parents[$0]) })
    let longest = Self.depths(of: parents).max() ?? 0
    let scratch = workers.scratch(for: parents.count) { FloatBuffer(count: longest) }
    return tensor([parents.count, width], from: queryKeyValue) { source, target in
      forEachPart(of: parents.count, size: max(1, Self.grain / (3 * width))) { worker, rows in
        for row in rows {
          kernels.attend(
            source, width: width, heads: heads, path: Self.path(to: row, parents: parents), scale: scale,
            scratch: scratch[worker], into: target, at: row * width)
        }
      }
    }
  }

  /// The number of rows on the path to each row.
  private static func depths(of parents: [Int]) -> [Int] {
    var depths: [Int] = []
    depths.reserveCapacity(parents.count)
    for parent in parents { depths.append(parent < 0 ? 1 : depths[parent] + 1) }
    return depths
  }

  /// The path from the root to a row, inclusive.
  private static func path(to row: Int, parents: [Int]) -> [Int32] {
    var path: [Int32] = []
    var next = row
    while next >= 0 {
      path.append(Int32(next))
      next = parents[next]
    }
    path.reverse()
    return path
  }

  /// Two matrix products for each set and head; weights below e⁻⁶⁴ of a row's largest are 0.
  package func attention(
    query: Tensor, key: Tensor, value: Tensor, heads: Int, scale: Float, mask: Tensor?
  ) -> Tensor {
    let (sets, rows, width) = (query.shape[0], query.shape[1], query.shape[2])
    precondition(key.shape == query.shape && value.shape == query.shape && width % heads == 0)
    precondition(mask.map { $0.shape == [$0.shape[0], rows, rows] } ?? true)
    let headWidth = width / heads
    let scratch = workers.scratch(for: sets * heads) {
      (
        packed: FloatBuffer(count: kernels.attentionPackedCount(keyCount: rows, headWidth: headWidth)),
        scores: FloatBuffer(count: kernels.attentionScratchCount(keyCount: rows, headWidth: headWidth))
      )
    }
    let masks = mask.map { FloatBuffer($0.values) }
    let maskCount = mask?.shape[0] ?? 1
    return tensor(query.shape, from: query) { queries, target in
      FloatBuffer.lending(key.values) { keys in
        FloatBuffer.lending(value.values) { values in
          workers.run(sets * heads) { worker, item in
            let (set, head) = (item / heads, item % heads)
            let start = set * rows * width + head * headWidth
            let attention = Kernels.AttentionHead(
              query: Kernels.Place(queries, at: start, stride: width),
              key: Kernels.Place(keys, at: start, stride: width),
              value: Kernels.Place(values, at: start, stride: width), keyCount: rows, width: headWidth,
              scale: scale,
              mask: masks.map { Kernels.Place($0, at: set % maskCount * rows * rows, stride: rows) })
            kernels.pack(attention, into: scratch[worker].packed)
            kernels.attend(
              attention, rowCount: rows, packed: scratch[worker].packed, scratch: scratch[worker].scores,
              into: Kernels.Place(target, at: start, stride: width))
          }
        }
      }
    }
  }

  /// Sums keys and products over the tokens of each set, then applies them to each query; never divides by the count.
  package func linearAttention(
    query: Tensor, key: Tensor, value: Tensor, heads: Int, dividesByCount: Bool
  ) -> Tensor {
    let (sets, tokens, width) = (query.shape[0], query.shape[1], query.shape[2])
    precondition(key.shape == query.shape && value.shape == query.shape && width % heads == 0)
    let size = tokens * width
    let scratch = workers.scratch(for: sets) {
      LinearAttentionScratch(tokens: tokens, width: width, heads: heads)
    }
    return tensor(query.shape, from: query) { source, target in
      workers.run(sets) { worker, set in
        let scratch = scratch[worker]
        for token in 0..<tokens {
          let range = set * size + token * width..<set * size + (token + 1) * width
          scratch.keyValue.set(2 * token * width, to: key.values.span.extracting(range))
          scratch.keyValue.set((2 * token + 1) * width, to: value.values.span.extracting(range))
        }
        scratch.sums.clear(0, scratch.sums.count)
        kernels.gatherAttention(
          scratch.keyValue, tokenCount: tokens, pixelCount: 1, channels: width, heads: heads,
          into: scratch.sums)
        scratch.query.copy(to: 0, from: source, at: set * size, size)
        kernels.applyAttention(
          scratch.query, tokenCount: tokens, pixelCount: 1, channels: width, heads: heads, sums: scratch.sums,
          addend: scratch.zeros, into: scratch.output)
        target.copy(to: set * size, from: scratch.output, at: 0, size)
      }
    }
  }
}

/// The memory of one worker.
private struct LinearAttentionScratch {
  let keyValue: FloatBuffer
  let sums: FloatBuffer
  let query: FloatBuffer
  let zeros: FloatBuffer
  let output: FloatBuffer

  init(tokens: Int, width: Int, heads: Int) {
    keyValue = FloatBuffer(count: 2 * tokens * width)
    sums = FloatBuffer(count: Kernels.attentionSumCount(channels: width, heads: heads))
    query = FloatBuffer(count: tokens * width)
    zeros = FloatBuffer(count: tokens * width)
    zeros.clear(0, tokens * width)
    output = FloatBuffer(count: tokens * width)
  }
}
