// Observation of layer inputs, for calibration.

package import SedgeTensor

/// Operators that receive the input of each layer of a model before the layer is computed.
package protocol InputObserver: Operators {
  /// Receives the input of a layer.
  ///
  /// - Parameter layer: The name of the layer's weights.
  func observe(_ input: Tensor, of layer: String, _ window: InputWindow)
}
