// The sums behind a layer's statistics.

import SedgeOperators

/// Sums over a layer's inputs.
enum InputSums {
  case vectors(MomentSums)
  case channels(ChannelSums)

  init(_ window: InputWindow, width: Int) {
    self = window == .channels ? .channels(ChannelSums(width: width)) : .vectors(MomentSums(width: width))
  }

  /// Bytes of the sums.
  static func byteCount(_ window: InputWindow, width: Int) -> Int {
    window == .channels ? 2 * width * MemoryLayout<Double>.stride : MomentSums.byteCount(width: width)
  }

  func add(_ vectors: FloatBuffer, count: Int, _ workers: Workers) {
    switch self {
    case .vectors(let sums): sums.add(vectors, count: count, workers)
    case .channels(let sums): sums.add(vectors, count: count)
    }
  }

  func statistics(_ workers: Workers) -> InputStatistics {
    switch self {
    case .vectors(let sums):
      .vectors(
        LayerStatistics(
          sampleCount: sums.count, mean: sums.mean, secondMoment: sums.secondMoment(workers)))
    case .channels(let sums): .channels(sums.statistics)
    }
  }
}

/// Sums of channels and of their squares, in float64.
final class ChannelSums {
  private var count = 0
  private let sums: Buffer<Double>
  private let squares: Buffer<Double>

  init(width: Int) {
    sums = Buffer([Double](repeating: 0, count: width))
    squares = Buffer([Double](repeating: 0, count: width))
  }

  /// Adds contiguous pixels.
  func add(_ pixels: FloatBuffer, count pixelCount: Int) {
    guard pixelCount > 0 else { return }
    LinearAlgebra.best.sumColumns(of: pixels, pixelCount, count: sums.count, sums: sums, squares: squares)
    count += pixelCount
  }

  /// The means; zeros where there were no pixels.
  var statistics: ChannelStatistics {
    let divisor = Double(max(count, 1))
    return ChannelStatistics(
      sampleCount: count, mean: sums.values.map { Float($0 / divisor) },
      meanSquare: squares.values.map { Float($0 / divisor) })
  }
}

extension InputStatistics {
  /// Whether all statistics are finite.
  var isFinite: Bool {
    switch self {
    case .vectors(let statistics):
      // The magnitude of a product is at most the larger of the two squares.
      statistics.mean.indices.allSatisfy {
        statistics.mean[$0].isFinite && statistics.secondMoment[$0 * (statistics.mean.count + 1)].isFinite
      }
    case .channels(let statistics): (statistics.mean + statistics.meanSquare).allSatisfy(\.isFinite)
    }
  }
}
