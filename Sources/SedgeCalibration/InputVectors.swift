// The inputs of a layer as vectors, one for each output position.

import SedgeOperators
import SedgeTensor

/// The vectors that a layer multiplies with its weights, in the order of the weights' columns.
struct InputVectors {
  private let input: Tensor
  private let side: Int
  private let stride: Int
  private let padding: Int
  private let rows: Int
  private let columns: Int
  /// Components of a vector: channels, or side x side x channels.
  let width: Int
  /// The number of vectors.
  let count: Int

  init(_ input: Tensor, _ window: InputWindow) {
    self.input = input
    let channels = input.shape[input.shape.count - 1]
    switch window {
    case .vectors, .channels:
      (side, stride, padding, rows, columns) = (1, 1, 0, 1, input.count / channels)
      count = columns
    case .squares(let side, let stride, let padding):
      (self.side, self.stride, self.padding) = (side, stride, padding)
      rows = (input.shape[1] + 2 * padding - side) / stride + 1
      columns = (input.shape[2] + 2 * padding - side) / stride + 1
      count = input.shape[0] * rows * columns
    }
    width = side * side * channels
  }

  /// Some of the vectors, contiguous.
  func gathered(_ indices: some RandomAccessCollection<Int> & Sendable, _ workers: Workers) -> FloatBuffer {
    let result = FloatBuffer(count: indices.count * width)
    let part = max(1, 1 << 16 / width)
    FloatBuffer.lending(input.values) { source in
      workers.run((indices.count + part - 1) / part) { _, item in
        for place in item * part..<min((item + 1) * part, indices.count) {
          let index = indices[indices.index(indices.startIndex, offsetBy: place)]
          copy(index, from: source, to: result, at: place * width)
        }
      }
    }
    return result
  }

  private func copy(_ index: Int, from source: FloatBuffer, to target: FloatBuffer, at start: Int) {
    guard side > 1 || stride > 1 || padding > 0 else {
      target.copy(to: start, from: source, at: index * width, width)
      return
    }
    let (height, lineLength, channels) = (input.shape[1], input.shape[2], input.shape[3])
    let (image, rest) = index.quotientAndRemainder(dividingBy: rows * columns)
    let (top, left) = (rest / columns * stride - padding, rest % columns * stride - padding)
    let present = max(left, 0)..<min(left + side, lineLength)
    if present.count < side || top < 0 || top + side > height { target.clear(start, width) }
    for line in 0..<side where (0..<height).contains(top + line) {
      let from = ((image * height + top + line) * lineLength + present.lowerBound) * channels
      target.copy(
        to: start + (line * side + present.lowerBound - left) * channels, from: source, at: from,
        present.count * channels)
    }
  }
}
