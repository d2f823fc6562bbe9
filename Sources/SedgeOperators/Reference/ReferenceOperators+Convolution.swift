// Convolutions: dense by im2col, depthwise tap by tap.

package import SedgeTensor

extension ReferenceOperators {
  /// Gathers patches line by line and multiplies them (im2col).
  package func convolution(
    _ input: Tensor, weight: Tensor, bias: Tensor?, stride: Int, padding: Int, activation: Activation
  ) -> Tensor {
    let (batch, height, width, channels) = (input.shape[0], input.shape[1], input.shape[2], input.shape[3])
    let (outputs, kernel) = (weight.shape[0], weight.shape[1])
    precondition(weight.shape == [outputs, kernel, kernel, channels], "\(input.shape) * \(weight.shape)")
    let outHeight = (height + 2 * padding - kernel) / stride + 1
    let outWidth = (width + 2 * padding - kernel) / stride + 1
    let patchLength = kernel * kernel * channels
    let matrix = PackedMatrix(weight.values.span, outputs: outputs, inputs: patchLength)
    let lines = batch * outHeight
    let values = Workers().filled(
      count: lines * outWidth * outputs,
      boundaries: Workers.equalParts(of: lines * outWidth * outputs, size: outWidth * outputs)
    ) { line, output in
      let (image, y) = (line / outHeight, line % outHeight)
      var patches = [Float](repeating: 0, count: outWidth * patchLength)
      var rows = patches.mutableSpan
      let source = input.values.span
      for ky in 0..<kernel {
        let sourceY = y * stride + ky - padding
        guard sourceY >= 0, sourceY < height else { continue }
        for x in 0..<outWidth {
          // The taps of one line of the kernel are adjacent in the image: one run of values.
          let left = x * stride - padding
          let firstTap = max(0, -left)
          let lastTap = min(kernel, width - left)
          guard firstTap < lastTap else { continue }
          let from = ((image * height + sourceY) * width + left + firstTap) * channels
          let to = x * patchLength + (ky * kernel + firstTap) * channels
          for i in 0..<(lastTap - firstTap) * channels { rows[to + i] = source[from + i] }
        }
      }
      matrix.multiply(patches.span, bias: bias?.values.span, activation: activation, into: &output)
    }
    return Tensor(shape: [batch, outHeight, outWidth, outputs], values: values)
  }

  /// Sums tap by tap, all channels of a pixel together.
  package func depthwiseConvolution(_ input: Tensor, weight: Tensor, bias: Tensor) -> Tensor {
    let (height, width, channels) = (input.shape[1], input.shape[2], input.shape[3])
    let kernel = weight.shape[0]
    precondition(weight.shape == [kernel, kernel, channels], "\(input.shape) * \(weight.shape)")
    let reach = kernel / 2
    let boundaries = Workers.equalParts(of: input.count, size: width * channels)
    let values = Workers().filled(count: input.count, boundaries: boundaries) { line, output in
      let (image, y) = (line / height, line % height)
      let source = input.values.span
      let filters = weight.values.span
      for x in 0..<width {
        var pixel = bias.values
        var sums = pixel.mutableSpan
        for ky in max(0, reach - y)..<min(kernel, height + reach - y) {
          for kx in max(0, reach - x)..<min(kernel, width + reach - x) {
            let from = ((image * height + y + ky - reach) * width + x + kx - reach) * channels
            let tap = (ky * kernel + kx) * channels
            let sources = source.extracting(from..<from + channels)
            let factors = filters.extracting(tap..<tap + channels)
            for channel in 0..<channels { sums[channel] += sources[channel] * factors[channel] }
          }
        }
        for channel in 0..<channels { output[x * channels + channel] = sums[channel] }
      }
    }
    return Tensor(shape: input.shape, values: values)
  }

  /// Multiplies each pixel with the lines of the kernel, which do not overlap.
  package func transposedConvolution(
    _ input: Tensor, weight: Tensor, bias: Tensor, activation: Activation
  ) -> Tensor {
    let (batch, height, width, channels) = (input.shape[0], input.shape[1], input.shape[2], input.shape[3])
    let (outputs, kernel) = (weight.shape[0], weight.shape[1])
    precondition(weight.shape == [outputs, kernel, kernel, channels], "\(input.shape) * \(weight.shape)")
    // Every input pixel makes a square of output pixels, each line of the kernel one line of the output.
    let lines = weight.permuted([1, 2, 0, 3])
    let matrices = (0..<kernel).map { ky in
      let size = kernel * outputs * channels
      return PackedMatrix(
        lines.values.span.extracting(ky * size..<(ky + 1) * size), outputs: kernel * outputs, inputs: channels
      )
    }
    let shifts = (0..<kernel).flatMap { _ in bias.values }
    let lineCount = kernel * width * outputs
    let count = batch * height * kernel * lineCount
    let values = Workers().filled(count: count, boundaries: Workers.equalParts(of: count, size: lineCount)) {
      line, output in
      let sourceLine = line / kernel
      matrices[line % kernel].multiply(
        input.values.span.extracting(sourceLine * width * channels..<(sourceLine + 1) * width * channels),
        bias: shifts.span, activation: activation, into: &output)
    }
    return Tensor(shape: [batch, height * kernel, width * kernel, outputs], values: values)
  }
}
