// Pooling and resizing.

package import SedgeTensor

extension ReferenceOperators {
  /// Sums each square in float32.
  package func averagePool(_ input: Tensor, size: Int) -> Tensor {
    let (batch, height, width, channels) = (input.shape[0], input.shape[1], input.shape[2], input.shape[3])
    let (outHeight, outWidth) = (height / size, width / size)
    let lineCount = outWidth * channels
    let count = batch * outHeight * lineCount
    let values = Workers().filled(count: count, boundaries: Workers.equalParts(of: count, size: lineCount)) {
      line, output in
      let source = input.values.span
      let (image, y) = (line / outHeight, line % outHeight)
      for x in 0..<outWidth {
        for channel in 0..<channels {
          var sum: Float = 0
          for dy in 0..<size {
            for dx in 0..<size {
              sum += source[((image * height + y * size + dy) * width + x * size + dx) * channels + channel]
            }
          }
          output[x * channels + channel] = sum / Float(size * size)
        }
      }
    }
    return Tensor(shape: [batch, outHeight, outWidth, channels], values: values)
  }

  /// Interpolates along each line, then between lines, with weights in float32 as PyTorch computes them.
  package func resize(_ input: Tensor, height outHeight: Int, width outWidth: Int, resampling: Resampling)
    -> Tensor
  {
    let (batch, height, width, channels) = (input.shape[0], input.shape[1], input.shape[2], input.shape[3])
    let rows = Interpolation.table(from: height, to: outHeight, resampling)
    let columns = Interpolation.table(from: width, to: outWidth, resampling)
    let lineCount = outWidth * channels
    let count = batch * outHeight * lineCount
    let values = Workers().filled(count: count, boundaries: Workers.equalParts(of: count, size: lineCount)) {
      line, output in
      let source = input.values.span
      let (image, row) = (line / outHeight, rows[line % outHeight])
      let upper = (image * height + row.lower) * width * channels
      let lower = (image * height + row.upper) * width * channels
      for x in 0..<outWidth {
        let column = columns[x]
        let (left, right) = (column.lower * channels, column.upper * channels)
        for channel in 0..<channels {
          let above =
            source[upper + left + channel] * (1 - column.weight) + source[upper + right + channel]
            * column.weight
          let below =
            source[lower + left + channel] * (1 - column.weight) + source[lower + right + channel]
            * column.weight
          output[x * channels + channel] = above * (1 - row.weight) + below * row.weight
        }
      }
    }
    return Tensor(shape: [batch, outHeight, outWidth, channels], values: values)
  }
}
