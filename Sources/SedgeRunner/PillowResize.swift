// CLIP's preprocessing of images: Pillow's bicubic resampling and a center crop.

/// Resampling of 8-bit images, bit for bit as in Pillow.
///
/// Pillow (`Resample.c`) filters lines first and then columns, or the reverse, with weights rounded to 22 fractional bits; each result
/// is rounded and clamped to 0...255. For a smaller image the filter widens in proportion, so that every pixel contributes.
package enum PillowResize {
  /// The filter of one output sample: the first input sample and the weights from there on.
  private struct Window {
    var first: Int
    var weights: [Int32]
  }

  private static let fractionBits = 22

  /// The center square of an image after resizing its shorter side to `side`.
  ///
  /// As in torchvision, the longer side is truncated to whole pixels, and half the margin is rounded to the nearest integer, ties to
  /// even.
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
    // Pillow 13 filters columns first where they shrink far more than lines; the intermediate result is rounded.
    if newHeight < height, height - newHeight > 2 * (width - newWidth) {
      let needed = span(of: columns)
      let shrunk = alongColumns(pixels, width: width, needed, rows)
      return alongRows(shrunk, width: needed.count, 0..<side, moved(columns, by: -needed.lowerBound))
    }
    let needed = span(of: rows)
    let shrunk = alongRows(pixels, width: width, needed, columns)
    return alongColumns(shrunk, width: side, 0..<side, moved(rows, by: -needed.lowerBound))
  }

  /// The input samples that the windows cover.
  private static func span(of windows: [Window]) -> Range<Int> {
    let first = windows.map(\.first).min() ?? 0
    return first..<(windows.map { $0.first + $0.weights.count }.max() ?? first)
  }

  private static func moved(_ windows: [Window], by distance: Int) -> [Window] {
    windows.map { Window(first: $0.first + distance, weights: $0.weights) }
  }

  /// Filters some lines of an image; each window makes one pixel.
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

  /// Filters some columns of an image; each window makes one pixel.
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
    // Pillow does not filter along a side whose length stays the same.
    guard count != newCount else {
      return range.map { Window(first: $0, weights: [1 << fractionBits]) }
    }
    let scale = Double(count) / Double(newCount)
    let filterScale = max(scale, 1)
    // A factor, as in Pillow: a division would round differently.
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
