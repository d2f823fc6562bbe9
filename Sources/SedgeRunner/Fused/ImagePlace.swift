// An image in a buffer.

import SedgeOperators
import SedgeTensor

/// An NHWC image in a buffer: height x width x channels from `start` on.
struct ImagePlace {
  var buffer: FloatBuffer
  var start = 0
  var height: Int
  var width: Int
  var channels: Int

  /// The number of elements of a line.
  var lineCount: Int { width * channels }
  /// The number of elements.
  var count: Int { height * width * channels }
  /// The place of a line in the buffer.
  func line(_ y: Int) -> Int { start + y * lineCount }

  /// The image as a tensor: 1 x height x width x channels.
  var tensor: Tensor { Tensor(shape: [1, height, width, channels], values: buffer.values(start, count)) }
}
