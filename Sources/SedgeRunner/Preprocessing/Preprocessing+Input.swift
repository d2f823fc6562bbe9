// An image to the input of the image encoder.

package import SedgeArchitecture
package import SedgeOperators
package import SedgeTensor

extension Preprocessing {
  /// The input of the image encoder: 1 x R x R x 3; for sliding windows 5 x R x R x 3, the last of them the whole image.
  ///
  /// - Parameters:
  ///   - pixels: RGB, height x width x 3, row by row; at least one pixel.
  ///   - kind: CAT-Seg pads the image, where there are no windows.
  ///   - isNormalized: Whether the mean is subtracted and the standard deviation divided by, before the bilinear resizing; else values
  ///     are 0...255.
  ///   - workers: For the antialiased resizing; the result does not depend on the number of threads.
  package func input(
    of pixels: [UInt8], height: Int, width: Int, for kind: ModelKind = .sed, isNormalized: Bool,
    workers: Workers = Workers()
  ) -> Tensor {
    var (pixels, height, width) = (pixels, height, width)
    if let size = resizing.intermediateSize(height: height, width: width) {
      pixels = PillowResampler(.bilinear, workers: workers).resized(
        pixels, height: height, width: width, to: size.height, by: size.width)
      (height, width) = size
    }
    if resizing.hasWindows {
      return windows(of: pixels, height: height, width: width, isNormalized: isNormalized)
    }
    var image = Tensor(
      shape: [1, height, width, 3], values: isNormalized ? normalized(pixels) : pixels.map(Float.init))
    if kind == .catSeg { image = padded(image, with: isNormalized ? [0, 0, 0] : pixelMean) }
    return ReferenceOperators().resize(
      image, height: resolution, width: resolution, resampling: .halfPixel)
  }

  /// The geometry of sliding windows.
  var slidingWindows: SlidingWindows { SlidingWindows(side: window ?? SlidingWindows.usualSide) }

  /// CAT-Seg's windows and the whole image, resized in floats: 5 x R x R x 3.
  private func windows(of pixels: [UInt8], height: Int, width: Int, isNormalized: Bool) -> Tensor {
    let (operators, geometry) = (ReferenceOperators(), slidingWindows)
    let image = Tensor(shape: [1, height, width, 3], values: pixels.map(Float.init))
    let canvas = operators.resize(
      image, height: geometry.canvas, width: geometry.canvas, resampling: .halfPixel)
    var panes = geometry.corners.map { corner in
      Tensor(
        shape: [1, geometry.side, geometry.side, 3],
        values: (0..<geometry.side).flatMap { row in
          let start = ((corner.y + row) * geometry.canvas + corner.x) * 3
          return canvas.values[start..<start + geometry.side * 3]
        })
    }
    panes.append(
      operators.resize(image, height: geometry.side, width: geometry.side, resampling: .halfPixel))
    let inputs = panes.map { pane in
      operators.resize(
        isNormalized ? normalized(pane) : pane, height: resolution, width: resolution, resampling: .halfPixel)
    }
    return Tensor(shape: [inputs.count, resolution, resolution, 3], values: inputs.flatMap(\.values))
  }

  /// The image with a color at its right and below, so that its sides are multiples of 32.
  private func padded(_ image: Tensor, with color: [Float]) -> Tensor {
    let (height, width) = (image.shape[1], image.shape[2])
    let (newHeight, newWidth) = ((height + 31) / 32 * 32, (width + 31) / 32 * 32)
    guard (newHeight, newWidth) != (height, width) else { return image }
    var values = (0..<newHeight * newWidth).flatMap { _ in color }
    for y in 0..<height {
      values.replaceSubrange(
        y * newWidth * 3..<(y * newWidth + width) * 3, with: image.values[y * width * 3..<(y + 1) * width * 3]
      )
    }
    return Tensor(shape: [1, newHeight, newWidth, 3], values: values)
  }

  /// The values of pixels minus the mean, divided by the standard deviation.
  private func normalized(_ pixels: [UInt8]) -> [Float] {
    var table = [Float]()
    for value in 0..<256 {
      for channel in 0..<3 {
        table.append((Float(value) - pixelMean[channel]) / pixelStandardDeviation[channel])
      }
    }
    var values = [Float](repeating: 0, count: pixels.count)
    for pixel in 0..<pixels.count / 3 {
      for channel in 0..<3 {
        values[3 * pixel + channel] = table[3 * Int(pixels[3 * pixel + channel]) + channel]
      }
    }
    return values
  }

  /// The image, RGB 0...255 with channels last, minus the mean, divided by the standard deviation.
  func normalized(_ image: Tensor) -> Tensor {
    var image = image
    for i in image.values.indices {
      image.values[i] = (image.values[i] - pixelMean[i % 3]) / pixelStandardDeviation[i % 3]
    }
    return image
  }
}
