// Convolutions: matrix products with windows read from the image in place.

package import SedgeTensor

extension AcceleratedOperators {
  /// Multiplies line by line; a window is one run of pixels for each line of the kernel.
  package func convolution(
    _ input: Tensor, weight: Tensor, bias: Tensor?, stride: Int, padding: Int, activation: Activation
  ) -> Tensor {
    let channels = input.shape[3]
    let (outputs, kernel) = (weight.shape[0], weight.shape[1])
    precondition(weight.shape == [outputs, kernel, kernel, channels], "\(input.shape) * \(weight.shape)")
    let image = padding > 0 ? padded(input, by: padding) : input
    let (batch, height, width) = (image.shape[0], image.shape[1], image.shape[2])
    precondition(min(height, width) >= kernel, "\(input.shape) * \(weight.shape), padding \(padding)")
    let outHeight = (height - kernel) / stride + 1
    let outWidth = (width - kernel) / stride + 1
    let layer = layer(weight, outputs: outputs, bias: bias, activation: activation)
    return tensor([batch, outHeight, outWidth, outputs], from: image) { source, target in
      workers.run(batch * outHeight) { _, line in
        let first = line / outHeight * height + line % outHeight * stride
        kernels.multiply(
          Kernels.Rows(
            source, at: first * width * channels, stride: stride * channels, runCount: kernel,
            runLength: kernel * channels, runStride: width * channels), outWidth, by: layer,
          into: Kernels.Place(target, at: line * outWidth * outputs, stride: outputs))
      }
    }
  }

  /// The images with zero padding.
  private func padded(_ input: Tensor, by padding: Int) -> Tensor {
    let (batch, height, channels) = (input.shape[0], input.shape[1], input.shape[3])
    let (outHeight, outWidth) = (height + 2 * padding, input.shape[2] + 2 * padding)
    let (lineCount, outLineCount) = (input.shape[2] * channels, outWidth * channels)
    return tensor([batch, outHeight, outWidth, channels], from: input) { source, target in
      workers.run(batch * outHeight) { _, line in
        let (image, y) = (line / outHeight, line % outHeight - padding)
        target.clear(line * outLineCount, outLineCount)
        guard (0..<height).contains(y) else { return }
        target.copy(
          to: line * outLineCount + padding * channels, from: source, at: (image * height + y) * lineCount,
          lineCount)
      }
    }
  }

  /// Sums tap by tap, line by line.
  package func depthwiseConvolution(_ input: Tensor, weight: Tensor, bias: Tensor) -> Tensor {
    let (batch, height, width, channels) = (input.shape[0], input.shape[1], input.shape[2], input.shape[3])
    let kernel = weight.shape[0]
    precondition(weight.shape == [kernel, kernel, channels], "\(input.shape) * \(weight.shape)")
    let (weights, biases) = (FloatBuffer(weight.values), FloatBuffer(bias.values))
    return tensor(input.shape, from: input) { source, target in
      workers.run(batch * height) { _, line in
        kernels.depthwiseLine(
          line % height, columns: 0..<width, of: source, at: line / height * height * width * channels,
          height: height,
          width: width, channels: channels, kernel: kernel, weights: weights, bias: biases, into: target,
          at: line * width * channels)
      }
    }
  }

  /// Multiplies each line of pixels with each line of the kernel; the results do not overlap.
  package func transposedConvolution(
    _ input: Tensor, weight: Tensor, bias: Tensor, activation: Activation
  ) -> Tensor {
    let (batch, height, width, channels) = (input.shape[0], input.shape[1], input.shape[2], input.shape[3])
    let (outputs, kernel) = (weight.shape[0], weight.shape[1])
    precondition(weight.shape == [outputs, kernel, kernel, channels], "\(input.shape) * \(weight.shape)")
    let lines = weight.permuted([1, 2, 0, 3])
    let size = kernel * outputs * channels
    let biases = Tensor(shape: [kernel * outputs], values: (0..<kernel).flatMap { _ in bias.values })
    let layers = (0..<kernel).map { line in
      layer(
        Tensor(
          shape: [kernel * outputs, channels], values: Array(lines.values[line * size..<(line + 1) * size])),
        outputs: kernel * outputs, bias: biases, activation: activation)
    }
    return tensor([batch, height * kernel, width * kernel, outputs], from: input) { source, target in
      workers.run(batch * height * kernel) { _, line in
        kernels.multiply(
          Kernels.Rows(
            source, at: line / kernel * width * channels, stride: channels, runLength: channels), width,
          by: layers[line % kernel],
          into: Kernels.Place(target, at: line * width * kernel * outputs, stride: kernel * outputs))
      }
    }
  }

  /// On the reference operators.
  package func averagePool(_ input: Tensor, size: Int) -> Tensor { reference.averagePool(input, size: size) }

  /// On the reference operators.
  package func resize(_ input: Tensor, height: Int, width: Int, resampling: Resampling) -> Tensor {
    reference.resize(input, height: height, width: width, resampling: resampling)
  }
}
