// Statistics of tensors: exact numbers of handmade ones, and the same numbers however a tensor is read and by how many threads.

import SedgeOperators
import SedgeStatistics
import SedgeTensor
import TestSupport
import Testing

/// Measures one tensor that is held whole.
private func statistics(
  _ values: [Float], shape: [Int]? = nil, axis: Int? = 0
) throws -> TensorStatistics {
  try #require(
    StatisticsMeasurement.statistics(of: [
      MeasuredTensor(name: "a", shape: shape ?? [values.count], channelAxis: axis, readsRows: false) { _ in
        values
      }
    ]).first)
}

/// Values of both signs, of several magnitudes, none of which is zero.
private func noise(_ count: Int, seed: UInt64 = 1) -> [Float] {
  var generator = SeededGenerator(state: seed)
  return (0..<count).map { _ in
    Float.random(in: 0.001...1, using: &generator) * (Bool.random(using: &generator) ? 1 : -1)
  }
}

@Suite("Statistics of tensors")
struct StatisticsTests {
  @Test(
    "Range, mean, deviation and kurtosis are those of the definition",
    arguments: [1, 7, 8, 9, 31, 70_000, 200_001])
  func moments(_ count: Int) throws {
    let values = noise(count)
    let found = try statistics(values)
    let wide = values.map(Double.init)
    let mean = wide.reduce(0, +) / Double(count)
    let squares = wide.map { ($0 - mean) * ($0 - mean) }
    let variance = squares.reduce(0, +) / Double(count)
    let fourth = squares.map { $0 * $0 }.reduce(0, +) / Double(count)
    #expect(found.minimum == values.min() && found.maximum == values.max())
    // Sums of n terms of at most 1 in magnitude, in another order.
    let tolerance = Double(count) * 0x1p-52
    #expect(abs(try #require(found.mean) - mean) <= tolerance)
    #expect(abs(try #require(found.standardDeviation) - variance.squareRoot()) <= tolerance)
    if count > 1 {
      #expect(abs(try #require(found.kurtosis) * variance * variance - fourth) <= tolerance)
    } else {
      #expect(found.kurtosis == nil)
    }
    let histogram = try #require(found.histogram)
    #expect(histogram.counts.reduce(0, +) + histogram.below + histogram.above == count)
  }

  @Test("What is not finite is counted and left out")
  func notFinite() throws {
    for count in [5, 8, 20] {
      var values = [Float](repeating: 2, count: count)
      values[0] = .nan
      values[3] = -.infinity
      values[4] = 4
      let found = try statistics(values)
      #expect((found.nanCount, found.infiniteCount, found.finiteCount) == (1, 1, count - 2))
      #expect((found.minimum, found.maximum) == (2, 4))
      #expect(found.suspicions.contains(.notFinite(nanCount: 1, infiniteCount: 1)))
    }
    let none = try statistics([.nan, .infinity])
    #expect(none.mean == nil && none.histogram == nil && none.suspicions.count == 1)
  }

  @Test("Zeros and what float16 rounds to zero or infinity are counted at the very limits")
  func float16() throws {
    let values: [Float] = [
      0, -0, 65_519.996, -65_520, 65_536, 0x1p-25, -0x1.000002p-25, 0x1p-26, .leastNonzeroMagnitude, 1, 2, 3,
    ]
    for shift in 0..<9 {
      let found = try statistics([Float](repeating: 1, count: shift) + values)
      #expect(found.zeroCount == 2)
      #expect(found.float16OverflowCount == 2)
      #expect(found.float16UnderflowCount == 3)
      #expect(found.beyondFloat16Count == values.count { $0 != 0 && (halfIsZero($0) || halfIsInfinite($0)) })
    }
  }

  private func halfIsZero(_ value: Float) -> Bool { floatFromHalf(halfFromFloat(value)) == 0 }
  private func halfIsInfinite(_ value: Float) -> Bool { floatFromHalf(halfFromFloat(value)).isInfinite }

  @Test("Outliers are outside the histogram")
  func outliers() throws {
    var values = noise(10_000)
    values[17] = 40
    values[18] = -60
    let found = try statistics(values)
    let histogram = try #require(found.histogram)
    #expect(found.outlierCount == 2 && histogram.below == 1 && histogram.above == 1)
    #expect(histogram.highest < 40 && histogram.lowest > -60)
    #expect(try #require(found.largestDeviation) > 50)
    #expect(found.suspicions == [.outliers(count: 2, largestDeviation: try #require(found.largestDeviation))])
  }

