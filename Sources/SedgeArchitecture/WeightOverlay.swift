// Weights that differ from others in some tensors.

import SedgeTensor

/// A weight source that changes some values, or the list of tensors, of another one.
///
/// Every member that a conforming type does not declare itself is that of ``base``.
package protocol WeightOverlay: WeightSource {
  /// The weights below.
  var base: any WeightSource { get }
}

extension WeightOverlay {
  /// The dimensions of ``base``.
  package var architecture: Architecture { base.architecture }
  /// The folded parts of ``base``.
  package var foldState: FoldState { base.foldState }
  /// The logit scale of ``base``.
  package var logitScale: Float? { base.logitScale }
  /// The tensors of ``base``.
  package var modelTensors: [ModelTensor] { base.modelTensors }
}
