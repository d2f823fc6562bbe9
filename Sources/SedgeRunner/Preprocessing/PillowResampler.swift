// Pillow's resampling of 8-bit images.

package import SedgeOperators

/// Resampling of 8-bit RGB images, bit for bit as `Image.resize` of Pillow 13.
///
/// Pillow (`Resample.c`) filters lines first and then columns, or the reverse, with weights rounded to 22 fractional bits; each result
/// is rounded and clamped to 0...255. For a smaller image the filter widens in proportion, so that every pixel contributes.
///
/// Pixels are height x width x 3, row by row.
package struct PillowResampler: Sendable {
  private let filter: PillowFilter
  private let workers: Workers

  /// Creates a resampler; the result does not depend on the number of threads.
  package init(_ filter: PillowFilter, workers: Workers = Workers()) {
    (self.filter, self.workers) = (filter, workers)
  }

  /// An image of another size; sizes are at least 1 x 1.
  package func resized(
    _ pixels: [UInt8], height: Int, width: Int, to newHeight: Int, by newWidth: Int
  ) -> [UInt8] {
    resized(
      pixels, height: height, width: width, to: newHeight, by: newWidth, rows: 0..<newHeight,
      columns: 0..<newWidth)
  }

  /// Some rows and columns of an image of another size.
  package func resized(
    _ pixels: [UInt8], height: Int, width: Int, to newHeight: Int, by newWidth: Int, rows: Range<Int>,
    columns: Range<Int>
  ) -> [UInt8] {
    precondition(pixels.count == height * width * 3 && newHeight > 0 && newWidth > 0)
    guard (newHeight, newWidth, rows.count, columns.count) != (height, width, height, width) else {
      return pixels
    }
    let columns = FilterWindows(filter, columns, from: width, to: newWidth)
    let rows = FilterWindows(filter, rows, from: height, to: newHeight)
    // Pillow 13 filters columns first where they shrink far more than lines; the intermediate result is rounded.
    if newHeight < height, height - newHeight > 2 * (width - newWidth) {
      let needed = columns.span
      let shrunk = alongColumns(pixels, width: width, needed, rows)
      return alongLines(
        shrunk, width: needed.count, 0..<rows.count, columns.moved(by: needed.lowerBound))
    }
    let needed = rows.span
    let shrunk = alongLines(pixels, width: width, needed, columns)
    return alongColumns(
      shrunk, width: columns.count, 0..<columns.count, rows.moved(by: needed.lowerBound))
  }

  /// Lines of a result that one thread computes at a time.
  private static let linesOfPart = 16

  /// Filters some lines of an image; each window makes one pixel of a line.
  private func alongLines(
    _ pixels: [UInt8], width: Int, _ lines: Range<Int>, _ windows: FilterWindows
  ) -> [UInt8] {
    let (byteCount, newByteCount) = (width * 3, windows.count * 3)
    return filled(lines: lines.count, byteCount: newByteCount) { parts, output in
      let source = pixels.span
      for (index, line) in parts.enumerated() {
        let start = (lines.lowerBound + line) * byteCount
        var target = output._mutatingExtracting(index * newByteCount..<(index + 1) * newByteCount)
        Self.filter(source.extracting(start..<start + byteCount), windows, into: &target)
      }
    }
  }

  /// Filters some columns of an image; each window makes one line.
  private func alongColumns(
    _ pixels: [UInt8], width: Int, _ columns: Range<Int>, _ windows: FilterWindows
  ) -> [UInt8] {
    let byteCount = columns.count * 3
    return filled(lines: windows.count, byteCount: byteCount) { parts, output in
      let (source, weights) = (pixels.span, windows.weights.span)
      var sums = [Int32](repeating: 0, count: byteCount)
      var sum = sums.mutableSpan
      for (index, line) in parts.enumerated() {
        for i in sum.indices { sum[i] = Self.half }
        var start = (windows.firsts[line] * width + columns.lowerBound) * 3
        for place in windows.starts[line]..<windows.starts[line + 1] {
          Self.add(source.extracting(start..<start + byteCount), times: weights[place], to: &sum)
          start += width * 3
        }
        var target = output._mutatingExtracting(index * byteCount..<(index + 1) * byteCount)
        Self.round(sum.span, into: &target)
      }
    }
  }

  /// The result of `body`, which fills some lines of it.
  private func filled(
    lines: Int, byteCount: Int,
    _ body: @Sendable (_ lines: Range<Int>, _ output: inout MutableSpan<UInt8>) -> Void
  ) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: lines * byteCount)
    let size = Self.linesOfPart * byteCount
    workers.update(&result, boundaries: Workers.equalParts(of: result.count, size: size)) { part, output in
      let first = part * Self.linesOfPart
      body(first..<min(first + Self.linesOfPart, lines), &output)
    }
    return result
  }

  // MARK: Inner loops

  private static let half: Int32 = 1 << (FilterWindows.fractionBits - 1)

  private static func rounded(_ sum: Int32) -> UInt8 {
    UInt8(truncatingIfNeeded: min(max(sum >> FilterWindows.fractionBits, 0), 255))
  }

  /// One line by windows of pixels.
  private static func filter(
    _ line: Span<UInt8>, _ windows: FilterWindows, into output: inout MutableSpan<UInt8>
  ) {
    let (firsts, starts, weights) = (windows.firsts.span, windows.starts.span, windows.weights.span)
    for index in firsts.indices {
      var (red, green, blue) = (half, half, half)
      var place = 3 * firsts[index]
      for weight in starts[index]..<starts[index + 1] {
        let weight = weights[weight]
        red &+= Int32(line[place]) &* weight
        green &+= Int32(line[place + 1]) &* weight
        blue &+= Int32(line[place + 2]) &* weight
        place += 3
      }
      output[3 * index] = rounded(red)
      output[3 * index + 1] = rounded(green)
      output[3 * index + 2] = rounded(blue)
    }
  }

  private static func add(_ line: Span<UInt8>, times weight: Int32, to sums: inout MutableSpan<Int32>) {
    precondition(line.count == sums.count)
    for i in line.indices { sums[i] &+= Int32(line[i]) &* weight }
  }

  private static func round(_ sums: Span<Int32>, into output: inout MutableSpan<UInt8>) {
    precondition(sums.count == output.count)
    for i in sums.indices { output[i] = rounded(sums[i]) }
  }
}
