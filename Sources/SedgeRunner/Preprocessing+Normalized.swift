// Normalization of pixels.

import SedgeArchitecture
import SedgeTensor

extension Preprocessing {
  /// The pixels, RGB 0...255 with channels last, minus the mean, divided by the standard deviation.
  func normalized(_ image: Tensor) -> Tensor {
    var image = image
    for i in image.values.indices {
      image.values[i] = (image.values[i] - pixelMean[i % 3]) / pixelStandardDeviation[i % 3]
    }
    return image
  }
}
