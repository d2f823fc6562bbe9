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

  /// Rows and the row before each.
  struct Forest: Sendable, CustomTestStringConvertible {
    var name: String
    var parents: [Int]
    var testDescription: String { name }

    /// Each row's ancestors from the root down, and the row.
    func path(to row: Int) -> [Int] { parents[row] < 0 ? [row] : path(to: parents[row]) + [row] }

    /// Sequences behind one another.
    static func sequences(_ lengths: Int...) -> Forest {
      let parents = lengths.reduce(into: [Int]()) { parents, length in
        parents += (0..<length).map { $0 == 0 ? -1 : parents.count + $0 - 1 }
      }
      return Forest(name: "sequences of \(lengths)", parents: parents)
    }
  }

  static let forests: [Forest] = [
    .sequences(1), .sequences(1, 1, 1), .sequences(5), .sequences(2, 7, 1, 3), .sequences(77, 1),
    Forest(name: "a root with three children", parents: [-1, 0, 0, 0]),
    Forest(name: "two trees, their rows mixed", parents: [-1, 0, 1, 0, 3, -1, 5, 2, 4, 1]),
    Forest(name: "a binary tree of 900 rows", parents: [-1] + (1..<900).map { ($0 - 1) / 2 }),
  ]

  @Test(
    "Each row attends to itself and its ancestors", arguments: forests, [(12, 3), (8, 1), (6, 6)])
  func causal(forest: Forest, size: (width: Int, heads: Int)) {
    let parents = forest.parents
    let (rows, width, headWidth) = (parents.count, size.width, size.width / size.heads)
    let input = random([rows, 3 * width], seed: 1)
    let scale: Float = 0.7
    var expected = Naive(shape: [rows, width])
    for row in 0..<rows {
      let path = forest.path(to: row)
      for channel in 0..<width {
        let head = channel / headWidth * headWidth
        let weights = path.map { other in
          let products = (0..<headWidth).map {
            input.at(row, head + $0) * input.at(other, width + head + $0)
          }
          return exp(products.reduce(0, +) * Double(scale))
        }
        let sum = weights.reduce(0, +)
        expected.append(
          sumOf: weights.indices.map { weights[$0] / sum * input.at(path[$0], 2 * width + channel) })
      }
    }
    // A weight is e to a product of headWidth terms of at most 1, which rounds that often; then a sum and a quotient.
    let roundings = Double(2 * headWidth + 2 * 77 + 8)
    expected.bounds = expected.bounds.map { $0 + roundings * Naive.roundoff }
    expect(expected) {
      operators.causalAttention(queryKeyValue: input, parents: parents, heads: size.heads, scale: scale)
    }
  }

  @Test("A row without ancestors returns its value, bit for bit")
  func single() {
    let input = random([3, 12], seed: 2)
    let result = operators.causalAttention(
      queryKeyValue: input, parents: [-1, -1, -1], heads: 2, scale: 1)
    for row in 0..<3 {
      #expect(
        Array(result.values[row * 4..<(row + 1) * 4]) == Array(input.values[row * 12 + 8..<row * 12 + 12]))
    }
  }

  private func attend(_ values: [Float], _ forest: Forest) -> [Float] {
    operators.causalAttention(
      queryKeyValue: Tensor(shape: [values.count / 18, 18], values: values), parents: forest.parents,
      heads: 3,
      scale: 0.5
    ).values
  }

  @Test("Sequences do not see each other, bit for bit")
  func independence() {
    let (a, b) = (random([4, 18], seed: 3).values, random([6, 18], seed: 4).values)
    #expect(attend(a + b, .sequences(4, 6)) == attend(a, .sequences(4)) + attend(b, .sequences(6)))
  }

  @Test("A tree gives each of its paths what the path alone gives, bit for bit", arguments: forests)
  func paths(forest: Forest) {
    let input = random([forest.parents.count, 18], seed: 10).values
    let together = attend(input, forest)
    for row in forest.parents.indices {
      let path = forest.path(to: row)
      let alone = attend(path.flatMap { input[$0 * 18..<($0 + 1) * 18] }, .sequences(path.count))
      #expect(Array(together[row * 6..<(row + 1) * 6]) == Array(alone.suffix(6)))
    }
  }

  @Test("Products that overflow the exponential leave weights that sum to 1")
  func largeProducts() {
    // Query times key is 10^4 for the first token and -10^4 for the second: all weight goes to the first.
    let input = Tensor(shape: [2, 3], values: [100, 100, 5, 100, -100, 7])
    let result = operators.causalAttention(queryKeyValue: input, parents: [-1, 0], heads: 1, scale: 1)
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
