// Linear layers and convolutions.

import SedgeOperators
import SedgeTensor

/// Weight and bias of a linear layer or convolution.
struct Dense {
  var weight: Tensor
  var bias: Tensor?
  /// The weight's name in the model; `nil` where several weights were merged.
  var name: String?

  func linear(_ x: Tensor, _ operators: any Operators, activation: Activation = .identity) -> Tensor {
    reportInput(x, to: operators, .vectors)
    return operators.linear(x, weight: weight, bias: bias, activation: activation)
  }

  func convolution(
    _ x: Tensor, _ operators: any Operators, stride: Int = 1, padding: Int = 0,
    activation: Activation = .identity
  ) -> Tensor {
    reportInput(x, to: operators, .squares(side: weight.shape[1], stride: stride, padding: padding))
    return operators.convolution(
      x, weight: weight, bias: bias, stride: stride, padding: padding, activation: activation)
  }

  func transposedConvolution(
    _ x: Tensor, _ operators: any Operators, activation: Activation = .identity
  ) -> Tensor {
    reportInput(x, to: operators, .vectors)
    return operators.transposedConvolution(
      x, weight: weight, bias: bias ?? Tensor(zeros: [weight.shape[0]]), activation: activation)
  }

  func depthwiseConvolution(_ x: Tensor, _ operators: any Operators) -> Tensor {
    reportInput(x, to: operators, .channels)
    return operators.depthwiseConvolution(
      x, weight: weight, bias: bias ?? Tensor(zeros: [weight.shape[2]]))
  }

  /// Passes the input to operators that observe inputs, and the name to those that observe layers.
  private func reportInput(_ x: Tensor, to operators: any Operators, _ window: InputWindow) {
    guard let name else { return }
    (operators as? any InputObserver)?.observe(x, of: name, window)
    (operators as? any LayerObserver)?.enter(name)
  }
}
