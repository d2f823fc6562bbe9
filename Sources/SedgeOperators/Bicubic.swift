// Bicubic resizing of a grid of vectors, such as the positional embedding of a Vision Transformer.

package import SedgeTensor

/// Resizes a grid by bicubic interpolation, as PyTorch's `interpolate(mode="bicubic")`: half-pixel centres, borders clamped.
///
/// Lines are interpolated first, then columns; weights and sums are float32.
///
/// - Parameters:
///   - grid: `H x W x C`.
///   - coefficient: The slope of the kernel (Keys, "Cubic convolution interpolation", 1981). PyTorch has -0.75, with antialiasing -0.5.
///   - antialiases: Whether the kernel is widened where the grid shrinks, and cut at borders and scaled to a sum of 1.
/// - Returns: `height x width x C`.
package func resizeBicubic(
  _ grid: Tensor, height: Int, width: Int, coefficient: Float, antialiases: Bool
) -> Tensor {
  let (rows, columns, channels) = (grid.shape[0], grid.shape[1], grid.shape[2])
  precondition(min(rows, columns, height, width) > 0)
  let kernel = CubicKernel(coefficient: coefficient)
  let lines = (
    x: kernel.taps(from: columns, to: width, antialiases: antialiases),
    y: kernel.taps(from: rows, to: height, antialiases: antialiases)
  )
  /// `output[place..<place + channels] = Σ weight * source[start + index * stride...]`.
  func interpolate(
    _ taps: CubicKernel.Taps, of source: Span<Float>, at start: Int, stride: Int,
    into output: inout MutableSpan<Float>, at place: Int
  ) {
    for (index, weight) in taps {
      for c in 0..<channels { output[place + c] += weight * source[start + index * stride + c] }
    }
  }
  var narrow = [Float](repeating: 0, count: rows * width * channels)
  var resized = narrow.mutableSpan
  for y in 0..<rows {
    for x in 0..<width {
      interpolate(
        lines.x[x], of: grid.values.span, at: y * columns * channels, stride: channels, into: &resized,
        at: (y * width + x) * channels)
    }
  }
  var values = [Float](repeating: 0, count: height * width * channels)
  var output = values.mutableSpan
  for y in 0..<height {
    for x in 0..<width {
      interpolate(
        lines.y[y], of: narrow.span, at: x * channels, stride: width * channels, into: &output,
        at: (y * width + x) * channels)
    }
  }
  return Tensor(shape: [height, width, channels], values: values)
}

/// The kernel of bicubic interpolation.
private struct CubicKernel {
  var coefficient: Float

  /// The inputs of an output and their weights.
  typealias Taps = [(index: Int, weight: Float)]

  /// The weight at a distance below 1.
  private func near(_ x: Float) -> Float { ((coefficient + 2) * x - (coefficient + 3)) * x * x + 1 }

  /// The weight at a distance of 1 to 2.
  private func far(_ x: Float) -> Float {
    ((coefficient * x - 5 * coefficient) * x + 8 * coefficient) * x - 4 * coefficient
  }

  /// The taps of each output.
  func taps(from inputs: Int, to outputs: Int, antialiases: Bool) -> [Taps] {
    let scale = Float(inputs) / Float(outputs)
    return (0..<outputs).map { output in
      let center = scale * (Float(output) + 0.5)
      return antialiases
        ? widened(around: center, by: max(scale, 1), inputs: inputs) : four(at: center - 0.5, inputs: inputs)
    }
  }

  /// The four neighbours of a position.
  private func four(at position: Float, inputs: Int) -> Taps {
    let first = min(Int(position.rounded(.down)), inputs - 1)
    let t = min(max(position - Float(first), 0), 1)
    let weights = [far(t + 1), near(t), near(1 - t), far(2 - t)]
    return weights.enumerated().map { (min(max(first - 1 + $0, 0), inputs - 1), $1) }
  }

  /// All inputs under the kernel, which is `factor` times as wide.
  private func widened(around center: Float, by factor: Float, inputs: Int) -> Taps {
    let reach = 2 * factor
    let range = max(Int(center - reach + 0.5), 0)..<min(Int(center + reach + 0.5), inputs)
    let weights = range.map { index in
      let distance = abs((Float(index) - center + 0.5) * (1 / factor))
      return distance < 1 ? near(distance) : distance < 2 ? far(distance) : 0
    }
    let sum = weights.reduce(0, +)
    return zip(range, weights).map { ($0, $1 / sum) }
  }
}
