// The classes of an image in a buffer.

import SedgeOperators
import SedgeTensor

/// One plane for each class of an image: height x width x channels.
struct ClassPlanes {
  var buffer: FloatBuffer
  /// The index in the buffer of each class's plane.
  var planes: [Int]
  var height: Int
  var width: Int
  var channels: Int

  /// The number of elements of a plane.
  var planeCount: Int { height * width * channels }
  /// The plane of the class at a position.
  subscript(position: Int) -> ImagePlace {
    ImagePlace(
      buffer: buffer, start: planes[position] * planeCount, height: height, width: width, channels: channels)
  }

  /// All planes: classes x height x width x channels.
  var tensor: Tensor {
    Tensor(
      shape: [planes.count, height, width, channels],
      values: planes.flatMap { buffer.values($0 * planeCount, planeCount) })
  }
}
