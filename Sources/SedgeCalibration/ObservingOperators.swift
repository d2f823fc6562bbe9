// Operators that report layer inputs to an observer.

import SedgeOperators
import SedgeTensor

/// Operators that compute on the kernels and report the inputs of layers.
struct ObservingOperators: InputObserver {
  let observation: Observation
  private let accelerated: AcceleratedOperators
  private let shapes = ShapeOperators()

  init(_ observation: Observation, threads: Int?) throws(KernelSetError) {
    self.observation = observation
    accelerated = try AcceleratedOperators(threads: threads)
  }

  /// The operators that compute: shapes alone while a run is planned.
  private var base: any Operators { observation.isPlanning ? shapes : accelerated }

  var name: String { base.name }

  func observe(_ input: Tensor, of layer: String, _ window: InputWindow) {
    observation.record(input, of: layer, window)
  }

  func linear(_ input: Tensor, weight: Tensor, bias: Tensor?, activation: Activation) -> Tensor {
    base.linear(input, weight: weight, bias: bias, activation: activation)
  }

  func convolution(
    _ input: Tensor, weight: Tensor, bias: Tensor?, stride: Int, padding: Int, activation: Activation
  ) -> Tensor {
    base.convolution(
      input, weight: weight, bias: bias, stride: stride, padding: padding, activation: activation)
  }

  func depthwiseConvolution(_ input: Tensor, weight: Tensor, bias: Tensor) -> Tensor {
    base.depthwiseConvolution(input, weight: weight, bias: bias)
  }

  func transposedConvolution(_ input: Tensor, weight: Tensor, bias: Tensor, activation: Activation) -> Tensor
  {
    base.transposedConvolution(input, weight: weight, bias: bias, activation: activation)
  }

  func layerNorm(_ input: Tensor, scale: Tensor?, shift: Tensor?, epsilon: Float) -> Tensor {
    base.layerNorm(input, scale: scale, shift: shift, epsilon: epsilon)
  }

  func groupNorm(
    _ input: Tensor, groups: Int, scale: Tensor, shift: Tensor, epsilon: Float, activation: Activation
  ) -> Tensor {
    base.groupNorm(
      input, groups: groups, scale: scale, shift: shift, epsilon: epsilon, activation: activation)
  }

  func causalAttention(queryKeyValue: Tensor, parents: [Int], heads: Int, scale: Float) -> Tensor {
    base.causalAttention(queryKeyValue: queryKeyValue, parents: parents, heads: heads, scale: scale)
  }

  func linearAttention(query: Tensor, key: Tensor, value: Tensor, heads: Int, dividesByCount: Bool) -> Tensor
  {
    base.linearAttention(query: query, key: key, value: value, heads: heads, dividesByCount: dividesByCount)
  }

  func averagePool(_ input: Tensor, size: Int) -> Tensor { base.averagePool(input, size: size) }

  func resize(_ input: Tensor, height: Int, width: Int, resampling: Resampling) -> Tensor {
    base.resize(input, height: height, width: width, resampling: resampling)
  }

  func normalizeLength(_ input: Tensor) -> Tensor { base.normalizeLength(input) }

  func add(_ branch: Tensor, scale: Tensor?, to accumulator: inout Tensor) {
    base.add(branch, scale: scale, to: &accumulator)
  }
}
