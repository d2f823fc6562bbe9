// The class aggregation of SED's decoder and of CAT-Seg.

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
  /// Channels of the guidance that queries and keys see; 0 in SED.
  package var guidanceWidth: Int { query.weight.shape[1] - width }
  /// The classes that are there at least: learned ones fill up; `nil` in SED, which has none.
  let padding: Padding?

  /// CAT-Seg's classes that are not there.
  struct Padding {
    /// C.
    var token: Tensor
    /// The text guidance of such a class.
    var guidance: Tensor
    /// The classes that the attention sees at least.
    var classLength: Int
  }

  static let epsilon: Float = 1e-5
  /// The number of class vectors that pass through the layers at a time.
  static let batchLength = 8192

  /// Loads a block; there must be a segmenter.
  package init(_ path: ModelPath.ClassBlock, from source: any WeightSource) throws {
    guard let segmenter = source.architecture.segmenter else { preconditionFailure("there is no segmenter") }
    let loader = WeightLoader(source)
    try self.init(path, segmenter, padding: Self.padding(of: path, segmenter, loader), loader)
  }

  init(
    _ path: ModelPath.ClassBlock, _ segmenter: Architecture.Segmenter, padding: Padding?,
    _ loader: WeightLoader
  ) throws {
    norm1 = try loader.norm(path.attentionNorm, epsilon: Self.epsilon)
    query = try loader.dense(path.query)
    key = try loader.dense(path.key)
    value = try loader.dense(path.value)
    norm2 = try loader.norm(path.mlpNorm, epsilon: Self.epsilon)
    first = try loader.dense(path.fc1)
    second = try loader.dense(path.fc2)
    heads = segmenter.heads
    pooling = segmenter.pooling
    width = value.weight.shape[0]
    self.padding = padding
  }

  /// The padding of a block of CAT-Seg; `nil` for a block of SED.
  static func padding(
    of path: ModelPath.ClassBlock, _ segmenter: Architecture.Segmenter, _ loader: WeightLoader
  ) throws -> Padding? {
    guard case .aggregation(let aggregation) = segmenter else { return nil }
    return try Padding(
      token: loader.tensor(path.paddingToken), guidance: loader.tensor(path.paddingGuidance),
      classLength: aggregation.classLength)
  }

  /// Runs the block.
  ///
  /// - Parameters:
  ///   - x: T x H x W x C, the classes of one image.
  ///   - guidance: T x A, which queries and keys see too; `nil` in SED.
  ///   - simplified: Omits pooling and upsampling, which must be by 1, and the division by T.
  /// - Returns: T x H x W x C.
  package func callAsFunction(
    _ x: Tensor, guidance: Tensor? = nil, simplified: Bool, operators: any Operators
  ) -> Tensor {
    var result = x
    if simplified {
      operators.add(attended(x, guidance, dividesByCount: false, operators), scale: nil, to: &result)
    } else {
      let pooled = operators.averagePool(x, size: pooling)
      let branch = operators.resize(
        attended(pooled, guidance, dividesByCount: true, operators), height: x.shape[1], width: x.shape[2],
        resampling: .alignedCorners)
      operators.add(branch, scale: nil, to: &result)
    }
    return result
  }

  /// `y + MLP(norm2(y))` with `y = x + attention(norm1(x))`, a batch of pixels at a time.
  private func attended(
    _ x: Tensor, _ guidance: Tensor?, dividesByCount: Bool, _ operators: any Operators
  ) -> Tensor {
    let (classes, pixels) = (x.shape[0], x.shape[1] * x.shape[2])
    var result = Tensor(zeros: x.shape)
    let absent = absentClasses(beside: classes, operators)
    let pixelsABatch = max(1, Self.batchLength / (classes + (absent?.count ?? 0)))
    for start in stride(from: 0, to: pixels, by: pixelsABatch) {
      let batch = start..<min(start + pixelsABatch, pixels)
      var y = gather(x, batch, classes: classes, pixels: pixels)
      let normalized = norm1(y, operators)
      let guided = guidance.map { normalized.besides($0) } ?? normalized
      var attention = operators.linearAttention(
        query: extended(query.linear(guided, operators), by: absent, \.none),
        key: extended(key.linear(guided, operators), by: absent, \.key),
        value: extended(value.linear(normalized, operators), by: absent, \.value), heads: heads,
        dividesByCount: dividesByCount)
      if absent != nil { attention = attention.firstRows(classes) }
      operators.add(attention, scale: nil, to: &y)
      let hidden = first.linear(norm2(y, operators), operators, activation: .relu)
      operators.add(second.linear(hidden, operators), scale: nil, to: &y)
      scatter(y, batch, classes: classes, pixels: pixels, into: &result)
    }
    return result
  }

  // MARK: Classes that are not there

  /// The classes that are not there: all have the same key and value, at every pixel. Their own results are dropped.
  private struct AbsentClasses {
    var count: Int
    var key: [Float]
    var value: [Float]
    /// The query, which nothing reads.
    var none: [Float]
  }

  private func absentClasses(beside classes: Int, _ operators: any Operators) -> AbsentClasses? {
    guard let padding, classes < padding.classLength else { return nil }
    let normalized = norm1(padding.token.reshaped([1, 1, width]), operators)
    let guided = normalized.besides(padding.guidance.reshaped([1, padding.guidance.count]))
    return AbsentClasses(
      count: padding.classLength - classes, key: key.linear(guided, operators).values,
      value: value.linear(normalized, operators).values, none: [Float](repeating: 0, count: width))
  }

  /// Sets of rows with the rows of classes that are not there behind them.
  private func extended(
    _ rows: Tensor, by absent: AbsentClasses?, _ row: KeyPath<AbsentClasses, [Float]>
  ) -> Tensor {
    guard let absent else { return rows }
    let (sets, size) = (rows.shape[0], rows.count / rows.shape[0])
    var values: [Float] = []
    values.reserveCapacity(rows.count + sets * absent.count * width)
    for set in 0..<sets {
      values += rows.values[set * size..<(set + 1) * size]
      for _ in 0..<absent.count { values += absent[keyPath: row] }
    }
    return Tensor(shape: [sets, rows.shape[1] + absent.count, width], values: values)
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

extension Tensor {
  /// S x T x C with the rows of T x A behind each set's rows: S x T x (C + A).
  fileprivate func besides(_ guidance: Tensor) -> Tensor {
    let (rows, channels, others) = (shape[1], shape[2], guidance.shape[1])
    var result: [Float] = []
    result.reserveCapacity(count / channels * (channels + others))
    for row in 0..<count / channels {
      result += values[row * channels..<(row + 1) * channels]
      result += guidance.values[row % rows * others..<(row % rows + 1) * others]
    }
    return Tensor(shape: [shape[0], rows, channels + others], values: result)
  }

  /// The first rows of each set.
  fileprivate func firstRows(_ count: Int) -> Tensor {
    let size = shape[1] * shape[2]
    return Tensor(
      shape: [shape[0], count, shape[2]],
      values: (0..<shape[0]).flatMap { values[$0 * size..<$0 * size + count * shape[2]] })
  }
}
