// Kernels of the accelerated forward pass compared with naive loops in float64.

import SedgeOperators
import SedgePlatform
import SedgeTensor
import Testing

@Suite("Kernels")
struct KernelTests {
  /// The values must match the naive ones within their bounds, in roundoffs.
  private func expect(
    _ actual: [Float], _ expected: [Double], withinRoundings bounds: [Double], _ kernels: Kernels,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(actual.count == expected.count, sourceLocation: sourceLocation)
    let outliers = zip(actual, zip(expected, bounds)).filter { actual, naive in
      !(abs(Double(actual) - naive.0) <= naive.1 * Naive.roundoff)
    }
    if let (value, (naive, bound)) = outliers.first {
      Issue.record(
        """
        \(kernels.name): \(outliers.count) of \(actual.count) values are off, the first is \(value) and not \
        \(naive) within \(bound * Naive.roundoff)
        """, sourceLocation: sourceLocation)
    }
  }

  @Test(
    "Packing on several threads equals packing on one", arguments: Kernels.available,
    [1, 7, 16, 33, 100, 200])
  func packing(kernels: Kernels, outputs: Int) {
    let weights = random([outputs, 777], seed: 1)
    let alone = kernels.packed(weights.values.span, outputs: outputs, inputs: 777)
    let shared = kernels.packed(weights, outputs: outputs, inputs: 777, Workers(count: 3))
    #expect(alone.values == shared.values, "\(kernels.name)")
  }

  @Test(
    "The addend may be the output, and ReLU follows the addition", arguments: Kernels.available, [1, 13, 50])
  func addend(kernels: Kernels, rowCount: Int) {
    let (inputs, outputs, stride) = (19, 37, 41)
    let rows = random([rowCount, inputs], seed: 2)
    let (weights, bias) = (random([outputs, inputs], seed: 3), random([outputs], seed: 4))
    let start = random([rowCount, stride], seed: 5)
    for activation in [Activation.identity, .relu] {
      let layer = kernels.layer(
        weights.values.span, outputs: outputs, bias: bias.values, activation: activation)
      let buffer = FloatBuffer(start.values)
      let place = Kernels.Place(buffer, stride: stride)
      kernels.multiply(
        Kernels.Rows(FloatBuffer(rows.values), stride: inputs, runLength: inputs), rowCount, by: layer,
        addend: place, into: place)
      var (expected, bounds): ([Double], [Double]) = ([], [])
      for row in 0..<rowCount {
        for output in 0..<stride {
          guard output < outputs else {
            // What lies between the rows stays.
            expected.append(start.at(row, output))
            bounds.append(0)
            continue
          }
          let terms = (0..<inputs).map { rows.at(row, $0) * weights.at(output, $0) }
          let sum = terms.reduce(bias.at(output) + start.at(row, output), +)
          expected.append(activation == .relu ? max(sum, 0) : sum)
          bounds.append(Double(inputs + 3) * terms.reduce(2) { $0 + abs($1) })
        }
      }
      expect(buffer.values, expected, withinRoundings: bounds, kernels)
    }
  }

  @Test(
    "A layer of one output", arguments: Kernels.available,
    pairs([1, 3] as [Int], [1, 8, 16, 21, 100] as [Int]))
  func dot(kernels: Kernels, pair: (Int, Int)) {
    let (runCount, runLength) = pair
    let (rowCount, stride, runStride) = (9, 5, 130)
    let values = random([(rowCount - 1) * stride + (runCount - 1) * runStride + runLength], seed: 6)
    let weights = random([runCount * runLength], seed: 7)
    let output = FloatBuffer([Float](repeating: .nan, count: rowCount + 2))
    kernels.dot(
      Kernels.Rows(
        FloatBuffer(values.values), stride: stride, runCount: runCount, runLength: runLength,
        runStride: runStride), rowCount, weights: FloatBuffer(weights.values), bias: 0.5, into: output,
      at: 1)
    let terms = (0..<rowCount).map { row in
      (0..<runCount * runLength).map { i in
        values.at(row * stride + i / runLength * runStride + i % runLength) * weights.at(i)
      }
    }
    expect(
      output.values(1, rowCount), terms.map { $0.reduce(0.5, +) },
      withinRoundings: terms.map { Double(runCount * runLength + 2) * $0.reduce(0.5) { $0 + abs($1) } },
      kernels)
    #expect(output[0].isNaN && output[rowCount + 1].isNaN)
  }

