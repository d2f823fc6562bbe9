// The spatial aggregation of CAT-Seg.

import SedgeArchitecture
import SedgeOperators
package import SedgeTensor

/// Softmax attention in windows with guidance for queries and keys, then an MLP, both with residuals (Liu et al., "Swin Transformer").
package struct WindowBlock {
  let attentionNorm: Norm
  /// Reads features and guidance, as ``key`` does.
  let query: Dense
  let key: Dense
  /// Reads features alone.
  let value: Dense
  let projection: Dense
  let mlpNorm: Norm
  let first: Dense
  let second: Dense
  let heads: Int
  /// The factor of the products of queries and keys.
  let attentionScale: Float
  /// Side of a window.
  let window: Int
  /// Rows and columns by which the map is rolled before it is cut into windows.
  let shift: Int

  /// What is added to the products of pixels of one window that the rolling brought together.
  static let maskedAddend: Float = -100
  /// The number of elements of a tile of classes; bounds memory for any number of classes.
  static let tileSize = 1 << 22

  init(
    _ path: ModelPath.WindowBlock, _ architecture: Architecture.CostAggregation, shift: Int,
    _ loader: WeightLoader
  ) throws {
    attentionNorm = try loader.norm(path.attentionNorm, epsilon: TransformerBlock.epsilon)
    query = try loader.dense(path.query)
    key = try loader.dense(path.key)
    value = try loader.dense(path.value)
    projection = try loader.dense(path.projection)
    mlpNorm = try loader.norm(path.mlpNorm, epsilon: TransformerBlock.epsilon)
    first = try loader.dense(path.fc1)
    second = try loader.dense(path.fc2)
    heads = architecture.heads
    attentionScale = loader.attentionScale(headWidth: architecture.hiddenWidth / architecture.heads)
    window = architecture.window
    self.shift = shift
  }

  /// Changes the classes of one image in place.
  ///
  /// - Parameters:
  ///   - x: T x G x G x C.
  ///   - guidance: 1 x G x G x A, normalized.
  func callAsFunction(_ x: inout Tensor, guidance: Tensor, _ operators: any Operators) {
    let (classes, grid) = (x.shape[0], x.shape[1])
    let places = Self.places(grid: grid, window: window, shift: shift)
    let mask = shift == 0 ? nil : Self.mask(grid: grid, window: window, shift: shift)
    let guides = guidance.reshaped([grid * grid, guidance.shape[3]])
    let size = max(1, Self.tileSize / (x.count / classes))
    for start in stride(from: 0, to: classes, by: size) {
      let tile = start..<min(start + size, classes)
      var images = x.images(tile)
      attend(&images, places: places, guides: guides, mask: mask, operators)
      let hidden = first.linear(mlpNorm(images, operators), operators, activation: .gelu)
      operators.add(second.linear(hidden, operators), scale: nil, to: &images)
      x.setImages(tile, images)
    }
  }

  private func attend(
    _ x: inout Tensor, places: [Int], guides: Tensor, mask: Tensor?, _ operators: any Operators
  ) {
    let (classes, channels, length) = (x.shape[0], x.shape[3], window * window)
    let windows = places.count / length
    let normalized = attentionNorm(x, operators)
    var (features, guided): ([Float], [Float]) = ([], [])
    features.reserveCapacity(x.count)
    guided.reserveCapacity(x.count / channels * (channels + guides.shape[1]))
    for image in 0..<classes {
      for place in places {
        let row = (image * places.count + place) * channels
        features += normalized.values[row..<row + channels]
        guided += normalized.values[row..<row + channels]
        guided += guides.values[place * guides.shape[1]..<(place + 1) * guides.shape[1]]
      }
    }
    let cut = Tensor(shape: [classes * windows, length, channels], values: features)
    let guidedCut = Tensor(shape: [classes * windows, length, channels + guides.shape[1]], values: guided)
    let attended = operators.attention(
      query: query.linear(guidedCut, operators), key: key.linear(guidedCut, operators),
      value: value.linear(cut, operators), heads: heads, scale: attentionScale, mask: mask)
    let projected = projection.linear(attended, operators)
    var branch = Tensor(zeros: x.shape)
    for image in 0..<classes {
      for (row, place) in places.enumerated() {
        let (from, to) = ((image * places.count + row) * channels, (image * places.count + place) * channels)
        for i in 0..<channels { branch.values[to + i] = projected.values[from + i] }
      }
    }
    operators.add(branch, scale: nil, to: &x)
  }

  /// The pixels of each window, row by row, windows row by row: indices into the map that is not rolled.
  static func places(grid: Int, window: Int, shift: Int) -> [Int] {
    let count = grid / window
    return (0..<count * count).flatMap { index in
      (0..<window * window).map { pixel in
        let y = (index / count * window + pixel / window + shift) % grid
        let x = (index % count * window + pixel % window + shift) % grid
        return y * grid + x
      }
    }
  }

  /// The addends for each pair of pixels of each window: windows x pixels x pixels.
  package static func mask(grid: Int, window: Int, shift: Int) -> Tensor {
    let count = grid / window
    // The bands of the rolled map: before the last window, the part of it that did not wrap around, and the part that did.
    let band = { (i: Int) in (i >= grid - window ? 1 : 0) + (i >= grid - shift ? 1 : 0) }
    var values: [Float] = []
    for index in 0..<count * count {
      let regions = (0..<window * window).map { pixel in
        3 * band(index / count * window + pixel / window) + band(index % count * window + pixel % window)
      }
      for a in regions { values += regions.map { $0 == a ? 0 : Self.maskedAddend } }
    }
    return Tensor(shape: [count * count, window * window, window * window], values: values)
  }
}
