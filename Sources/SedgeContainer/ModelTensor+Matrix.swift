// The matrix of a tensor.

package import SedgeArchitecture
package import SedgeQuantization

extension ModelTensor {
  /// The matrix that a codec encodes: weights of one input are a column, weights of one output a row.
  ///
  /// Filters of a depthwise convolution (height, width, channel) have a column for each channel, those of a transposed
  /// convolution (output, height, width, input) one for each input. All others have their first dimension as rows; so
  /// has every tensor encoded as ``CodecIdentifier/int8``, whose rows have scales. A single number is one row.
  package func matrix(for codec: CodecIdentifier) -> (rows: Int, columns: Int) {
    switch role {
    case .depthwiseConvolution where codec != .int8 && shape.count == 3: (shape[0] * shape[1], shape[2])
    case .transposedConvolution where codec != .int8 && shape.count == 4:
      (shape[0] * shape[1] * shape[2], shape[3])
    default: matrixExtents(of: shape)
    }
  }
}
