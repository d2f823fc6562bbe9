// Both kinds of attention against naive loops in float64.

import SedgeOperators
import SedgeTensor
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

@Suite("Attention")
struct AttentionTests {
  private let operators = ReferenceOperators()

  @Test(
    "Each token attends to itself and those before it in its sequence",
    arguments: [[1], [1, 1, 1], [5], [2, 7, 1, 3], [77, 1]], [(12, 3), (8, 1), (6, 6)])
  func causal(lengths: [Int], size: (width: Int, heads: Int)) {
    let (rows, width, headWidth) = (lengths.reduce(0, +), size.width, size.width / size.heads)
    let input = random([rows, 3 * width], seed: 1)
    let scale: Float = 0.7
    var expected = Naive(shape: [rows, width])
    var start = 0
    for length in lengths {
      for row in start..<start + length {
        for channel in 0..<width {
          let head = channel / headWidth * headWidth
          let weights = (start...row).map { other in
            let products = (0..<headWidth).map {
              input.at(row, head + $0) * input.at(other, width + head + $0)
            }
            return exp(products.reduce(0, +) * Double(scale))
          }
          let sum = weights.reduce(0, +)
          expected.append(
            sumOf: weights.indices.map {
              weights[$0] / sum * input.at(start + $0, 2 * width + channel)
            })
        }
      }
      start += length
    }
    // A weight is e to a product of headWidth terms of at most 1, which rounds that often; then a sum and a quotient.
    let roundings = Double(2 * headWidth + 2 * 77 + 8)
    expected.bounds = expected.bounds.map { $0 + roundings * Naive.roundoff }
    expect(expected) {
      operators.causalAttention(queryKeyValue: input, lengths: lengths, heads: size.heads, scale: scale)
    }
  }

  @Test("A sequence of one token returns its value, bit for bit")
  func single() {
    let input = random([3, 12], seed: 2)
    let result = operators.causalAttention(queryKeyValue: input, lengths: [1, 1, 1], heads: 2, scale: 1)
    for row in 0..<3 {
      #expect(
        Array(result.values[row * 4..<(row + 1) * 4]) == Array(input.values[row * 12 + 8..<row * 12 + 12]))
    }
  }

  @Test("Sequences do not see each other")
  func independence() {
    let (a, b) = (random([4, 18], seed: 3), random([6, 18], seed: 4))
    let run = { (values: [Float], lengths: [Int]) in
      operators.causalAttention(
        queryKeyValue: Tensor(shape: [values.count / 18, 18], values: values), lengths: lengths, heads: 3,
        scale: 0.5
      ).values
    }
    #expect(run(a.values + b.values, [4, 6]) == run(a.values, [4]) + run(b.values, [6]))
  }

  @Test("Products that overflow the exponential leave weights that sum to 1")
  func largeProducts() {
    // Query times key is 10^4 for the first token and -10^4 for the second: all weight goes to the first.
    let input = Tensor(shape: [2, 3], values: [100, 100, 5, 100, -100, 7])
    let result = operators.causalAttention(queryKeyValue: input, lengths: [2], heads: 1, scale: 1)
    #expect(result.values == [5, 5])
  }

  @Test(
    "Linear attention weighs values by elu + 1 of keys and queries",
    arguments: [(1, 1, 4, 2), (3, 1, 6, 3), (2, 5, 12, 4), (7, 33, 8, 1)], [true, false])
  func linear(size: (sets: Int, tokens: Int, width: Int, heads: Int), dividesByCount: Bool) {
    let shape = [size.sets, size.tokens, size.width]
    let (query, key, value) = (random(shape, seed: 5), random(shape, seed: 6), random(shape, seed: 7))
    let headWidth = size.width / size.heads
    let feature = { (x: Double) in x > 0 ? x + 1 : exp(x) }
    var expected = Naive(shape: shape)
    for set in 0..<size.sets {
      for token in 0..<size.tokens {
        for channel in 0..<size.width {
          let head = channel / headWidth * headWidth
          let weights = (0..<size.tokens).map { other in
            (head..<head + headWidth).reduce(0) {
              $0 + feature(query.at(set, token, $1)) * feature(key.at(set, other, $1))
            }
          }
          let factor = 1 / (weights.reduce(0, +) + 1e-6)
          expected.append(sumOf: weights.indices.map { weights[$0] * factor * value.at(set, $0, channel) })
        }
      }
    }
    // All weights are positive and sum to 1, the values are at most 1: every step rounds by a roundoff of 1.
    let roundings = Double(2 * size.tokens + 2 * headWidth + 12)
    expected.bounds = expected.bounds.map { $0 + roundings * Naive.roundoff }
    expect(expected) {
      operators.linearAttention(
        query: query, key: key, value: value, heads: size.heads, dividesByCount: dividesByCount)
    }
  }

  @Test("With one class, linear attention returns nearly its value", arguments: [true, false])
  func oneClass(dividesByCount: Bool) {
    let (query, value) = (random([3, 1, 8], seed: 8), random([3, 1, 8], seed: 9))
    let result = operators.linearAttention(
      query: query, key: query, value: value, heads: 2, dividesByCount: dividesByCount)
    for (a, b) in zip(result.values, value.values) { #expect(abs(a - b) <= 2e-5) }
  }

  @Test("Extreme queries and keys give numbers", arguments: [-100, 100] as [Float], [-100, 100] as [Float])
  func extremes(query: Float, key: Float) {
    let shape = [1, 2, 4]
    let full = { (value: Float) in Tensor(shape: shape, values: [Float](repeating: value, count: 8)) }
    let result = operators.linearAttention(
      query: full(query), key: full(key), value: full(1), heads: 2, dividesByCount: true)
    #expect(result.values.allSatisfy { $0.isFinite && (0...1.0001).contains($0) })
    // Features of e^-100 vanish beside the 1e-6 that is added to their sum; large ones do not.
    #expect(query < 0 || key < 0 || result.values.allSatisfy { abs($0 - 1) <= 1e-5 })
  }
}
