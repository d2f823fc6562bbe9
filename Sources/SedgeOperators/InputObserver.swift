// A set of operators may want to know what each layer of a model sees.

package import SedgeTensor

/// How a layer looks at its input.
package enum InputWindow: Hashable, Sendable {
  /// At each vector of the last dimension by itself: linear layers and transposed convolutions.
  case vectors
  /// At squares of pixels with zeros around the image: dense convolutions.
  case squares(side: Int, stride: Int, padding: Int)
  /// At each channel by itself: depthwise convolutions.
  case channels
}

/// Operators that are shown the input of each of a model's layers before they compute the layer.
package protocol InputObserver: Operators {
  /// Looks at an input; `layer` is the name of the layer's weights.
  func observe(_ input: Tensor, of layer: String, _ window: InputWindow)
}