  @Test(
    "The sigmoid within a few roundoffs, and at its extremes", arguments: Kernels.available, [1, 7, 16, 2001])
  func sigmoid(kernels: Kernels, count: Int) {
    let inputs = (0..<count).map { Float($0 - count / 2) * (count > 1000 ? 0.087 : 0.9) }
    let buffer = FloatBuffer(inputs)
    kernels.sigmoid(buffer, at: 0, count)
    let expected = inputs.map { 1 / (1 + exp(-Double($0))) }
    // The exponential rounds about twice, and so do the sum and the quotient.
    expect(buffer.values, expected, withinRoundings: expected.map { 6 * $0 }, kernels)
    let extremes = FloatBuffer([.infinity, -.infinity, 1000, -1000, 100, -100, .nan, 0] as [Float])
    kernels.sigmoid(extremes, at: 0, 8)
    #expect(extremes.values(0, 6) == [1, 0, 1, 0, 1, 0])
    #expect(extremes[6].isNaN && extremes[7] == 0.5)
  }

  @Test(
    "Statistics merged from parts equal those of all pixels", arguments: Kernels.available,
    [(1, [1]), (1, [5, 1, 30]), (3, [7, 7]), (2, [200, 3])])
  func groupStatistics(kernels: Kernels, pair: (Int, [Int])) {
    let (groups, parts) = pair
    let channels = 16 * groups
    let count = parts.reduce(0, +)
    // A mean that is larger than the spread.
    var pixels = random([count, channels], seed: 8)
    for i in pixels.values.indices { pixels.values[i] += 3 }
    let buffer = FloatBuffer(pixels.values)
    var statistics = Kernels.GroupStatistics(channels: channels)
    var start = 0
    for part in parts {
      kernels.gather(buffer, at: start * channels, pixelCount: part, channels: channels, into: &statistics)
      start += part
    }
    for channel in 0..<channels {
      let first = channel / 16 * 16
      let values = (0..<count).flatMap { pixel in (first..<first + 16).map { pixels.at(pixel, $0) } }
      let mean = values.reduce(0, +) / Double(values.count)
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
      let factor = 0.5 / (variance + 1e-5).squareRoot()
      let (scale, shift) = statistics.normalization(
        channel: channel, epsilon: 1e-5, scale: 0.5, shift: 0.25)
      // A part's sums round once for each of its pixels; the sums of parts are float64. What the mean is off counts
      // fourfold, for the values are up to 4.
      let roundings = Double((parts.max() ?? 0) + 8)
      expect(
        [scale, shift], [factor, 0.25 - mean * factor],
        withinRoundings: [roundings * factor, 4 * roundings * factor + 1], kernels)
    }
  }

  @Test(
    "Linear attention at several pixels", arguments: Kernels.available,
    pairs(
      [(4, 2), (12, 3), (16, 4), (16, 2), (32, 4), (32, 2), (40, 4), (64, 2), (6, 3), (128, 4)]
        as [(channels: Int, heads: Int)], [1, 5] as [Int]))
  func linearAttention(kernels: Kernels, pair: ((channels: Int, heads: Int), Int)) {
    let (size, tokens) = pair
    let (channels, headWidth, pixels) = (size.channels, size.channels / size.heads, 3)
    let keyValue = random([2, tokens, pixels, 2 * channels], seed: 9)
    let query = random([tokens, pixels, channels], seed: 10)
    let addend = random([tokens, pixels, channels], seed: 11)
    let feature = { (x: Double) in x > 0 ? x + 1 : exp(x) }
    var (expected, bounds): ([Double], [Double]) = ([], [])
    for token in 0..<tokens {
      for pixel in 0..<pixels {
        for channel in 0..<channels {
          let head = channel / headWidth * headWidth
          // Both halves of the tokens.
          let others = (0..<2).flatMap { half in (0..<tokens).map { (half, $0) } }
          let weights = others.map { half, other in
            (head..<head + headWidth).reduce(0) {
              $0 + feature(query.at(token, pixel, $1)) * feature(keyValue.at(half, other, pixel, $1))
            }
          }
          let sum = zip(others, weights).reduce(0) {
            $0 + $1.1 * keyValue.at($1.0.0, $1.0.1, pixel, channels + channel)
          }
          expected.append(addend.at(token, pixel, channel) + sum / (weights.reduce(0, +) + 1e-6))
          // All weights are positive and the values at most 1: every step rounds by a roundoff of 1.
          bounds.append(Double(2 * (2 * tokens + headWidth) + 14))
        }
      }
    }
    let count = Kernels.attentionSumCount(channels: channels, heads: size.heads) * pixels
    let sums = FloatBuffer(count: count)
    sums.clear(0, count)
    for half in 0..<2 {
      let size = tokens * pixels * 2 * channels
      kernels.gatherAttention(
        FloatBuffer(Array(keyValue.values[half * size..<(half + 1) * size])), tokenCount: tokens,
        pixelCount: pixels, channels: channels, heads: channels / headWidth, into: sums)
    }
    let output = FloatBuffer(count: query.count)
    kernels.applyAttention(
      FloatBuffer(query.values), tokenCount: tokens, pixelCount: pixels, channels: channels,
      heads: size.heads, sums: sums, addend: FloatBuffer(addend.values), into: output)
    expect(output.values, expected, withinRoundings: bounds, kernels)
  }

