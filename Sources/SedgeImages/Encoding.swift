// Pictures and maps as bytes in memory, for files that contain them.

internal import CLibPNG
internal import CTurboJPEG
package import SedgeTensor

extension RGBImage {
  /// The picture as a JPEG with halved colours (`tjCompress2`): the same picture makes the same bytes, with the same libjpeg-turbo.
  ///
  /// - Parameter quality: 1 to 100.
  /// - Throws: ``FormatError`` when the encoder fails.
  package func jpegBytes(quality: Int) throws(FormatError) -> [UInt8] {
    guard let encoder = unsafe tjInitCompress() else {
      throw FormatError(.cannotWrite(reason: "the JPEG encoder does not start"))
    }
    var buffer: UnsafeMutablePointer<UInt8>? = nil
    var byteCount: UInt = 0
    defer {
      unsafe tjFree(buffer)
      unsafe _ = tjDestroy(encoder)
    }
    let result = unsafe tjCompress2(
      encoder, pixels, Int32(width), 0, Int32(height), Int32(TJPF_RGB.rawValue), &buffer, &byteCount,
      Int32(TJSAMP_420.rawValue), Int32(quality), TJFLAG_ACCURATEDCT)
    guard result == 0, let bytes = unsafe buffer else {
      throw FormatError(.cannotWrite(reason: unsafe String(cString: tjGetErrorStr2(encoder))))
    }
    return unsafe [UInt8](UnsafeBufferPointer(start: bytes, count: Int(byteCount)))
  }

  /// The picture in a smaller size, each sample the mean of the pixels that it covers; the picture itself where it is no
  /// larger.
  package func reduced(to size: PictureExtent) -> RGBImage {
    guard size.width < width || size.height < height else { return self }
    var samples: [UInt8] = []
    samples.reserveCapacity(3 * size.width * size.height)
    for y in 0..<size.height {
      let rows = size.rows(y, of: height)
      for x in 0..<size.width {
        let columns = size.columns(x, of: width)
        var sums = (0, 0, 0)
        for row in rows {
          for column in columns {
            let i = 3 * (row * width + column)
            sums = (sums.0 + Int(pixels[i]), sums.1 + Int(pixels[i + 1]), sums.2 + Int(pixels[i + 2]))
          }
        }
        let count = rows.count * columns.count
        samples += [sums.0, sums.1, sums.2].map { UInt8(($0 + count / 2) / count) }
      }
    }
    return RGBImage(width: size.width, height: size.height, pixels: samples)
  }
}

/// The size of a picture that shows a larger one.
package struct PictureExtent: Hashable, Sendable {
  /// Pixels of a row.
  package var width: Int
  /// The number of rows.
  package var height: Int

  /// The size of a picture, in which no side is longer than `side`, with the same proportions.
  package init(width: Int, height: Int, side: Int) {
    let longest = max(width, height)
    let scaled = { (length: Int) in
      longest > side ? min(max((length * side + longest / 2) / longest, 1), side) : length
    }
    (self.width, self.height) = (scaled(width), scaled(height))
  }

  func rows(_ y: Int, of count: Int) -> Range<Int> { Self.covered(y, of: height, by: count) }
  func columns(_ x: Int, of count: Int) -> Range<Int> { Self.covered(x, of: width, by: count) }

  private static func covered(_ index: Int, of size: Int, by count: Int) -> Range<Int> {
    let start = index * count / size
    return start..<max((index + 1) * count / size, start + 1)
  }

  /// The values of a map of `width` x `height` at the pixels of this size: those in the middle of what each covers.
  package func nearest<Value>(of map: [Value], width: Int, height: Int) -> [Value] {
    precondition(map.count == width * height)
    var values: [Value] = []
    values.reserveCapacity(self.width * self.height)
    for y in 0..<self.height {
      let row = (2 * y + 1) * height / (2 * self.height)
      for x in 0..<self.width { values.append(map[row * width + (2 * x + 1) * width / (2 * self.width)]) }
    }
    return values
  }

  /// A map of this size with a palette as a PNG.
  ///
  /// - Parameters:
  ///   - indices: The index of each pixel's colour.
  ///   - palette: At most 256 colours; an index without a colour traps.
  /// - Throws: ``FormatError`` when the encoder fails.
  package func pngBytes(_ indices: [UInt8], palette: [RGBColor]) throws(FormatError) -> [UInt8] {
    precondition(indices.count == width * height && indices.allSatisfy { Int($0) < palette.count })
    return try encodePNG(
      width: width, height: height, bitDepth: 8, colorType: PNG_COLOR_TYPE_PALETTE, pixels: indices,
      palette: palette)
  }

  /// A map of this size as a gray PNG.
  ///
  /// - Throws: ``FormatError`` when the encoder fails.
  package func pngBytes(gray samples: [UInt8]) throws(FormatError) -> [UInt8] {
    precondition(samples.count == width * height)
    return try encodePNG(
      width: width, height: height, bitDepth: 8, colorType: PNG_COLOR_TYPE_GRAY, pixels: samples)
  }
}
