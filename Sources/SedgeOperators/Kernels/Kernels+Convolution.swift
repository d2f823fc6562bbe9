// Depthwise convolution.

internal import CSedgeKernels

extension Kernels {
  /// One line of a depthwise convolution, stride 1, zero padding.
  ///
  /// - Parameters:
  ///   - image: height x width x channels, from `start` on.
  ///   - weights: kernel x kernel x channels, the kernel odd.
  ///   - output: width x channels, from `place` on.
  package func depthwiseLine(
    _ y: Int, of image: FloatBuffer, at start: Int, height: Int, width: Int, channels: Int, kernel: Int,
    weights: FloatBuffer, bias: FloatBuffer, into output: FloatBuffer, at place: Int
  ) {
    precondition((0..<height).contains(y) && kernel % 2 == 1)
    unsafe table.pointee.depthwise_line(
      image.address(start, height * width * channels), height, width, channels, y, kernel,
      weights.address(0, kernel * kernel * channels), bias.address(0, channels),
      output.address(place, width * channels))
  }
}
