// Operators around other operators.

package import SedgeTensor

/// Operators that compute on others; a conforming type replaces those that it does more for.
package protocol OperatorDecorator: Operators {
  /// The operators that compute.
  var base: any Operators { get }
}

extension OperatorDecorator {
  package var name: String { base.name }

  package func linear(_ input: Tensor, weight: Tensor, bias: Tensor?, activation: Activation) -> Tensor {
    base.linear(input, weight: weight, bias: bias, activation: activation)
  }

  package func convolution(
    _ input: Tensor, weight: Tensor, bias: Tensor?, stride: Int, padding: Int, activation: Activation
  ) -> Tensor {
    base.convolution(
      input, weight: weight, bias: bias, stride: stride, padding: padding, activation: activation)
  }

  package func depthwiseConvolution(_ input: Tensor, weight: Tensor, bias: Tensor) -> Tensor {
    base.depthwiseConvolution(input, weight: weight, bias: bias)
  }

  package func transposedConvolution(
    _ input: Tensor, weight: Tensor, bias: Tensor, activation: Activation
  ) -> Tensor {
    base.transposedConvolution(input, weight: weight, bias: bias, activation: activation)
  }

  package func layerNorm(_ input: Tensor, scale: Tensor?, shift: Tensor?, epsilon: Float) -> Tensor {
    base.layerNorm(input, scale: scale, shift: shift, epsilon: epsilon)
  }

  package func groupNorm(
    _ input: Tensor, groups: Int, scale: Tensor, shift: Tensor, epsilon: Float, activation: Activation
  ) -> Tensor {
    base.groupNorm(
      input, groups: groups, scale: scale, shift: shift, epsilon: epsilon, activation: activation)
  }

  package func causalAttention(queryKeyValue: Tensor, parents: [Int], heads: Int, scale: Float) -> Tensor {
    base.causalAttention(queryKeyValue: queryKeyValue, parents: parents, heads: heads, scale: scale)
  }

  package func attention(
    query: Tensor, key: Tensor, value: Tensor, heads: Int, scale: Float, mask: Tensor?
  ) -> Tensor {
    base.attention(query: query, key: key, value: value, heads: heads, scale: scale, mask: mask)
  }

  package func linearAttention(
    query: Tensor, key: Tensor, value: Tensor, heads: Int, dividesByCount: Bool
  ) -> Tensor {
    base.linearAttention(query: query, key: key, value: value, heads: heads, dividesByCount: dividesByCount)
  }

  package func averagePool(_ input: Tensor, size: Int) -> Tensor { base.averagePool(input, size: size) }

  package func resize(_ input: Tensor, height: Int, width: Int, resampling: Resampling) -> Tensor {
    base.resize(input, height: height, width: width, resampling: resampling)
  }

  package func normalizeLength(_ input: Tensor) -> Tensor { base.normalizeLength(input) }

  package func add(_ branch: Tensor, scale: Tensor?, to accumulator: inout Tensor) {
    base.add(branch, scale: scale, to: &accumulator)
  }
}
