// An image to the input of SED's encoder.

package import SedgeArchitecture
package import SedgeOperators
package import SedgeTensor

extension Preprocessing {
  /// The input of SED's image encoder: 1 x R x R x 3.
  ///
  /// - Parameters:
  ///   - pixels: RGB, height x width x 3, row by row; at least one pixel.
  ///   - isNormalized: Whether the mean is subtracted and the standard deviation divided by, before the bilinear resizing; else values
  ///     are 0...255.
  ///   - workers: For the antialiased resizing; the result does not depend on the number of threads.
  package func input(
    of pixels: [UInt8], height: Int, width: Int, isNormalized: Bool, workers: Workers = Workers()
  ) -> Tensor {
    var (pixels, height, width) = (pixels, height, width)
    if let size = resizing.intermediateSize(height: height, width: width) {
      pixels = PillowResampler(.bilinear, workers: workers).resized(
        pixels, height: height, width: width, to: size.height, by: size.width)
      (height, width) = size
    }
    let image = Tensor(
      shape: [1, height, width, 3], values: isNormalized ? normalized(pixels) : pixels.map(Float.init))
    return ReferenceOperators().resize(
      image, height: resolution, width: resolution, resampling: .halfPixel)
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
