// Attention: causal softmax over the tokens of prompts, softmax in sets, linear over classes.

import SedgePlatform
package import SedgeTensor

extension ReferenceOperators {
  /// Softmax by head and row, with the largest product subtracted; sums run from the root to the row.
  package func causalAttention(queryKeyValue: Tensor, parents: [Int], heads: Int, scale: Float) -> Tensor {
    let width = queryKeyValue.shape[1] / 3
    let headWidth = width / heads
    precondition(queryKeyValue.shape == [parents.count, 3 * width] && headWidth * heads == width)
    precondition(parents.indices.allSatisfy { (-1..<$0).contains(parents[$0]) })
    let boundaries = Workers.equalParts(of: parents.count, size: max(1, Self.grain / (3 * width)))
    let values = Workers().filled(
      count: parents.count * width, boundaries: boundaries.map { $0 * width }
    ) { part, output in
      let rows = queryKeyValue.values.span
      for row in boundaries[part]..<boundaries[part + 1] {
        let path = path(to: row, parents: parents)
        var weights = [Float](repeating: 0, count: path.count)
        for head in 0..<heads {
          let first = head * headWidth
          let query = row * 3 * width + first
          var largest = -Float.infinity
          for (position, other) in path.enumerated() {
            let key = other * 3 * width + width + first
            var product: Float = 0
            for i in 0..<headWidth { product += rows[query + i] * rows[key + i] }
            weights[position] = product * scale
            largest = max(largest, weights[position])
          }
          var sum: Float = 0
          for position in path.indices {
            weights[position] = exponential(weights[position] - largest)
            sum += weights[position]
          }
          let result = (row - boundaries[part]) * width + first
          for (position, other) in path.enumerated() {
            let weight = weights[position] / sum
            let value = other * 3 * width + 2 * width + first
            for i in 0..<headWidth { output[result + i] += weight * rows[value + i] }
          }
        }
      }
    }
    return Tensor(shape: [parents.count, width], values: values)
  }

  /// The path from the root to a row, inclusive.
  private func path(to row: Int, parents: [Int]) -> [Int] {
    Array(sequence(first: row) { parents[$0] < 0 ? nil : parents[$0] }).reversed()
  }

  /// Products, exponentials and sums in float64, rounded once.
  package func attention(
    query: Tensor, key: Tensor, value: Tensor, heads: Int, scale: Float, mask: Tensor?
  ) -> Tensor {
    let (rows, width) = (query.shape[1], query.shape[2])
    precondition(key.shape == query.shape && value.shape == query.shape && width % heads == 0)
    precondition(mask.map { $0.shape == [$0.shape[0], rows, rows] } ?? true)
    let headWidth = width / heads
    let values = Workers().filled(
      count: query.count, boundaries: Workers.equalParts(of: query.count, size: rows * width)
    ) { set, output in
      let range = set * rows * width..<(set + 1) * rows * width
      let queries = query.values.span.extracting(range)
      let keys = key.values.span.extracting(range)
      let contents = value.values.span.extracting(range)
      var weights = [Double](repeating: 0, count: rows)
      var sums = [Double](repeating: 0, count: headWidth)
      for row in 0..<rows {
        for head in 0..<heads {
          let first = head * headWidth
          var largest = -Double.infinity
          for other in 0..<rows {
            var product = 0.0
            for i in first..<first + headWidth {
              product += Double(queries[row * width + i]) * Double(keys[other * width + i])
            }
            weights[other] = product * Double(scale)
            if let mask {
              weights[other] += Double(
                mask.values[(set % mask.shape[0] * rows + row) * rows + other])
            }
            largest = max(largest, weights[other])
          }
          var sum = 0.0
          for i in 0..<headWidth { sums[i] = 0 }
          for other in 0..<rows {
            let weight = exp(weights[other] - largest)
            sum += weight
            for i in 0..<headWidth { sums[i] += weight * Double(contents[other * width + first + i]) }
          }
          for i in 0..<headWidth { output[row * width + first + i] = Float(sums[i] / sum) }
        }
      }
    }
    return Tensor(shape: query.shape, values: values)
  }

  /// Sums keys and products over the tokens of each set, then applies them to each query.
  package func linearAttention(
    query: Tensor, key: Tensor, value: Tensor, heads: Int, dividesByCount: Bool
  ) -> Tensor {
    let (tokens, width) = (query.shape[1], query.shape[2])
    precondition(key.shape == query.shape && value.shape == query.shape && width % heads == 0)
    let headWidth = width / heads
    let count = dividesByCount ? Float(tokens) : 1
    let values = Workers().filled(
      count: query.count, boundaries: Workers.equalParts(of: query.count, size: tokens * width)
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