  @Test("Scale, shift and ReLU by channel", arguments: Kernels.available, [1, 3, 16, 37, 48])
  func scaleAndClamp(kernels: Kernels, channels: Int) {
    let pixels = random([5, channels], seed: 12)
    let (scale, shift) = (random([channels], seed: 13), random([channels], seed: 14))
    let buffer = FloatBuffer(pixels.values)
    kernels.scaleAndClamp(
      buffer, at: 0, pixelCount: 5, channels: channels, scale: FloatBuffer(scale.values),
      shift: FloatBuffer(shift.values), into: buffer, at: 0)
    let expected = (0..<5 * channels).map {
      max(0, pixels.at($0 / channels, $0 % channels) * scale.at($0 % channels) + shift.at($0 % channels))
    }
    expect(buffer.values, expected, withinRoundings: expected.map { _ in 4 }, kernels)
  }

  @Test(
    "A line between two lines, resized", arguments: Kernels.available,
    [(1, 1), (3, 40), (16, 33), (40, 16), (40, 131), (7, 7)] as [(from: Int, to: Int)])
  func resizeLine(kernels: Kernels, size: (from: Int, to: Int)) {
    let values = random([2, size.from], seed: 15)
    let output = FloatBuffer([Float](repeating: 9, count: size.to + 2))
    kernels.resizeLine(
      upper: 0, lower: size.from, of: FloatBuffer(values.values), weight: 0.375,
      upsampling: Kernels.LineUpsampling(from: size.from, to: size.to), into: output, at: 1,
      scratch: FloatBuffer(count: size.from))
    let expected = Interpolation.table(from: size.from, to: size.to, .halfPixel).map { column in
      let mixed = [column.lower, column.upper].map { values.at(0, $0) * 0.625 + values.at(1, $0) * 0.375 }
      return mixed[0] * Double(1 - column.weight) + mixed[1] * Double(column.weight)
    }
    expect(output.values(1, size.to), expected, withinRoundings: expected.map { _ in 6 }, kernels)
    #expect(output[0] == 9 && output[size.to + 1] == 9)
  }

  @Test(
    "Labels of an upsampled line: the best class, the first among equals", arguments: Kernels.available,
    pairs(
      [(1, 1), (1, 5), (3, 40), (16, 33), (40, 16), (40, 131), (7, 7)] as [(from: Int, to: Int)],
      [0, 0.25] as [Float]))
  func keepBest(kernels: Kernels, pair: ((from: Int, to: Int), Float)) {
    let (size, weight) = pair
    let classCount = 5
    // Few different scores, so that many are equal, and one that is no number.
    var scores = (0..<classCount * 2 * size.from).map { Float($0 &* 7919 % 13 % 4) / 4 }
    scores[scores.count - 1] = .nan
    let table = Interpolation.table(from: size.from, to: size.to, .halfPixel)
    let upsampling = Kernels.LineUpsampling(
      columns: table.map { ($0.lower, $0.upper, $0.weight) }, width: size.from)
    // In another order than that of their numbers.
    let orders = [[0, 1, 2, 3, 4], [3, 0, 4, 2, 1]]
    let results = orders.map { order in
      let best = FloatBuffer([Float](repeating: 0, count: size.to + 2))
      let labels = Buffer<Int32>([Int32](repeating: 9, count: size.to + 2))
      for index in order {
        kernels.keepBest(
          upper: 2 * index * size.from, lower: (2 * index + 1) * size.from, of: FloatBuffer(scores),
          weight: weight, upsampling: upsampling, classIndex: index, best: best, labels: labels, at: 1,
          scratch: FloatBuffer(count: size.from))
      }
      return (best.values, labels.values)
    }
    #expect(results[0] == results[1], "\(kernels.name): the order of classes")
    let (best, labels) = results[0]
    #expect(best.first == 0 && best.last == 0 && labels.first == 9 && labels.last == 9)
    for (pixel, column) in table.enumerated() {
      var highest = (score: 0.0, label: 9)
      for index in 0..<classCount {
        let mixed = [column.lower, column.upper].map { x -> Double in
          let (upper, lower) = (scores[2 * index * size.from + x], scores[(2 * index + 1) * size.from + x])
          return Double(upper) * Double(1 - weight) + Double(lower) * Double(weight)
        }
        let score = mixed[0] * Double(1 - column.weight) + mixed[1] * Double(column.weight)
        if score > highest.score || (score == highest.score && index < highest.label) {
          highest = (score, index)
        }
      }
      let isExact = column.weight == 0 || column.weight == 0.5 || column.weight == 1
      #expect(abs(Double(best[pixel + 1]) - highest.score) <= 6 * Naive.roundoff, "\(kernels.name)")
      // Else rounding decides between scores that are nearly equal.
      if isExact { #expect(labels[pixel + 1] == highest.label, "\(kernels.name), pixel \(pixel)") }
    }
  }
}