  @Test("Dead, constant and duplicated rows are found, and the largest")
  func rows() throws {
    var values = noise(64 * 100)
    for column in 0..<100 {
      values[3 * 100 + column] = column % 2 == 0 ? 0 : -0
      values[5 * 100 + column] = 0.25
      values[40 * 100 + column] = values[7 * 100 + column]
      values[63 * 100 + column] = values[7 * 100 + column]
      values[9 * 100 + column] *= 5000
    }
    let found = try statistics(values, shape: [64, 100])
    let channels = try #require(found.channels)
    #expect((channels.count, channels.zeroCount, channels.constantCount, channels.firstDead) == (64, 1, 1, 3))
    #expect(channels.duplicateCount == 2)
    #expect(channels.firstDuplicate?.channel == 40 && channels.firstDuplicate?.original == 7)
    #expect(channels.largest?.channel == 9)
    #expect(abs(try #require(channels.largest?.ratio) - 5000) < 500)
    #expect(found.suspicions.map(\.name).prefix(3) == ["dead_channels", "duplicated_rows", "large_row"])
    // The same channels where they are the last dimension, and where they are the second one.
    var (transposed, middle): ([Float], [Float]) = ([], [])
    for column in 0..<100 {
      for row in 0..<64 { transposed.append(values[row * 100 + column]) }
    }
    #expect(try statistics(transposed, shape: [10, 10, 64], axis: 2).channels == channels)
    for outer in 0..<4 {
      for row in 0..<64 {
        let start = row * 100 + outer * 25
        middle += values[start..<start + 25]
      }
    }
    #expect(try statistics(middle, shape: [4, 64, 5, 5], axis: 1).channels == channels)
  }

  @Test("Rows that differ in signs alone are no duplicates")
  func signs() throws {
    let row = noise(64)
    let other = row.enumerated().map { $0.offset % 8 == 3 ? -$0.element : $0.element }
    #expect(try statistics(row + other + row, shape: [3, 64]).channels?.duplicateCount == 1)
  }

  @Test("A tensor of one value, mostly zeros, and too small for float16 are suspicious; noise is not")
  func suspicions() throws {
    #expect(try statistics(noise(4096), shape: [64, 64]).suspicions.isEmpty)
    #expect(try statistics([1, 1, 1]).suspicions == [.constant(1)])
    #expect(try statistics([1]).suspicions.isEmpty)
    let sparse = noise(4096).enumerated().map { $0.offset % 4 == 0 ? $0.element : 0 }
    #expect(try statistics(sparse, shape: [64, 64]).suspicions == [.mostlyZero(share: 0.75)])
    #expect(try statistics(noise(1000).map { $0 * 0x1p-30 }).suspicions == [.float16Underflow(share: 1)])
    #expect(
      try statistics(noise(1000) + [-70_000]).suspicions.contains(
        .float16Overflow(count: 1, largest: -70_000)))
  }

  @Test("A tensor in blocks has the statistics of the same tensor held whole, for any number of threads")
  func blocks() throws {
    let (rows, columns) = (4600, 1000)
    var values = noise(rows * columns)
    for column in 0..<columns {
      values[4500 * columns + column] = values[12 * columns + column]
      values[4590 * columns + column] = values[12 * columns + column]
      values[4591 * columns + column] = values[4400 * columns + column]
      values[4592 * columns + column] = 0
    }
    var reads: [Range<Int>] = []
    let whole = MeasuredTensor(name: "a", shape: [rows, columns], channelAxis: 0, readsRows: false) { _ in
      values
    }
    let parts = MeasuredTensor(name: "b", shape: [rows, columns], channelAxis: 0, readsRows: true) { range in
      reads.append(range)
      return Array(values[range.lowerBound * columns..<range.upperBound * columns])
    }
    let found = try StatisticsMeasurement.statistics(of: [whole, parts], workers: Workers(count: 3))
    #expect(found[0].channels?.duplicateCount == 3 && found[0].channels?.zeroCount == 1)
    var other = found[1]
    let copy = try #require(other.suspicions.firstIndex(of: .sameValues(asTensor: "a")))
    other.suspicions.remove(at: copy)
    #expect(other.channels == found[0].channels && other.suspicions == found[0].suspicions)
    #expect(other.histogram?.counts == found[0].histogram?.counts)
    #expect(reads.allSatisfy { $0.count * columns <= 1 << 22 })
    #expect(try StatisticsMeasurement.statistics(of: [whole], workers: Workers(count: 1)) == [found[0]])
  }

  @Test("Only tensors of the same values in the same shape are equal")
  func equalTensors() throws {
    let values = noise(600)
    var changed = values
    changed[599] = changed[599].nextUp
    let tensors: [(String, [Int], [Float])] = [
      ("first", [20, 30], values), ("changed", [20, 30], changed), ("reshaped", [30, 20], values),
      ("second", [20, 30], values), ("ones", [5], [1, 1, 1, 1, 1]), ("more ones", [5], [1, 1, 1, 1, 1]),
    ]
    let found = try StatisticsMeasurement.statistics(
      of: tensors.map { tensor in
        MeasuredTensor(name: tensor.0, shape: tensor.1, channelAxis: 0, readsRows: false) { _ in tensor.2 }
      })
    #expect(
      found.map(\.suspicions) == [
        [], [], [], [.sameValues(asTensor: "first")], [.constant(1)], [.constant(1)],
      ])
  }
}
