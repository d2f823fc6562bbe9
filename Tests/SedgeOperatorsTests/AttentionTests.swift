// Causal, softmax and linear attention compared with naive loops in float64.

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

  /// Sets of rows with a mask or none.
  struct Sets: Sendable, CustomTestStringConvertible {
    var sets: Int
    var rows: Int
    var width: Int
    var heads: Int
    var masks = 0
    var testDescription: String { "\(sets) sets of \(rows) x \(width), \(heads) heads, \(masks) masks" }

    /// Rows and widths that are whole vectors and tiles, and those that are not.
    static let all = [
      Sets(sets: 1, rows: 1, width: 4, heads: 2), Sets(sets: 3, rows: 2, width: 6, heads: 3, masks: 1),
      Sets(sets: 4, rows: 16, width: 64, heads: 4, masks: 2),
      Sets(sets: 5, rows: 7, width: 40, heads: 2, masks: 3),
      Sets(sets: 2, rows: 33, width: 64, heads: 2), Sets(sets: 1, rows: 50, width: 21, heads: 3, masks: 1),
      Sets(sets: 1, rows: 97, width: 128, heads: 2), Sets(sets: 4, rows: 144, width: 32, heads: 1, masks: 4),
      Sets(sets: 1, rows: 577, width: 64, heads: 1),
    ]
  }

  @Test("Each row of a set attends to all rows of the set", arguments: operatorSets, Sets.all)
  func softmax(set: OperatorSet, size: Sets) {
    let shape = [size.sets, size.rows, size.width]
    let (query, key, value) = (random(shape, seed: 11), random(shape, seed: 12), random(shape, seed: 13))
    let headWidth = size.width / size.heads
    let scale: Float = 1.5
    // A third of the pairs is masked.
    let maskCount = size.masks * size.rows * size.rows
    let mask = Tensor(
      shape: [size.masks, size.rows, size.rows], values: (0..<maskCount).map { $0 % 3 == 1 ? -100 : 0 })
    var expected = Naive(shape: shape)
    var magnitude = 0.0
    for set in 0..<size.sets {
      for row in 0..<size.rows {
        for head in stride(from: 0, to: size.width, by: headWidth) {
          let weights = (0..<size.rows).map { other in
            let products = (head..<head + headWidth).map { query.at(set, row, $0) * key.at(set, other, $0) }
            magnitude = max(magnitude, products.reduce(0) { $0 + abs($1) })
            let addend = size.masks > 0 ? mask.at(set % size.masks, row, other) : 0
            return exp(products.reduce(0, +) * Double(scale) + addend)
          }
          let sum = weights.reduce(0, +)
          for channel in head..<head + headWidth {
            expected.append(sumOf: weights.indices.map { weights[$0] / sum * value.at(set, $0, channel) })
          }
        }
      }
    }
    // As for causal attention; a masked product rounds by 100 roundoffs more, but its weight is below e^-90.
    expected.widen(
      byRoundings: 4 * Double(headWidth + 3) * magnitude * Double(scale) + Double(2 * size.rows + 12))
    expect(expected, of: set) {
      $0.attention(
        query: query, key: key, value: value, heads: size.heads, scale: scale,
        mask: size.masks > 0 ? mask : nil)
    }
  }

  @Test("Sets are independent, and the result of one row is its value, bit for bit", arguments: operatorSets)
  func sets(set: OperatorSet) {
    let operators = set.operators
    let (query, key, value) = (
      random([3, 5, 12], seed: 14), random([3, 5, 12], seed: 15), random([3, 5, 12], seed: 16)
    )
    let attend = { (query: Tensor, key: Tensor, value: Tensor) in
      operators.attention(query: query, key: key, value: value, heads: 3, scale: 0.5, mask: nil).values
    }
    let part = { (x: Tensor, set: Int) in
      Tensor(shape: [1, 5, 12], values: Array(x.values[set * 60..<(set + 1) * 60]))
    }
    #expect(
      attend(query, key, value)
        == (0..<3).flatMap { attend(part(query, $0), part(key, $0), part(value, $0)) }, "\(operators.name)")
    let rows = { (x: Tensor) in Tensor(shape: [15, 1, 12], values: x.values) }
    #expect(attend(rows(query), rows(key), rows(value)) == value.values, "\(operators.name)")
  }

  @Test(
    "Weights of large products are 0 or 1; what is not a number stays in its set", arguments: operatorSets)
  func largeProductsInSets(set: OperatorSet) {
    let operators = set.operators
    let query = Tensor(shape: [3, 2, 1], values: [100, -100, 1, 1, 100, .nan])
    let key = Tensor(shape: [3, 2, 1], values: [100, -100, 1, 1, 100, -100])
    let value = Tensor(shape: [3, 2, 1], values: [5, 7, 5, .nan, 5, 7])
    let result = operators.attention(query: query, key: key, value: value, heads: 1, scale: 1, mask: nil)
      .values
    #expect(result[0...1] == [5, 7], "\(operators.name)")
    #expect(result[2...3].allSatisfy { $0.isNaN }, "\(operators.name)")
    #expect(result[4] == 5 && result[5].isNaN, "\(operators.name)")
  }

  @Test(
    "A mask of -infinity is a weight of 0, a row of nothing else is no number", arguments: operatorSets)
  func infiniteMask(set: OperatorSet) {
    let operators = set.operators
    let x = random([1, 3, 4], seed: 17)
    let mask = Tensor(
      shape: [1, 3, 3],
      values: [
        0, -.infinity, -.infinity, -.infinity, -.infinity, 0, -.infinity, -.infinity, -.infinity,
      ])
    let result = operators.attention(query: x, key: x, value: x, heads: 2, scale: 1, mask: mask).values
    #expect(Array(result[0..<4]) == Array(x.values[0..<4]), "\(operators.name)")
    #expect(Array(result[4..<8]) == Array(x.values[8..<12]), "\(operators.name)")
    #expect(result[8..<12].allSatisfy { $0.isNaN }, "\(operators.name)")
  }

  @Test(
    "Queries, keys and values in one buffer: the output may be the queries", arguments: Kernels.available,
    [(5, 3, 8), (30, 2, 32), (144, 4, 32), (577, 1, 64)] as [(rows: Int, heads: Int, width: Int)])
  func packed(kernels: Kernels, size: (rows: Int, heads: Int, width: Int)) {
    let (rows, width) = (size.rows, size.heads * size.width)
    let input = random([rows, 3 * width], seed: 18)
    let split = (0..<3).map { part in
      var values: [Float] = []
      for start in stride(from: part * width, to: input.count, by: 3 * width) {
        values += input.values[start..<start + width]
      }
      return Tensor(shape: [1, rows, width], values: values)
    }
    let expected = AcceleratedOperators(kernels: kernels).attention(
      query: split[0], key: split[1], value: split[2], heads: size.heads, scale: 0.3, mask: nil)
    let buffer = FloatBuffer(input.values)
    let packed = FloatBuffer(count: kernels.attentionPackedCount(keyCount: rows, headWidth: size.width))
    let scratch = FloatBuffer(count: kernels.attentionScratchCount(keyCount: rows, headWidth: size.width))
    for head in 0..<size.heads {
      let place = { (part: Int, row: Int) in
        Kernels.Place(buffer, at: row * 3 * width + part * width + head * size.width, stride: 3 * width)
      }
      // All rows in two parts, whose bits do not depend on the division.
      for (first, count) in [(0, rows / 3), (rows / 3, rows - rows / 3)] {
        let attention = Kernels.AttentionHead(
          query: place(0, first), key: place(1, 0), value: place(2, 0), keyCount: rows, width: size.width,
          scale: 0.3)
        kernels.pack(attention, into: packed)
        kernels.attend(attention, rowCount: count, packed: packed, scratch: scratch, into: place(0, first))
      }
    }
    for row in 0..<rows {
      let at = row * 3 * width
      #expect(
        buffer.values(at, width) == Array(expected.values[row * width..<(row + 1) * width]), "\(kernels.name)"
      )
      #expect(
        buffer.values(at + width, 2 * width) == Array(input.values[at + width..<at + 3 * width]),
        "\(kernels.name)")
    }
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
