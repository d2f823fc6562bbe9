// The filters of Pillow's resampling, and what they weigh.

/// A filter of Pillow's `Resample.c`.
package enum PillowFilter: Hashable, Sendable {
  /// `BILINEAR`: a triangle.
  case bilinear
  /// `BICUBIC`: Keys' cubic convolution with a = -1/2.
  case bicubic

  /// The distance in samples at which the filter ends.
  fileprivate var support: Double {
    switch self {
    case .bilinear: 1
    case .bicubic: 2
    }
  }

  fileprivate func callAsFunction(_ x: Double) -> Double {
    let x = abs(x)
    switch self {
    case .bilinear:
      return x < 1 ? 1 - x : 0
    case .bicubic:
      let a = -0.5
      if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0
    }
  }
}

/// The input samples of every output sample along one side of an image, with their weights.
struct FilterWindows: Sendable {
  /// Bits of the weights' fraction.
  static let fractionBits = 22

  /// The first input sample of each window.
  private(set) var firsts: [Int] = []
  /// The weights of all windows, one after another.
  private(set) var weights: [Int32] = []
  /// Window `i` has the weights `starts[i]..<starts[i + 1]`.
  private(set) var starts = [0]

  var count: Int { firsts.count }

  /// The windows of some output samples.
  ///
  /// - Parameters:
  ///   - range: The output samples, within `0..<newCount`.
  ///   - count: Input samples of the side.
  ///   - newCount: Output samples of the side.
  init(_ filter: PillowFilter, _ range: Range<Int>, from count: Int, to newCount: Int) {
    // Pillow does not filter along a side whose length stays the same.
    guard count != newCount else {
      for index in range { append(first: index, [1 << Self.fractionBits]) }
      return
    }
    let scale = Double(count) / Double(newCount)
    let filterScale = max(scale, 1)
    // A factor, as in Pillow: a division would round differently.
    let inverse = 1 / filterScale
    let support = filter.support * filterScale
    for index in range {
      let center = (Double(index) + 0.5) * scale
      let first = max(Int(center - support + 0.5), 0)
      let end = min(Int(center + support + 0.5), count)
      let factors = (first..<end).map { filter((Double($0) - center + 0.5) * inverse) }
      let sum = factors.reduce(0, +)
      append(first: first, factors.map { Self.fixedPoint($0 / sum) })
    }
  }

  private mutating func append(first: Int, _ newWeights: [Int32]) {
    firsts.append(first)
    weights += newWeights
    starts.append(weights.count)
  }

  private static func fixedPoint(_ factor: Double) -> Int32 {
    let scaled = factor * Double(1 << fractionBits)
    return Int32(scaled < 0 ? scaled - 0.5 : scaled + 0.5)
  }

  /// The input samples that the windows cover.
  var span: Range<Int> {
    let first = firsts.min() ?? 0
    return first..<(firsts.indices.map { firsts[$0] + starts[$0 + 1] - starts[$0] }.max() ?? first)
  }

  /// The windows over the samples from `distance` on.
  func moved(by distance: Int) -> FilterWindows {
    var result = self
    result.firsts = firsts.map { $0 - distance }
    return result
  }
}
