// Causal and linear attention compared with naive loops in float64.

import SedgeOperators
import SedgePlatform
import SedgeTensor
import Testing

@Suite("Attention")
struct AttentionTests {
  /// Sequences that may share prefixes: the predecessor of each row.
  struct Forest: Sendable, CustomTestStringConvertible {
    var name: String
    var parents: [Int]
    var testDescription: String { name }

    /// The path from the root to a row, inclusive.
    func path(to row: Int) -> [Int] { parents[row] < 0 ? [row] : path(to: parents[row]) + [row] }

    /// Adjacent sequences.
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
    "Each row attends to itself and its ancestors", arguments: operatorSets,
    pairs(
      forests,
      [(12, 3), (8, 1), (6, 6), (24, 3), (20, 2), (32, 2), (64, 2), (128, 2)] as [(width: Int, heads: Int)]))
  func causal(set: OperatorSet, pair: (Forest, (width: Int, heads: Int))) {
    let (forest, size) = pair
    let parents = forest.parents
    let (rows, width, headWidth) = (parents.count, size.width, size.width / size.heads)
    let input = random([rows, 3 * width], seed: 1)
    let scale: Float = 0.7
    var expected = Naive(shape: [rows, width])
    // The largest sum of magnitudes of a product of query and key, and the longest path.
    var (magnitude, longest) = (0.0, 0)
    for row in 0..<rows {
      let path = forest.path(to: row)
      longest = max(longest, path.count)
      for head in stride(from: 0, to: width, by: headWidth) {
        let weights = path.map { other in
          let products = (head..<head + headWidth).map { input.at(row, $0) * input.at(other, width + $0) }
          magnitude = max(magnitude, products.reduce(0) { $0 + abs($1) })
          return exp(products.reduce(0, +) * Double(scale))
        }
        let sum = weights.reduce(0, +)
        for channel in head..<head + headWidth {
          expected.append(
            sumOf: weights.indices.map { weights[$0] / sum * input.at(path[$0], 2 * width + channel) })
        }
      }
    }
    // A weight is e to a product of headWidth terms, less the largest, both of which round that often; it is divided by
    // a sum of such. The exponential rounds a few times, the sum once for each row of the path.
    let roundings = 4 * Double(headWidth + 2) * magnitude * Double(scale) + Double(2 * longest + 12)
    expected.widen(byRoundings: roundings)
    expect(expected, of: set) {
      $0.causalAttention(queryKeyValue: input, parents: parents, heads: size.heads, scale: scale)
    }
  }

  @Test(
    "The result of a row without ancestors is its value, bit for bit", arguments: operatorSets,
    [(4, 2), (40, 2), (64, 1)])
  func single(set: OperatorSet, pair: (Int, Int)) {
    let (width, heads) = pair
    let operators = set.operators
    let input = random([3, 3 * width], seed: 2)
    let result = operators.causalAttention(
      queryKeyValue: input, parents: [-1, -1, -1], heads: heads, scale: 1)
    for row in 0..<3 {
      let value = input.values[(3 * row + 2) * width..<(3 * row + 3) * width]
      #expect(Array(result.values[row * width..<(row + 1) * width]) == Array(value), "\(operators.name)")
    }
  }

  /// Attention of three heads.
  private func attend(_ values: [Float], width: Int, _ forest: Forest, _ operators: any Operators) -> [Float]
  {
    operators.causalAttention(
      queryKeyValue: Tensor(shape: [values.count / (3 * width), 3 * width], values: values),
      parents: forest.parents, heads: 3, scale: 0.5
    ).values
  }

  @Test("Sequences are independent, bit for bit", arguments: operatorSets)
  func independence(set: OperatorSet) {
    let operators = set.operators
    let (a, b) = (random([4, 18], seed: 3).values, random([6, 18], seed: 4).values)
    let together = attend(a + b, width: 6, .sequences(4, 6), operators)
    let first = attend(a, width: 6, .sequences(4), operators)
    #expect(together == first + attend(b, width: 6, .sequences(6), operators), "\(operators.name)")
  }

  @Test(
    "The result of a path in a tree equals that of the path alone, bit for bit", arguments: operatorSets,
    pairs(forests, [6, 30, 192] as [Int]))
  func paths(set: OperatorSet, pair: (Forest, Int)) {
    let (forest, width) = pair
    let operators = set.operators
    let input = random([forest.parents.count, 3 * width], seed: 10).values
    let together = attend(input, width: width, forest, operators)
    for row in forest.parents.indices {
      let path = forest.path(to: row)
      let alone = attend(
        path.flatMap { input[$0 * 3 * width..<($0 + 1) * 3 * width] }, width: width,
        .sequences(path.count), operators)
      #expect(
        Array(together[row * width..<(row + 1) * width]) == Array(alone.suffix(width)), "\(operators.name)")
    }
  }

  @Test("Weights sum to 1 where products overflow the exponential", arguments: operatorSets)
  func largeProducts(set: OperatorSet) {
    let operators = set.operators
    // Query times key is 10^4 for the first token and -10^4 for the second: all weight goes to the first.
    let input = Tensor(shape: [2, 3], values: [100, 100, 5, 100, -100, 7])
    let result = operators.causalAttention(queryKeyValue: input, parents: [-1, 0], heads: 1, scale: 1)
    #expect(result.values == [5, 5], "\(operators.name)")
  }

  @Test(
    "Linear attention with the feature map elu + 1", arguments: operatorSets,
    pairs(
      [
        (1, 1, 4, 2), (3, 1, 6, 3), (2, 5, 12, 4), (7, 33, 8, 1), (3, 4, 16, 4), (2, 9, 32, 2), (2, 7, 40, 4),
        (1, 5, 64, 2), (1, 3, 128, 2),
      ] as [(sets: Int, tokens: Int, width: Int, heads: Int)], [true, false] as [Bool]))
  func linear(set: OperatorSet, pair: ((sets: Int, tokens: Int, width: Int, heads: Int), Bool)) {
    let (size, dividesByCount) = pair
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
    expected.widen(byRoundings: roundings)
    expect(expected, of: set) {
      $0.linearAttention(
        query: query, key: key, value: value, heads: size.heads, dividesByCount: dividesByCount)
    }
  }

  @Test("Linear attention over one class returns nearly its value", arguments: operatorSets, [true, false])
  func oneClass(set: OperatorSet, dividesByCount: Bool) {
    let operators = set.operators
    let (query, value) = (random([3, 1, 8], seed: 8), random([3, 1, 8], seed: 9))
    let result = operators.linearAttention(
      query: query, key: query, value: value, heads: 2, dividesByCount: dividesByCount)
    for (a, b) in zip(result.values, value.values) { #expect(abs(a - b) <= 2e-5) }
  }

  @Test(
    "Extreme queries and keys give finite results", arguments: operatorSets,
    pairs([-100, 100] as [Float], [-100, 100] as [Float]))
  func extremes(set: OperatorSet, pair: (Float, Float)) {
    let (query, key) = pair
    let operators = set.operators
    let shape = [1, 2, 4]
    let full = { (value: Float) in Tensor(shape: shape, values: [Float](repeating: value, count: 8)) }
    let result = operators.linearAttention(
      query: full(query), key: full(key), value: full(1), heads: 2, dividesByCount: true)
    #expect(result.values.allSatisfy { $0.isFinite && (0...1.0001).contains($0) })
    // Features of e^-100 vanish beside the 1e-6 that is added to their sum; large ones do not.
    #expect(query < 0 || key < 0 || result.values.allSatisfy { abs($0 - 1) <= 1e-5 })
  }
}
