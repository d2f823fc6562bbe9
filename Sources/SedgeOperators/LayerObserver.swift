// Observation of layers, one by one.

package import SedgeTensor

/// Operators that are told which layer an operation with weights belongs to.
package protocol LayerObserver: Operators {
  /// Names the layer that the next operation computes.
  ///
  /// - Parameter layer: The name of the layer's weights.
  func enter(_ layer: String)

  /// Receives what was looked up in a table of weights: its rows depend on no other layer.
  ///
  /// - Parameter layer: The name of the table.
  func observe(rows: @autoclosure () -> Tensor, of layer: String)
}
