// A tensor in memory.

/// A dense float32 array with a shape, row-major.
package struct Tensor: Hashable, Sendable {
  /// The extent of every dimension, outermost first; empty for a scalar.
  package var shape: [Int]
  /// The elements, row-major; as many as the product of ``shape``.
  package var values: [Float]

  /// A tensor of a shape and its elements; a count that does not fit the shape traps.
  package init(shape: [Int], values: [Float]) {
    precondition(shape.reduce(1, *) == values.count, "\(values.count) values do not fill \(shape)")
    self.shape = shape
    self.values = values
  }

  /// A tensor of zeros.
  package init(zeros shape: [Int]) {
    self.init(shape: shape, values: [Float](repeating: 0, count: shape.reduce(1, *)))
  }

  /// The number of elements.
  package var count: Int { values.count }

  /// The same elements under another shape of the same count.
  package func reshaped(_ shape: [Int]) -> Tensor { Tensor(shape: shape, values: values) }

  /// The tensor with its dimensions in another order.
  ///
  /// - Parameter order: Result dimension `i` is dimension `order[i]` of this tensor.
  package func permuted(_ order: [Int]) -> Tensor {
    precondition(order.sorted() == Array(shape.indices))
    if order.elementsEqual(shape.indices) { return self }
    var strides = [Int](repeating: 1, count: shape.count)
    for i in shape.indices.dropLast().reversed() { strides[i] = strides[i + 1] * shape[i + 1] }
    let newShape = order.map { shape[$0] }
    let newStrides = order.map { strides[$0] }
    guard let innerExtent = newShape.last, let innerStride = newStrides.last, count > 0 else { return self }
    var result = [Float]()
    result.reserveCapacity(count)
    var index = [Int](repeating: 0, count: shape.count)
    var base = 0
    while true {
      for i in 0..<innerExtent { result.append(values[base + i * innerStride]) }
      var dimension = shape.count - 2
      while dimension >= 0 {
        index[dimension] += 1
        base += newStrides[dimension]
        if index[dimension] < newShape[dimension] { break }
        base -= newStrides[dimension] * newShape[dimension]
        index[dimension] = 0
        dimension -= 1
      }
      if dimension < 0 { break }
    }
    return Tensor(shape: newShape, values: result)
  }
}
