// Normalization with float64 sums.

package import SedgeTensor

extension ReferenceOperators {
  /// Normalizes in float64 and rounds once.
  package func layerNorm(_ input: Tensor, scale: Tensor?, shift: Tensor?, epsilon: Float) -> Tensor {
    let width = input.shape[input.shape.count - 1]
    let boundaries = Workers.equalParts(of: input.count, size: max(1, Self.grain / width) * width)
    let values = Workers().filled(count: input.count, boundaries: boundaries) { part, output in
      let source = input.values.span.extracting(boundaries[part]..<boundaries[part + 1])
      var row = 0
      while row < source.count {
        let statistics = Statistics(source.extracting(row..<row + width))
        let (mean, factor) = (statistics.mean, statistics.inverseDeviation(epsilon: epsilon))
        for i in 0..<width { output[row + i] = Float((Double(source[row + i]) - mean) * factor) }
        if let scale = scale?.values.span {
          for i in 0..<width { output[row + i] *= scale[i] }
        }
        if let shift = shift?.values.span {
          for i in 0..<width { output[row + i] += shift[i] }
        }
        row += width
      }
    }
    return Tensor(shape: input.shape, values: values)
  }

  /// Normalizes in float64 and rounds once.
  package func groupNorm(
    _ input: Tensor, groups: Int, scale: Tensor, shift: Tensor, epsilon: Float, activation: Activation
  ) -> Tensor {
    let (height, width, channels) = (input.shape[1], input.shape[2], input.shape[3])
    precondition(channels % groups == 0)
    let (pixels, groupWidth) = (height * width, channels / groups)
    let values = Workers().filled(
      count: input.count, boundaries: Workers.equalParts(of: input.count, size: pixels * channels)
    ) { image, output in
      let source = input.values.span.extracting(image * pixels * channels..<(image + 1) * pixels * channels)
      let (scales, shifts) = (scale.values.span, shift.values.span)
      for group in 0..<groups {
        let first = group * groupWidth
        var statistics = Statistics()
        for pixel in 0..<pixels {
          for i in 0..<groupWidth { statistics.add(source[pixel * channels + first + i]) }
        }
        statistics.finish(count: pixels * groupWidth)
        for pixel in 0..<pixels {
          for i in 0..<groupWidth { statistics.addDeviation(source[pixel * channels + first + i]) }
        }
        let (mean, factor) = (statistics.mean, statistics.inverseDeviation(epsilon: epsilon))
        for pixel in 0..<pixels {
          for i in first..<first + groupWidth {
            let normalized = Float((Double(source[pixel * channels + i]) - mean) * factor)
            output[pixel * channels + i] = normalized * scales[i] + shifts[i]
          }
        }
      }
      apply(activation, to: &output)
    }
    return Tensor(shape: input.shape, values: values)
  }

  /// Sums squares in float64.
  package func normalizeLength(_ input: Tensor) -> Tensor {
    let width = input.shape[input.shape.count - 1]
    let boundaries = Workers.equalParts(of: input.count, size: max(1, Self.grain / width) * width)
    let values = Workers().filled(count: input.count, boundaries: boundaries) { part, output in
      let source = input.values.span.extracting(boundaries[part]..<boundaries[part + 1])
      var row = 0
      while row < source.count {
        var squares = 0.0
        for i in row..<row + width { squares += Double(source[i]) * Double(source[i]) }
        let length = max(squares.squareRoot(), 1e-12)
        for i in row..<row + width { output[i] = Float(Double(source[i]) / length) }
        row += width
      }
    }
    return Tensor(shape: input.shape, values: values)
  }
}

/// Mean and biased variance in two passes, float64.
private struct Statistics {
  private var sum = 0.0
  private var squares = 0.0
  private var count = 0
  private(set) var mean = 0.0

  init() {}

  init(_ values: Span<Float>) {
    for i in values.indices { add(values[i]) }
    finish(count: values.count)
    for i in values.indices { addDeviation(values[i]) }
  }

  mutating func add(_ value: Float) { sum += Double(value) }

  /// Ends the first pass.
  mutating func finish(count: Int) {
    self.count = count
    mean = sum / Double(count)
  }

  mutating func addDeviation(_ value: Float) {
    let deviation = Double(value) - mean
    squares += deviation * deviation
  }

  func inverseDeviation(epsilon: Float) -> Double {
    1 / (squares / Double(count) + Double(epsilon)).squareRoot()
  }
}
