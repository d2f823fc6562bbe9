// Operators that compute shapes alone, for the plan of a run.

import SedgeOperators
import SedgeTensor

/// Operators whose results are zeros of the right shapes.
struct ShapeOperators: Operators {
  let name = "shapes"

  func linear(_ input: Tensor, weight: Tensor, bias: Tensor?, activation: Activation) -> Tensor {
    Tensor(zeros: input.shape.dropLast() + [weight.shape[0]])
  }

  func convolution(
    _ input: Tensor, weight: Tensor, bias: Tensor?, stride: Int, padding: Int, activation: Activation
  ) -> Tensor {
    let sides = input.shape[1...2].map { ($0 + 2 * padding - weight.shape[1]) / stride + 1 }
    return Tensor(zeros: [input.shape[0]] + sides + [weight.shape[0]])
  }

  func depthwiseConvolution(_ input: Tensor, weight: Tensor, bias: Tensor) -> Tensor { input }

  func transposedConvolution(_ input: Tensor, weight: Tensor, bias: Tensor, activation: Activation) -> Tensor
  {
    let sides = input.shape[1...2].map { $0 * weight.shape[1] }
    return Tensor(zeros: [input.shape[0]] + sides + [weight.shape[0]])
  }

  func layerNorm(_ input: Tensor, scale: Tensor?, shift: Tensor?, epsilon: Float) -> Tensor { input }

  func groupNorm(
    _ input: Tensor, groups: Int, scale: Tensor, shift: Tensor, epsilon: Float, activation: Activation
  ) -> Tensor { input }

  func causalAttention(queryKeyValue: Tensor, parents: [Int], heads: Int, scale: Float) -> Tensor {
    Tensor(zeros: [queryKeyValue.shape[0], queryKeyValue.shape[1] / 3])
  }

  func attention(
    query: Tensor, key: Tensor, value: Tensor, heads: Int, scale: Float, mask: Tensor?
  ) -> Tensor { query }

  func linearAttention(query: Tensor, key: Tensor, value: Tensor, heads: Int, dividesByCount: Bool) -> Tensor
  { query }

  func averagePool(_ input: Tensor, size: Int) -> Tensor {
    Tensor(zeros: [input.shape[0], input.shape[1] / size, input.shape[2] / size, input.shape[3]])
  }

  func resize(_ input: Tensor, height: Int, width: Int, resampling: Resampling) -> Tensor {
    Tensor(zeros: [input.shape[0], height, width, input.shape[3]])
  }

  func normalizeLength(_ input: Tensor) -> Tensor { input }

  func add(_ branch: Tensor, scale: Tensor?, to accumulator: inout Tensor) {}
}
