// The images of a batch; in the decoder, the classes.

import SedgeTensor

extension Tensor {
  /// The images of a range.
  func images(_ range: Range<Int>) -> Tensor {
    let size = count / shape[0]
    return Tensor(
      shape: [range.count] + shape.dropFirst(),
      values: Array(values[range.lowerBound * size..<range.upperBound * size]))
  }

  /// Images by index, in the given order.
  func images(_ indices: [Int]) -> Tensor {
    let size = count / shape[0]
    var chosen: [Float] = []
    chosen.reserveCapacity(indices.count * size)
    for index in indices { chosen += values[index * size..<(index + 1) * size] }
    return Tensor(shape: [indices.count] + shape.dropFirst(), values: chosen)
  }

  /// Replaces the images of a range.
  mutating func setImages(_ range: Range<Int>, _ images: Tensor) {
    let size = count / shape[0]
    precondition(images.count == range.count * size)
    values.replaceSubrange(range.lowerBound * size..<range.upperBound * size, with: images.values)
  }
}
