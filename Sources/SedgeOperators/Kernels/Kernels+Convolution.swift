// Depthwise convolution.

internal import CSedgeKernels

extension Kernels {
  /// Adjacent pixels of one line of a depthwise convolution, stride 1, zero padding.
  ///
  /// - Parameters:
  ///   - columns: The pixels.
  ///   - image: height x width x channels, from `start` on.
  ///   - weights: kernel x kernel x channels, the kernel odd.
  ///   - output: The pixels x channels, from `place` on.
  package func depthwiseLine(
    _ y: Int, columns: Range<Int>, of image: FloatBuffer, at start: Int, height: Int, width: Int,
    channels: Int, kernel: Int,
    weights: FloatBuffer, bias: FloatBuffer, into output: FloatBuffer, at place: Int
  ) {
    precondition((0..<height).contains(y) && kernel % 2 == 1)
    precondition(columns.lowerBound >= 0 && columns.upperBound <= width)
    unsafe table.pointee.depthwise_line(
      image.address(start, height * width * channels), height, width, channels, y, columns.lowerBound,
      columns.upperBound, kernel, weights.address(0, kernel * kernel * channels), bias.address(0, channels),
      output.address(place, columns.count * channels))
  }
}
