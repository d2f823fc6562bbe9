// Operators that stop at every layer.

import SedgeOperators
import SedgeTensor
import Synchronization

/// Computes on the kernels, and hands each operation of a layer to a meeting.
final class MeetingOperators: LayerObserver, OperatorDecorator {
  let base: any Operators
  private let meet: @Sendable (LayerRun) -> Void
  /// The layer of the next operation.
  private let layer = Mutex<String?>(nil)

  init(_ base: any Operators, meet: @escaping @Sendable (LayerRun) -> Void) {
    self.base = base
    self.meet = meet
  }

  func enter(_ layer: String) { self.layer.withLock { $0 = layer } }

  func observe(rows: @autoclosure () -> Tensor, of layer: String) {
    meet(LayerRun(layer: layer, output: rows(), input: nil, sample: .vectors(productCount: 1)) { $1 })
  }

  /// Computes an operation, of which `compute` omits the activation; `activated` has it.
  private func operation(
    _ input: Tensor, _ sample: LayerRun.Sample, _ activation: Activation,
    _ compute: @escaping (any Operators, Tensor, Activation) -> Tensor
  ) -> Tensor {
    guard let layer = layer.withLock({ $0.take() }) else { return compute(base, input, activation) }
    let output = compute(base, input, .identity)
    meet(
      LayerRun(layer: layer, output: output, input: input, sample: sample) { compute($0, $1, .identity) })
    return activation == .identity ? output : compute(base, input, activation)
  }

  func linear(_ input: Tensor, weight: Tensor, bias: Tensor?, activation: Activation) -> Tensor {
    operation(input, .vectors(productCount: weight.count), activation) { operators, x, activation in
      operators.linear(x, weight: weight, bias: bias, activation: activation)
    }
  }

  func convolution(
    _ input: Tensor, weight: Tensor, bias: Tensor?, stride: Int, padding: Int, activation: Activation
  ) -> Tensor {
    let sample = LayerRun.Sample.square(
      side: max(weight.shape[1], stride), productCount: weight.count / (stride * stride))
    return operation(input, sample, activation) { operators, x, activation in
      operators.convolution(
        x, weight: weight, bias: bias, stride: stride, padding: padding, activation: activation)
    }
  }

  func depthwiseConvolution(_ input: Tensor, weight: Tensor, bias: Tensor) -> Tensor {
    operation(input, .square(side: weight.shape[0], productCount: weight.count), .identity) {
      operators, x, _ in operators.depthwiseConvolution(x, weight: weight, bias: bias)
    }
  }

  func transposedConvolution(_ input: Tensor, weight: Tensor, bias: Tensor, activation: Activation) -> Tensor
  {
    operation(input, .square(side: 1, productCount: weight.count), activation) { operators, x, activation in
      operators.transposedConvolution(x, weight: weight, bias: bias, activation: activation)
    }
  }

  func layerNorm(_ input: Tensor, scale: Tensor?, shift: Tensor?, epsilon: Float) -> Tensor {
    operation(input, .vectors(productCount: input.shape.last ?? 1), .identity) { operators, x, _ in
      operators.layerNorm(x, scale: scale, shift: shift, epsilon: epsilon)
    }
  }

  func groupNorm(
    _ input: Tensor, groups: Int, scale: Tensor, shift: Tensor, epsilon: Float, activation: Activation
  ) -> Tensor {
    operation(input, .square(side: 1, productCount: scale.count), activation) { operators, x, activation in
      operators.groupNorm(
        x, groups: groups, scale: scale, shift: shift, epsilon: epsilon, activation: activation)
    }
  }

  func add(_ branch: Tensor, scale: Tensor?, to accumulator: inout Tensor) {
    guard let scale, let layer = layer.withLock({ $0.take() }) else {
      return base.add(branch, scale: scale, to: &accumulator)
    }
    let scaled = { @Sendable (operators: any Operators, x: Tensor) in
      var result = Tensor(zeros: x.shape)
      operators.add(x, scale: scale, to: &result)
      return result
    }
    meet(
      LayerRun(
        layer: layer, output: scaled(base, branch), input: branch,
        sample: .vectors(productCount: scale.count), compute: scaled))
    base.add(branch, scale: scale, to: &accumulator)
  }
}
