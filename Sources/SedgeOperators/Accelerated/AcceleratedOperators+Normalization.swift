// Normalization with float32 sums.

package import SedgeTensor

extension AcceleratedOperators {
  /// Computes the mean, then the deviations from it, in float32.
  package func layerNorm(_ input: Tensor, scale: Tensor?, shift: Tensor?, epsilon: Float) -> Tensor {
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

  /// Groups of 16 channels followed by ReLU, as in SED: a line is summed in float32, lines in float64. Other groups and activations
  /// on the reference operators.
  package func groupNorm(
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

  /// On the reference operators.
  package func normalizeLength(_ input: Tensor) -> Tensor { reference.normalizeLength(input) }
}
