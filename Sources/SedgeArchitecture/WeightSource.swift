// A source of weights for the runner.

package import SedgeTensor

/// A model's weights in the runner's names and layouts, read one by one.
package protocol WeightSource: AnyObject {
  /// The model's dimensions.
  var architecture: Architecture { get }
  /// Which parts of the graph are folded.
  var foldState: FoldState { get }
  /// The logarithm of the factor that CLIP multiplies cosines with; `nil` where it is unknown. SED does not use it.
  var logitScale: Float? { get }
  /// The tensors, in the order of the forward pass; names are unique.
  var modelTensors: [ModelTensor] { get }

  /// One tensor's values as float32, in its layout.
  ///
  /// - Parameter tensor: An element of ``modelTensors``.
  func values(of tensor: ModelTensor) throws -> Tensor
}
