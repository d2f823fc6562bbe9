// Pixels to what the image encoder was trained on.

import SedgeArchitecture
import SedgeTensor

extension Preprocessing {
  /// RGB of 0...255, channels last, less the mean, divided by the standard deviation.
  func normalized(_ image: Tensor) -> Tensor {
    var image = image
    for i in image.values.indices {
      image.values[i] = (image.values[i] - pixelMean[i % 3]) / pixelStandardDeviation[i % 3]
    }
    return image
  }
}
