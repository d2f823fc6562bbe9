// Normalizations; their sums run in float32, many at a time.

public import SedgeTensor

extension AcceleratedOperators {
  /// Normalizes in float32, with the mean first and then the deviations from it.
  public func layerNorm(_ input: Tensor, scale: Tensor?, shift: Tensor?, epsilon: Float) -> Tensor {
    let width = input.shape[input.shape.count - 1]
    let (scale, shift) = (scale.map { FloatBuffer($0.values) }, shift.map { FloatBuffer($0.values) })
    return tensor(input.shape, from: input) { source, target in
      forEachPart(of: input.count / width, size: max(1, Self.grain / width)) { _, rows in
        kernels.layerNorm(
          source, at: rows.lowerBound * width, rowCount: rows.count, width: width, scale: scale, shift: shift,
          epsilon: epsilon, into: target, at: rows.lowerBound * width)
      }
    }
  }

  /// Groups of 16 channels followed by ReLU, which are all that SED has: sums of a line in float32, of lines in float64.
  /// Others as the reference does.
  public func groupNorm(
    _ input: Tensor, groups: Int, scale: Tensor, shift: Tensor, epsilon: Float, activation: Activation
  ) -> Tensor {
    let (batch, height, width, channels) = (input.shape[0], input.shape[1], input.shape[2], input.shape[3])
    guard channels == 16 * groups, activation == .relu else {
      return reference.groupNorm(
        input, groups: groups, scale: scale, shift: shift, epsilon: epsilon, activation: activation)
    }
    let (lineCount, imageCount) = (width * channels, height * width * channels)
    return tensor(input.shape, from: input) { source, target in
      workers.run(batch) { _, image in
        var statistics = Kernels.GroupStatistics(channels: channels)
        for y in 0..<height {
          kernels.gather(
            source, at: image * imageCount + y * lineCount, pixelCount: width, channels: channels,
            into: &statistics)
        }
        let (factors, addends) = (FloatBuffer(count: channels), FloatBuffer(count: channels))
        for channel in 0..<channels {
          (factors[channel], addends[channel]) = statistics.normalization(
            channel: channel, epsilon: epsilon, scale: scale.values[channel], shift: shift.values[channel])
        }
        kernels.scaleAndClamp(
          source, at: image * imageCount, pixelCount: height * width, channels: channels, scale: factors,
          shift: addends, into: target, at: image * imageCount)
      }
    }
  }

  /// As the reference does.
  public func normalizeLength(_ input: Tensor) -> Tensor { reference.normalizeLength(input) }
}
