// The class aggregation of the decoder.

package import SedgeArchitecture
package import SedgeOperators
package import SedgeTensor

/// Linear attention over classes at every pixel, then an MLP, both with residuals; added to the block's input.
package struct ClassBlock {
  let norm1: Norm
  let query: Dense
  let key: Dense
  let value: Dense
  let norm2: Norm
  let first: Dense
  let second: Dense
  let heads: Int
  let pooling: Int
  /// Channels.
  package let width: Int

  static let epsilon: Float = 1e-5
  /// The number of class vectors that pass through the layers at a time.
  static let batchLength = 8192

  /// Loads the block of a decoder layer, 1 to 3; there must be a decoder.
  package init(layer: Int, from source: any WeightSource) throws {
    guard let decoder = source.architecture.decoder else { preconditionFailure("there is no decoder") }
    try self.init(layer: layer, decoder, WeightLoader(source))
  }

  init(layer: Int, _ architecture: Architecture.Decoder, _ loader: WeightLoader) throws {
    let path = ModelPath.decoder.layers[layer - 1].classBlock
    norm1 = try loader.norm(path.attentionNorm, epsilon: Self.epsilon)
    query = try loader.dense(path.query)
    key = try loader.dense(path.key)
    value = try loader.dense(path.value)
    norm2 = try loader.norm(path.mlpNorm, epsilon: Self.epsilon)
    first = try loader.dense(path.fc1)
    second = try loader.dense(path.fc2)
    heads = architecture.heads
    pooling = architecture.pooling
    width = architecture.inputWidths[layer - 1]
  }

  /// Runs the block.
  ///
  /// - Parameters:
  ///   - x: T x H x W x C, the classes of one image.
  ///   - simplified: Omits pooling and upsampling, which must be by 1, and the division by T.
  /// - Returns: T x H x W x C.
  package func callAsFunction(_ x: Tensor, simplified: Bool, operators: any Operators) -> Tensor {
    var result = x
    if simplified {
      operators.add(attended(x, dividesByCount: false, operators), scale: nil, to: &result)
    } else {
      let pooled = operators.averagePool(x, size: pooling)
      let branch = operators.resize(
        attended(pooled, dividesByCount: true, operators), height: x.shape[1], width: x.shape[2],
        resampling: .alignedCorners)
      operators.add(branch, scale: nil, to: &result)
    }
    return result
  }

  /// `y + MLP(norm2(y))` with `y = x + attention(norm1(x))`, a batch of pixels at a time.
  private func attended(_ x: Tensor, dividesByCount: Bool, _ operators: any Operators) -> Tensor {
    let (classes, pixels) = (x.shape[0], x.shape[1] * x.shape[2])
    var result = Tensor(zeros: x.shape)
    let pixelsABatch = max(1, Self.batchLength / classes)
    for start in stride(from: 0, to: pixels, by: pixelsABatch) {
      let batch = start..<min(start + pixelsABatch, pixels)
      var y = gather(x, batch, classes: classes, pixels: pixels)
      let normalized = norm1(y, operators)
      let attention = operators.linearAttention(
        query: query.linear(normalized, operators), key: key.linear(normalized, operators),
        value: value.linear(normalized, operators), heads: heads, dividesByCount: dividesByCount)
      operators.add(attention, scale: nil, to: &y)
      let hidden = first.linear(norm2(y, operators), operators, activation: .relu)
      operators.add(second.linear(hidden, operators), scale: nil, to: &y)
      scatter(y, batch, classes: classes, pixels: pixels, into: &result)
    }
    return result
  }

  /// T x pixels x C to batch x T x C.
  private func gather(_ x: Tensor, _ batch: Range<Int>, classes: Int, pixels: Int) -> Tensor {
    var values: [Float] = []
    values.reserveCapacity(batch.count * classes * width)
    for pixel in batch {
      for index in 0..<classes {
        let from = (index * pixels + pixel) * width
        values += x.values[from..<from + width]
      }
    }
    return Tensor(shape: [batch.count, classes, width], values: values)
  }

  private func scatter(_ y: Tensor, _ batch: Range<Int>, classes: Int, pixels: Int, into x: inout Tensor) {
    for (row, pixel) in batch.enumerated() {
      for index in 0..<classes {
        let (from, to) = ((row * classes + index) * width, (index * pixels + pixel) * width)
        for i in 0..<width { x.values[to + i] = y.values[from + i] }
      }
    }
  }
}
