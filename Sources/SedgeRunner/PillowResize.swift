// Pictures brought to CLIP's size as its own program does it: Pillow's bicubic resampling, then the middle square.

/// Resampling of 8-bit pictures with Pillow's arithmetic, bit for bit.
///
/// Pillow (`Resample.c`) filters lines first and columns after, or the other way round, each with weights rounded to 22
/// bits behind the point and each result rounded and clamped to 0...255. When a picture shrinks, the filter widens with it, so that no
/// pixel is passed over.
package enum PillowResize {
  /// One output sample: the first input sample and the weights of it and those behind it.
  private struct Window {
    var first: Int
    var weights: [Int32]
  }

  private static let fractionBits = 22

  /// The middle square of a picture whose shorter side was made `side` long.
  ///
  /// The longer side is cut off to whole pixels, the margins are halved to the nearest even number, as torchvision
  /// does.
  ///
  /// - Parameter pixels: RGB, height x width x 3, row by row.
  /// - Returns: side x side x 3.
  package static func croppedSquare(_ pixels: [UInt8], height: Int, width: Int, side: Int) -> [UInt8] {
    let isTall = height > width
    let (long, short) = isTall ? (height, width) : (width, height)
    let newLong = side * long / short
    let (newHeight, newWidth) = isTall ? (newLong, side) : (side, newLong)
    let top = Int((Double(newHeight - side) / 2).rounded(.toNearestOrEven))
    let left = Int((Double(newWidth - side) / 2).rounded(.toNearestOrEven))
    let columns = windows(left..<left + side, from: width, to: newWidth)
    let rows = windows(top..<top + side, from: height, to: newHeight)
    // Pillow 13 takes the columns first where that shrinks the picture by far the more; the result is rounded between.
    if newHeight < height, height - newHeight > 2 * (width - newWidth) {
      let needed = span(of: columns)
      let shrunk = alongColumns(pixels, width: width, needed, rows)
      return alongRows(shrunk, width: needed.count, 0..<side, moved(columns, by: -needed.lowerBound))
    }
    let needed = span(of: rows)
    let shrunk = alongRows(pixels, width: width, needed, columns)
    return alongColumns(shrunk, width: side, 0..<side, moved(rows, by: -needed.lowerBound))
  }

  /// The input samples that windows look at.
  private static func span(of windows: [Window]) -> Range<Int> {
    let first = windows.map(\.first).min() ?? 0
    return first..<(windows.map { $0.first + $0.weights.count }.max() ?? first)
  }

  private static func moved(_ windows: [Window], by distance: Int) -> [Window] {
    windows.map { Window(first: $0.first + distance, weights: $0.weights) }
  }

  /// Filters some lines of a picture, each to one pixel a window.
  private static func alongRows(
    _ pixels: [UInt8], width: Int, _ lines: Range<Int>, _ windows: [Window]
  ) -> [UInt8] {
    var result = [UInt8]()
    result.reserveCapacity(lines.count * windows.count * 3)
    for y in lines {
      for window in windows {
        for channel in 0..<3 {
          result.append(
            sample(pixels, at: (y * width + window.first) * 3 + channel, stride: 3, window.weights))
        }
      }
    }
    return result
  }

  /// Filters some columns of a picture, each to one pixel a window.
  private static func alongColumns(
    _ pixels: [UInt8], width: Int, _ columns: Range<Int>, _ windows: [Window]
  ) -> [UInt8] {
    var result = [UInt8]()
    result.reserveCapacity(windows.count * columns.count * 3)
    for window in windows {
      for place in 3 * columns.lowerBound..<3 * columns.upperBound {
        result.append(
          sample(pixels, at: window.first * width * 3 + place, stride: width * 3, window.weights))
      }
    }
    return result
  }

  private static func sample(_ values: [UInt8], at start: Int, stride: Int, _ weights: [Int32]) -> UInt8 {
    var sum: Int32 = 1 << (fractionBits - 1)
    var place = start
    for weight in weights {
      sum += Int32(values[place]) * weight
      place += stride
    }
    return UInt8(clamping: sum >> fractionBits)
  }

  private static func windows(_ range: Range<Int>, from count: Int, to newCount: Int) -> [Window] {
    // Pillow leaves a side alone that keeps its length.
    guard count != newCount else {
      return range.map { Window(first: $0, weights: [1 << fractionBits]) }
    }
    let scale = Double(count) / Double(newCount)
    let filterScale = max(scale, 1)
    // Multiplied with, as Pillow does: a division rounds otherwise.
    let inverse = 1 / filterScale
    let support = 2 * filterScale
    return range.map { index in
      let center = (Double(index) + 0.5) * scale
      let first = max(Int(center - support + 0.5), 0)
      let end = min(Int(center + support + 0.5), count)
      let factors = (first..<end).map { cubic((Double($0) - center + 0.5) * inverse) }
      let sum = factors.reduce(0, +)
      let weights = factors.map { factor -> Int32 in
        let scaled = factor / sum * Double(1 << fractionBits)
        return Int32(scaled < 0 ? scaled - 0.5 : scaled + 0.5)
      }
      return Window(first: first, weights: weights)
    }
  }

  /// Keys' cubic convolution with a = -1/2.
  private static func cubic(_ x: Double) -> Double {
    let (a, x) = (-0.5, abs(x))
    if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0
  }
}
