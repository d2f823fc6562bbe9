// LayerNorm; GroupNorm in two steps, statistics and normalization.

internal import CSedgeKernels

extension Kernels {
  /// Normalizes rows of `width` values to mean 0 and variance 1, in float32.
  package func layerNorm(
    _ rows: FloatBuffer, at start: Int, rowCount: Int, width: Int, scale: FloatBuffer?, shift: FloatBuffer?,
    epsilon: Float, into output: FloatBuffer, at place: Int
  ) {
    unsafe table.pointee.layer_norm(
      rows.address(start, rowCount * width), rowCount, width, scale.map { unsafe $0.address(0, width) },
      shift.map { unsafe $0.address(0, width) }, epsilon, output.address(place, rowCount * width))
  }

  /// Count, mean and sum of squared deviations of each group of 16 channels.
  package struct GroupStatistics {
    fileprivate var values: [Double]

    /// Starts without pixels.
    package init(channels: Int) { values = [Double](repeating: 0, count: channels / 16 * 3) }

    /// The factor and the addend of a channel that give its group mean 0 and variance 1, then `scale` and `shift`.
    package func normalization(channel: Int, epsilon: Float, scale: Float, shift: Float) -> (Float, Float) {
      let (count, mean, squares) = (
        values[channel / 16 * 3], values[channel / 16 * 3 + 1], values[channel / 16 * 3 + 2]
      )
      let factor = Double(scale) / (squares / count + Double(epsilon)).squareRoot()
      return (Float(factor), Float(Double(shift) - mean * factor))
    }
  }

  /// Merges pixels into the statistics of their groups.
  package func gather(
    _ pixels: FloatBuffer, at start: Int, pixelCount: Int, channels: Int,
    into statistics: inout GroupStatistics
  ) {
    precondition(statistics.values.count == channels / 16 * 3 && channels % 16 == 0)
    unsafe statistics.values.withUnsafeMutableBufferPointer {
      unsafe table.pointee.group_statistics(
        pixels.address(start, pixelCount * channels), pixelCount, channels, $0.baseAddress)
    }
  }

  /// `max(x * scale + shift, 0)`, with one scale and one shift for each channel.
  package func scaleAndClamp(
    _ pixels: FloatBuffer, at start: Int, pixelCount: Int, channels: Int, scale: FloatBuffer,
    shift: FloatBuffer, into output: FloatBuffer, at place: Int
  ) {
    unsafe table.pointee.scale_relu(
      pixels.address(start, pixelCount * channels), pixelCount, channels, scale.address(0, channels),
      shift.address(0, channels), output.address(place, pixelCount * channels))
  }
}
