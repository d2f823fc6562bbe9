// The block of ConvNeXt.

import SedgeOperators
import SedgeTensor

/// A ConvNeXt block: `x + gamma * second(GELU(first(norm(depthwise(x)))))`.
///
/// The blocks of the image encoder and of the decoder's spatial aggregation (Liu et al., "A ConvNet for the 2020s").
struct ConvNeXtBlock {
  var depthwise: Dense
  var norm: Norm
  var first: Dense
  var second: Dense
  var layerScale: Tensor?
  var layerScaleName: String

  /// `x`: N x H x W x C, changed in place.
  func callAsFunction(_ x: inout Tensor, _ operators: any Operators) {
    var branch = depthwise.depthwiseConvolution(x, operators)
    branch = norm(branch, operators)
    branch = first.linear(branch, operators, activation: .gelu)
    branch = second.linear(branch, operators)
    if layerScale != nil { (operators as? any LayerObserver)?.enter(layerScaleName) }
    operators.add(branch, scale: layerScale, to: &x)
  }
}
