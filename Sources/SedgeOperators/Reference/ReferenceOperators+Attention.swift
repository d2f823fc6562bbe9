// Attention: causal softmax over a prompt's tokens, linear over classes.

public import SedgeTensor

extension ReferenceOperators {
  /// Softmax by head and row, less the largest product.
  public func causalAttention(queryKeyValue: Tensor, lengths: [Int], heads: Int, scale: Float) -> Tensor {
    let width = queryKeyValue.shape[1] / 3
    let headWidth = width / heads
    precondition(queryKeyValue.shape == [lengths.reduce(0, +), 3 * width] && headWidth * heads == width)
    let starts = lengths.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
    let values = filledInParallel(
      count: queryKeyValue.shape[0] * width, boundaries: starts.map { $0 * width }
    ) { sequence, output in
      let length = lengths[sequence]
      let rows = queryKeyValue.values.span.extracting(
        starts[sequence] * 3 * width..<starts[sequence + 1] * 3 * width)
      var weights = [Float](repeating: 0, count: length)
      for head in 0..<heads {
        let first = head * headWidth
        for row in 0..<length {
          let query = row * 3 * width + first
          var largest = -Float.infinity
          for other in 0...row {
            let key = other * 3 * width + width + first
            var product: Float = 0
            for i in 0..<headWidth { product += rows[query + i] * rows[key + i] }
            weights[other] = product * scale
            largest = max(largest, weights[other])
          }
          var sum: Float = 0
          for other in 0...row {
            weights[other] = exponential(weights[other] - largest)
            sum += weights[other]
          }
          for other in 0...row {
            let weight = weights[other] / sum
            let value = other * 3 * width + 2 * width + first
            for i in 0..<headWidth { output[row * width + first + i] += weight * rows[value + i] }
          }
        }
      }
    }
    return Tensor(shape: [queryKeyValue.shape[0], width], values: values)
  }

  /// Sums keys and products over the tokens of each set, then weighs them by each query.
  public func linearAttention(
    query: Tensor, key: Tensor, value: Tensor, heads: Int, dividesByCount: Bool
  ) -> Tensor {
    let (tokens, width) = (query.shape[1], query.shape[2])
    precondition(key.shape == query.shape && value.shape == query.shape && width % heads == 0)
    let headWidth = width / heads
    let count = dividesByCount ? Float(tokens) : 1
    let values = filledInParallel(
      count: query.count, boundaries: equalParts(of: query.count, size: tokens * width)
    ) { set, output in
      let range = set * tokens * width..<(set + 1) * tokens * width
      let queries = query.values.span.extracting(range)
      let keys = key.values.span.extracting(range)
      let contents = value.values.span.extracting(range)
      var keySums = [Float](repeating: 0, count: width)
      // Channel of the key x channel of the value, within a head.
      var products = [Float](repeating: 0, count: width * headWidth)
      for token in 0..<tokens {
        for channel in 0..<width {
          let feature = shiftedELU(keys[token * width + channel])
          keySums[channel] += feature
          let head = channel / headWidth * headWidth
          for i in 0..<headWidth {
            products[channel * headWidth + i] += feature * (contents[token * width + head + i] / count)
          }
        }
      }
      for token in 0..<tokens {
        for head in 0..<heads {
          let first = head * headWidth
          var weight: Float = 0
          for channel in first..<first + headWidth {
            let feature = shiftedELU(queries[token * width + channel])
            weight += feature * keySums[channel]
            for i in 0..<headWidth {
              output[token * width + first + i] += feature * products[channel * headWidth + i]
            }
          }
          let factor = 1 / (weight + 1e-6)
          for i in first..<first + headWidth { output[token * width + i] *= factor * count }
        }
      }
    }
    return Tensor(shape: query.shape, values: values)
  }
}
